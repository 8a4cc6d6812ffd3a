"""The composition root: it imports all other apps, and none of them imports it."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
