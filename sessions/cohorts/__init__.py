"""Cohorts: named sets of sessions, and how they differ."""
