"""Translations on the session page, and a project's settings for them."""
