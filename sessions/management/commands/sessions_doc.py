"""Writes docs/sessions.md from the declared properties; a test fails when it was forgotten."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from sessions.listing.properties_reference import document


class Command(BaseCommand):
    help = "Write docs/sessions.md from the code."

    def handle(self, *args: Any, **options: Any) -> None:
        (settings.BASE_DIR / "docs" / "sessions.md").write_text(document())
