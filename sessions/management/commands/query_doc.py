"""Writes docs/query.md from what the query language declares; a test fails when it was forgotten."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from sessions.query.reference import document


class Command(BaseCommand):
    help = "Write docs/query.md from the code."

    def handle(self, *args: Any, **options: Any) -> None:
        (settings.BASE_DIR / "docs" / "query.md").write_text(document())
