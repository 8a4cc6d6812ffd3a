"""`manage.py recompute`: sums traces and sessions up anew."""

from django.utils import timezone

from projects.models import Project
from sessions.rollup.recomputing import drain
from tracing.management.walk import TraceWalk
from tracing.store.writing import recompute_traces


class Command(TraceWalk):
    help = "Sums up traces and their sessions again, for example after a new property was added."
    name = "recompute"
    done = "recomputed"

    def take(self, project: Project, trace_ids: list[str]) -> None:
        recompute_traces(project.pk, trace_ids, timezone.now())
        drain(project.pk)
