"""The list of traces: its filters, orders and columns.

Only the order by start time has an index. Other orders, and conditions without an index, read a window of days that the
page shows, so that no request takes longer because a project has grown old."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone

from projects.models import Project
from projects.values import validate_calendar
from tracing.lists.keyset import BadCursor, KeysetPage, Order
from tracing.lists.table import ListColumn, ListCondition, changed_query
from tracing.models import Trace

TRACES_PER_PAGE = 50
MAX_COUNTED_TRACES = 10_000  # counting further would cost more than the number is worth
UNINDEXED_DAYS = 7  # the window if no index serves
WINDOW_DAYS = (7, 30, 90)
ALL_TIME = "all"  # instead of a number of days
# Fields that every row needs beside its columns. Metadata and claims are left out because they may be large.
LISTED_TRACE_FIELDS = (
    "project_id",
    "trace_id",
    "session_id",
    "input_preview",
    "output_preview",
    "error_count",
    "unmeasured_count",
    "unpriced_count",
)
TRACE_COLUMN_PIXELS = {"time": 120, "duration": 88, "number": 76, "money": 88, "text": 150, "id": 160, "set": 140}


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
    _column("session_id", "Session", "id", "The session that the trace belongs to, if any."),
    _column("name", "Name", "text", "The name that the SDK gave to the trace."),
    _column("duration", "Duration", "duration", "Time from the first start to the last end.", "started_at", "ended_at"),
    _column("span_count", "Steps", "number", "Number of spans.", sorts=True),
    _column("total_tokens", "Tokens", "number", "Tokens of all model calls.", sorts=True),
    _column("total_cost", "Cost", "money", "Cost in USD of all model calls.", sorts=True),
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
SORTABLE_TRACE_COLUMNS = tuple(column.sort for column in TRACE_COLUMNS if column.sort)


class Filters(forms.Form):
    """Filters of the list."""

    session = forms.ChoiceField(
        required=False, choices=[("", "any"), ("none", "without a session"), ("some", "with a session")]
    )
    name = forms.CharField(required=False, label="Name contains")
    user_id = forms.CharField(required=False, label="User")
    environment = forms.CharField(required=False)
    failed = forms.BooleanField(required=False, label="With errors")
    since = forms.DateTimeField(
        required=False,
        label="From",
        widget=forms.DateTimeInput({"type": "datetime-local"}),
        validators=[validate_calendar],
    )
    until = forms.DateTimeField(
        required=False, widget=forms.DateTimeInput({"type": "datetime-local"}), validators=[validate_calendar]
    )


TRACE_LOOKUPS = {
    "name": "name__icontains",
    "user_id": "user_id",
    "environment": "environment",
    "since": "started_at__gte",
    "until": "started_at__lte",
}
UNINDEXED_FILTERS = {"session", "name", "user_id", "environment", "failed"}


class TraceListing:
    """The list of traces for some parameters. An invalid parameter is an error by its name, and lists no rows."""

    def __init__(self, project: Project, params: QueryDict) -> None:
        self.project = project
        self.params = params
        self.form = Filters(params)
        self.errors = {name: [str(error) for error in found] for name, found in self.form.errors.items()}
        self.sort = params.get("sort") or "-started_at"
        if self.sort.removeprefix("-") not in SORTABLE_TRACE_COLUMNS:
            self.errors["sort"] = [f"Traces can be sorted by {', '.join(SORTABLE_TRACE_COLUMNS)}."]
            self.sort = "-started_at"
        self.window = self._window()
        try:
            if cursor := params.get("cursor"):
                self.order.position(cursor)
        except BadCursor as error:
            self.errors["cursor"] = [str(error)]

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
        filters = self.form.cleaned_data
        traces = traces.filter(**{lookup: filters[name] for name, lookup in TRACE_LOOKUPS.items() if filters[name]})
        if filters["failed"]:
            traces = traces.filter(error_count__gt=0)
        if filters["session"]:
            traces = traces.filter(session_id__isnull=filters["session"] == "none")
        if self.window is not None:
            traces = traces.filter(started_at__gte=timezone.now() - timedelta(days=self.window))
        return traces

    @cached_property
    def count(self) -> str:
        number = self.matching[: MAX_COUNTED_TRACES + 1].count()
        return f"{MAX_COUNTED_TRACES:,}+" if number > MAX_COUNTED_TRACES else f"{number:,}"

    @cached_property
    def conditions(self) -> list[ListCondition]:
        return list(self._conditions())

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
        traces = self.matching.only(*self._reads)
        return self.order.page(traces, cursor=self.params.get("cursor", ""), limit=TRACES_PER_PAGE)

    def _conditions(self) -> Iterator[ListCondition]:
        for name in self.form.fields:
            if value := self.params.get(name):
                label = str(self.form[name].label)
                choices = dict(getattr(self.form.fields[name], "choices", ()))
                yield ListCondition(
                    label=label, value=str(choices.get(value, value)), query_without=self.query_string(**{name: None})
                )

    def _window(self) -> int | None:
        """Return the number of days to read, or None if an index serves or the filter has a start."""
        if self.params.get("since") or self.params.get("window") == ALL_TIME:
            return None
        days = self.params.get("window", "")
        if days in {str(window) for window in WINDOW_DAYS}:
            return int(days)
        is_served = self.sort.removeprefix("-") == "started_at" and not any(
            self.params.get(name) for name in UNINDEXED_FILTERS
        )
        return None if is_served else UNINDEXED_DAYS
