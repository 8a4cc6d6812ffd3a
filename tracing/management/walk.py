"""Base of commands that process all traces in batches, beside live ingestion, and can continue where they stopped."""

import time
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet
from django.utils.dateparse import parse_date

from projects.jobs.time_limits import at_length
from projects.models import Project
from tracing.models import Trace

WALK_BATCH_TRACES = 100  # a batch holds its traces' locks for some tens of milliseconds
WALK_BAR_CHARACTERS = 30


class TraceWalk(BaseCommand):
    """Command that processes traces. Subclasses define `name`, `done` (as in "read again") and `take`."""

    name = ""
    done = ""

    def take(self, project: Project, trace_ids: list[str]) -> None:
        """Process one batch of traces."""
        raise NotImplementedError

    def tell(self) -> None:
        """Say more about a project whose traces are processed."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--project", type=int, help="only this project's id")
        parser.add_argument("--since", help="only traces first seen on or after this day, such as 2026-11-01")
        parser.add_argument(
            "--after", default="", metavar="TRACE_ID", help="continue after this trace (needs --project)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        since = parse_date(options["since"]) if options["since"] else None
        if options["since"] and since is None:
            raise CommandError(f"--since {options['since']!r} is not a date. Write it like 2026-11-01.")
        if options["after"] and options["project"] is None:
            raise CommandError("--after needs --project: trace ids are unique within a project only.")
        projects = Project.objects.order_by("pk")
        if options["project"] is not None:
            projects = projects.filter(pk=options["project"])
            if not projects.exists():
                raise CommandError(f"There is no project with the id {options['project']}.")
        for project in projects:
            traces = Trace.objects.for_project(project).order_by("trace_id")
            if since is not None:
                traces = traces.filter(bucket__gte=since)
            with at_length():
                self._walk(project, traces.filter(trace_id__gt=options["after"]))

    def _walk(self, project: Project, traces: QuerySet[Trace]) -> None:
        total, done, last = traces.count(), 0, ""
        started = time.monotonic()
        try:
            for trace_ids in batches(traces):
                self.take(project, trace_ids)
                done, last = done + len(trace_ids), trace_ids[-1]
                self._show(project, done, max(total, done))
        except KeyboardInterrupt:
            command = f"manage.py {self.name} --project {project.pk} --after {last!r}"
            raise CommandError(f"Stopped after {done} of {total} traces. Continue with: {command}") from None
        seconds = time.monotonic() - started
        self.stdout.write(f"\r{project}: {done:,} traces {self.done} in {seconds:.1f} s" + " " * WALK_BAR_CHARACTERS)
        self.tell()

    def _show(self, project: Project, done: int, total: int) -> None:
        if not self.stdout.isatty():
            return
        filled = WALK_BAR_CHARACTERS * done // total
        self.stdout.write(
            f"\r{project} [{'#' * filled}{'.' * (WALK_BAR_CHARACTERS - filled)}] {done:,} of {total:,} traces",
            ending="",
        )
        self.stdout.flush()


def batches(traces: QuerySet[Trace]) -> Iterator[list[str]]:
    """Yield trace ids in key order. Each batch is read when it is due, so traces may arrive meanwhile."""
    last = ""
    while ids := list(traces.filter(trace_id__gt=last).values_list("trace_id", flat=True)[:WALK_BATCH_TRACES]):
        yield ids
        last = ids[-1]
