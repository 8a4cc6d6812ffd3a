"""The list of traces with its query line: the language of sessions, asked of traces."""

from functools import cached_property

from django.db.models import Q
from django.http import QueryDict

from projects.models import Project
from sessions.query.compiling import Query, compiled_for_traces
from sessions.query.faults import faults_of
from sessions.query.grammar import FieldComparison, QueryError
from sessions.query.rewrite import without_part
from sessions.query.writing import write
from tracing.lists.table import ListCondition
from tracing.lists.trace_listing import TraceListing

INDEXED_FIELDS = {"id", "trace", "session"}  # of a query that is answered without reading days


class QueriedTraces(TraceListing):
    """The traces that `?q=` asks for, among those of the time."""

    def __init__(self, project: Project, params: QueryDict) -> None:
        self.query_error: QueryError | None = None
        self.query = Query(params.get("q", ""))
        refused = {}
        try:
            self.query = compiled_for_traces(self.query.text, project.pk)
        except QueryError as error:
            self.query_error = error
            refused["q"] = [str(error)]
        super().__init__(project, params, refused)

    @property
    def query_text(self) -> str:
        return self.query.text

    @property
    def query_faults(self) -> list[QueryError]:
        """All that is wrong with the query."""
        return faults_of(self.query_text, self.project.pk, "trace") if self.query_error else []

    @property
    def asked(self) -> Q:
        return self.query.condition

    @property
    def is_indexed(self) -> bool:
        parts = self.query.parts
        return not parts or any(isinstance(part, FieldComparison) and part.name in INDEXED_FIELDS for part in parts)

    @cached_property
    def conditions(self) -> list[ListCondition]:
        """The conditions of the query, and the time."""
        text = self.query_text
        asked = [
            ListCondition(label="", value=write(part), query_without=self.query_string(q=without_part(text, part)))
            for part in self.query.parts
        ]
        return [*asked, *super().conditions]
