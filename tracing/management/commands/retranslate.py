"""`manage.py retranslate`: applies today's vocabularies to stored spans."""

from projects.models import Project
from tracing.ingest.retranslation import retranslate
from tracing.management.walk import TraceWalk


class Command(TraceWalk):
    help = "Reads stored spans again with today's vocabularies. Sessions are recomputed afterwards."
    name = "retranslate"
    done = "read again"

    def take(self, project: Project, trace_ids: list[str]) -> None:
        retranslate(project.pk, trace_ids)
