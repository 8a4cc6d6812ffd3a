"""`manage.py issues_doc`: writes docs/issues.md from tracing/reading/explained.py. A test compares them."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from tracing.reading.issues_reference import issues_document


class Command(BaseCommand):
    help = "Writes docs/issues.md from the code."

    def handle(self, *args: Any, **options: Any) -> None:
        (settings.BASE_DIR / "docs" / "issues.md").write_text(issues_document())
