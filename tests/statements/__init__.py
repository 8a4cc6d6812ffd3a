"""Statements that are assembled from fragments, as golden files that a reviewer can read."""
