"""`manage.py retranslate`: applies today's vocabularies to stored spans."""

from argparse import ArgumentParser
from collections import Counter
from typing import Any

from projects.models import Project
from tracing.ingest.rereading import reread
from tracing.management.walk import TraceWalk


class Command(TraceWalk):
    help = "Reads stored spans again with today's vocabularies. Sessions are recomputed afterwards."
    name = "retranslate"
    done = "read again"

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--dry-run", action="store_true", help="count what would change, and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        self.is_dry, self.changed = options["dry_run"], Counter[str]()
        super().handle(*args, **options)
        if self.is_dry:
            self.stdout.write("Nothing was changed.")

    def take(self, project: Project, trace_ids: list[str]) -> None:
        self.changed += reread(project.pk, trace_ids, dry_run=self.is_dry)

    def tell(self) -> None:
        """Say how many traces changed, by what changed of them."""
        verb = "would change" if self.is_dry else "changed"
        counts = ", ".join(f"{count:,} in {subject}" for subject, count in sorted(self.changed.items()))
        self.stdout.write(f"Traces that {verb}: {counts or 'none'}")
        self.changed.clear()
