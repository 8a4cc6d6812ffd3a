"""Translations on the session page."""
