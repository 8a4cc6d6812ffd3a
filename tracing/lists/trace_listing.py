"""The list of traces: its time, orders and columns.

Only the order by start time has an index. Other orders, and conditions without an index, read the last days unless the
address names a time, so that no request takes longer because a project has grown old."""

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict

from projects.date_range import ALL, RANGE_PARAMETERS, BadRange, DateRange, date_range
from projects.models import Project
from tracing.formatting import counted
from tracing.lists.bounded import TooLong, within
from tracing.lists.keyset import BadCursor, KeysetPage, Order
from tracing.lists.layout import LAYOUT_PARAMETERS
from tracing.lists.table import TIME_LABEL, ListColumn, ListCondition, changed_query
from tracing.models import Trace

TRACES_PER_PAGE = 50
MAX_COUNTED_TRACES = 10_000  # counting further would cost more than the number is worth
TRACES_TIMEOUT_MS = 1_500  # ms for a statement of a list that no index of its order serves
UNINDEXED_RANGE = "7d"  # what is read if no index serves
# Fields that every row needs beside its columns. Metadata and claims are left out because they may be large.
LISTED_TRACE_FIELDS = (
    "project_id",
    "trace_id",
    "session_id",
    "user_id",
    "input_preview",
    "output_preview",
    "error_count",
    "unmeasured_count",
    "unpriced_count",
)
TRACE_COLUMN_PIXELS = {"time": 132, "duration": 88, "number": 76, "money": 88, "text": 150, "id": 190, "set": 140}


@dataclass(frozen=True, kw_only=True)
class TraceColumn(ListColumn):
    """A column of the list. `reads` has the fields of Trace that a cell needs.

    A column with `is_sortable` has the name of its field."""

    reads: tuple[str, ...]


def _column(name: str, label: str, kind: str, help: str, *reads: str, sorts: bool = False) -> TraceColumn:
    """Return a column. One that sorts, and one that names nothing to read, has the name of its field."""
    return TraceColumn(
        name=name,
        label=label,
        kind=kind,
        help=help,
        reads=reads or (name,),
        sort=name if sorts else "",
        pixels=TRACE_COLUMN_PIXELS[kind],
    )


TRACE_COLUMNS = (
    _column("started_at", "Started", "time", "When the first span started.", sorts=True),
    _column("duration", "Duration", "duration", "Time from the first start to the last end.", "started_at", "ended_at"),
    _column("span_count", "Steps", "number", "Number of spans.", sorts=True),
    _column("total_tokens", "Tokens", "number", "Tokens of all model calls.", sorts=True),
    _column("total_cost", "Cost", "money", "Cost in USD of all model calls.", sorts=True),
    _column("session_id", "Session", "id", "The session that the trace belongs to, if any."),
    _column("name", "Name", "text", "The name that the SDK gave to the trace."),
    _column("user_id", "User", "id", "The user whom the trace is about."),
    _column("environment", "Environment", "text", "The environment in which the trace ran."),
    _column("error_count", "Errors", "number", "Number of failed spans.", sorts=True),
    _column("call_count", "Calls", "number", "Number of model calls.", sorts=True),
    _column("input_tokens", "Input tokens", "number", "Tokens that models read.", sorts=True),
    _column("output_tokens", "Output tokens", "number", "Tokens that models wrote.", sorts=True),
    _column("models", "Models", "set", "Every model that answered.", "usage_by_model"),
    _column("tool_names", "Tools", "set", "Every tool that was called."),
    _column("tags", "Tags", "set", "The tags of the trace."),
    _column("release", "Release", "text", "The release of your application."),
)
DEFAULT_TRACE_COLUMNS = tuple(column.name for column in TRACE_COLUMNS[:9])
STANDING_TRACE_COLUMNS = ("started_at", "duration", "total_cost")  # seen however narrow the list is
SORTABLE_TRACE_COLUMNS = tuple(column.sort for column in TRACE_COLUMNS if column.sort)


TRACE_LIST_PARAMETERS = ("q", *RANGE_PARAMETERS, "sort", "cursor", *LAYOUT_PARAMETERS)


