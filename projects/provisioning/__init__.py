"""Brings organizations, members, projects and keys to what a document says, for `manage.py apply` and the API."""
