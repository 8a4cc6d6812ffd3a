"""`manage.py reprice`: computes costs anew at today's prices; stated costs stay."""

from django.utils import timezone

from projects.models import Project
from sessions.rollup.recomputing import drain
from tracing.management.walk import TraceWalk
from tracing.store.writing import recompute_traces


class Command(TraceWalk):
    help = "Computes again every cost that no SDK stated, for example after a project's own prices changed."
    name = "reprice"
    done = "recomputed"

    def take(self, project: Project, trace_ids: list[str]) -> None:
        recompute_traces(project.pk, trace_ids, timezone.now(), reprice=True)
        drain(project.pk)