class TraceListing:
    """The list of traces for some parameters. An invalid parameter is an error by its name, and lists no rows.

    `refused` has errors that were found before."""

    parameters: Collection[str] = TRACE_LIST_PARAMETERS
    limit = TRACES_PER_PAGE
    is_too_wide = False  # known when the rows were asked for

    def __init__(self, project: Project, params: QueryDict, refused: Mapping[str, list[str]] | None = None) -> None:
        self.project = project
        self.params = params
        self.errors = dict(refused or {})
        for name in params:
            if name not in self.parameters:
                self.errors[name] = ["There is no such parameter."]
        self.sort = params.get("sort") or "-started_at"
        if self.sort.removeprefix("-") not in SORTABLE_TRACE_COLUMNS:
            self.errors["sort"] = [f"Traces can be sorted by {', '.join(SORTABLE_TRACE_COLUMNS)}."]
            self.sort = "-started_at"
        self.span = self._span()
        try:
            if cursor := params.get("cursor"):
                self.order.position(cursor)
        except BadCursor as error:
            self.errors["cursor"] = [str(error)]

    @property
    def asked(self) -> Q:
        """What traces must meet beside the time."""
        return Q()

    @property
    def is_indexed(self) -> bool:
        """Whether an index serves what is asked."""
        return True

    @property
    def rows(self) -> list[Trace]:
        return self._page.rows

    @property
    def next(self) -> str | None:
        return self._page.next

    @property
    def previous(self) -> str | None:
        return self._page.previous

    @cached_property
    def order(self) -> Order:
        column = self.sort.removeprefix("-")
        field: Any = Trace._meta.get_field(column)
        return Order(self.sort, column, "trace_id", field, is_descending=self.sort.startswith("-"))

    @cached_property
    def matching(self) -> QuerySet[Trace]:
        traces: QuerySet[Trace] = Trace.objects.for_project(self.project)
        if self.errors:
            return traces.none()
        if self.span.start:
            traces = traces.filter(started_at__gte=self.span.start.start)
        if self.span.end:
            is_instant = self.span.end.start == self.span.end.end
            traces = traces.filter(**{f"started_at__{'lte' if is_instant else 'lt'}": self.span.end.end})
        return traces.filter(self.asked)

    @cached_property
    def count(self) -> str:
        """The number of traces with its noun, or "" if counting them takes too long."""
        try:
            with self._time_limit():
                number = self.matching[: MAX_COUNTED_TRACES + 1].count()
        except TooLong:
            return ""
        return f"{MAX_COUNTED_TRACES:,}+ traces" if number > MAX_COUNTED_TRACES else counted(number, "trace")

    @cached_property
    def conditions(self) -> list[ListCondition]:
        """The time, if the address names one."""
        if not self.span.words or not self.names_time:
            return []
        query = self.query_string(**dict.fromkeys(RANGE_PARAMETERS))
        return [ListCondition(label=TIME_LABEL, value=self.span.words, query_without=query)]

    @property
    def names_time(self) -> bool:
        """Whether the address names a time."""
        return any(self.params.get(name) for name in RANGE_PARAMETERS[:3])

    @property
    def is_narrowed(self) -> bool:
        """Whether only some days are read, because no index serves what is asked."""
        return not self.names_time and self.default_range != ALL

    @property
    def default_range(self) -> str:
        """The range of an address that names none: some days if no index serves what is asked, otherwise all time."""
        is_served = self.is_indexed and self.sort.removeprefix("-") == "started_at"
        return ALL if is_served else UNINDEXED_RANGE

    def query_string(self, **changes: Any) -> str:
        """Return the query of this list with `changes`, from its first page on. None removes a parameter."""
        return changed_query(self.params, changes)

    def page_of(self, names: tuple[str, ...]) -> None:
        """Set the columns for which rows are read."""
        reads = {field for column in TRACE_COLUMNS if column.name in names for field in column.reads}
        self._reads = (*LISTED_TRACE_FIELDS, "started_at", "ended_at", "name", self.order.column, *reads)

    @cached_property
    def _page(self) -> KeysetPage[Trace]:
        if self.errors:
            return KeysetPage([], None, None)
        try:
            with self._time_limit():
                return self.order.page(self.read_columns, cursor=self.params.get("cursor", ""), limit=self.limit)
        except TooLong:
            self.is_too_wide = True
            return KeysetPage([], None, None)

    @property
    def read_columns(self) -> QuerySet[Trace]:
        """The matching traces, with what is read of each."""
        return self.matching.only(*self._reads)

    def _time_limit(self) -> AbstractContextManager[None]:
        """Return the time limit of a statement; what an index serves along the order of the list needs none."""
        return within(TRACES_TIMEOUT_MS) if self.asked or self.default_range != ALL else nullcontext()

    def _span(self) -> DateRange:
        given = {name: self.params.get(name, "") for name in RANGE_PARAMETERS}
        if not self.names_time:
            given["range"] = self.default_range
        try:
            return date_range(given)
        except BadRange as error:
            self.errors.setdefault(error.name, []).append(str(error))
            return DateRange()
