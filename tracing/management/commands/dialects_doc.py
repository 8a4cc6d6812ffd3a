"""`manage.py dialects_doc`: writes docs/dialects.md from tracing/vocabularies/. A test compares them."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from tracing.vocabularies.document import document


class Command(BaseCommand):
    help = "Writes docs/dialects.md from the code."

    def handle(self, *args: Any, **options: Any) -> None:
        (settings.BASE_DIR / "docs" / "dialects.md").write_text(document())
