"""Cohorts: named sets of sessions, and what tells them apart."""
