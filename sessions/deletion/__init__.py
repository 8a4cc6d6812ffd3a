"""Deletes sessions, traces and persons for good, and what is left of them elsewhere."""
