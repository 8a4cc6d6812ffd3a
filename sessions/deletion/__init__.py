"""Deletes sessions, traces and persons for good, together with what is left of them elsewhere."""
