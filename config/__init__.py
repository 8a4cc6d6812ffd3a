"""The composition root: imports everybody, nobody imports it."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
