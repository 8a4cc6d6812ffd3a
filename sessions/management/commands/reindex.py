"""`manage.py reindex`: writes the search index of stored traces anew."""

from argparse import ArgumentParser
from typing import Any

from django.db import connection

from projects.jobs.time_limits import at_length
from projects.models import Project
from sessions.search.index import index
from tracing.management.walk import TraceWalk

TABLE, TOKEN_INDEX_NAME = "trace_text", "trace_text_tokens"
DROP = f"DROP INDEX IF EXISTS {TOKEN_INDEX_NAME}"
CREATE = (
    f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {TOKEN_INDEX_NAME} ON {TABLE} USING gin (project_id, tokens)"
    " WITH (gin_pending_list_limit = 32768)"
)


class Command(TraceWalk):
    help = "Indexes the texts of stored traces, for example those that were there before the index was."
    name = "reindex"
    done = "indexed"

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--rebuild",
            action="store_true",
            help="drop the index first and build it at the end: cheaper for many traces, slow to search until then",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["rebuild"]:
            _execute(DROP)
        try:
            super().handle(*args, **options)
        finally:
            if options["rebuild"]:
                _execute(CREATE)

    def take(self, project: Project, trace_ids: list[str]) -> None:
        index(project.pk, trace_ids)


def _execute(sql: str) -> None:
    with at_length(0), connection.cursor() as cursor:
        cursor.execute(sql)
