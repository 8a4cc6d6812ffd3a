"""`manage.py limits_doc`: writes docs/limits.md from tracing/limits/table.py. A test compares them."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from tracing.limits.reference import document


class Command(BaseCommand):
    help = "Writes docs/limits.md from the code."

    def handle(self, *args: Any, **options: Any) -> None:
        (settings.BASE_DIR / "docs" / "limits.md").write_text(document())
