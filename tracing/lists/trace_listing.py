"""The list of traces: its filters, orders and columns.

Only the order by start has an index. Another order, and a condition that no index serves, look at a window of days that
the page names, so that no question takes longer because a project grew old."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.http import urlencode

from projects.models import Project
from projects.values import validate_calendar
from tracing.lists.keyset import BadCursor, KeysetPage, Order
from tracing.models import Trace

LIMIT = 50
MAX_COUNTED_TRACES = 10_000  # counting further costs more than knowing is worth
UNINDEXED_DAYS = 7  # days that are looked at where no index serves
WINDOWS = (7, 30, 90)
ALWAYS = "all"  # instead of a number of days
# What every row shows beside its columns; metadata and claims may be large.
LISTED_TRACE_FIELDS = (
    "project_id",
    "trace_id",
    "session_id",
    "input_preview",
    "output_preview",
    "error_count",
    "unpriced_count",
)
TRACE_COLUMN_PIXELS = {"time": 180, "duration": 100, "number": 100, "money": 110, "text": 180, "id": 200, "set": 200}


@dataclass(frozen=True)
class TraceColumn:
    """`reads` are the fields of Trace that a cell needs; a column with `is_sortable` is called like its field."""

    name: str
    label: str
    help: str
    kind: str
    reads: tuple[str, ...]
    is_sortable: bool = False

    @property
    def width(self) -> int:
        return TRACE_COLUMN_PIXELS[self.kind]


TRACE_COLUMNS = (
    TraceColumn("started_at", "Started", "When the first span started.", "time", ("started_at",), is_sortable=True),
    TraceColumn("session_id", "Session", "The session that the trace belongs to, if any.", "id", ("session_id",)),
    TraceColumn("name", "Name", "As the SDK called it.", "text", ("name",)),
    TraceColumn(
        "duration", "Duration", "From its first start to its last end.", "duration", ("started_at", "ended_at")
    ),
    TraceColumn("span_count", "Steps", "How many spans it has.", "number", ("span_count",), is_sortable=True),
    TraceColumn("total_tokens", "Tokens", "Of all its model calls.", "number", ("total_tokens",), is_sortable=True),
    TraceColumn("total_cost", "Cost", "USD of all its model calls.", "money", ("total_cost",), is_sortable=True),
    TraceColumn("user_id", "User", "Whom it was for.", "id", ("user_id",)),
    TraceColumn("environment", "Environment", "Where it ran.", "text", ("environment",)),
    TraceColumn("error_count", "Errors", "Failed steps.", "number", ("error_count",), is_sortable=True),
    TraceColumn("call_count", "Calls", "How many model calls it has.", "number", ("call_count",), is_sortable=True),
    TraceColumn("input_tokens", "Input tokens", "Read by models.", "number", ("input_tokens",), is_sortable=True),
    TraceColumn("output_tokens", "Output tokens", "Written by models.", "number", ("output_tokens",), is_sortable=True),
    TraceColumn("models", "Models", "Every model that answered.", "set", ("usage_by_model",)),
    TraceColumn("tool_names", "Tools", "Every tool that was called.", "set", ("tool_names",)),
    TraceColumn("tags", "Tags", "Of the trace.", "set", ("tags",)),
    TraceColumn("release", "Release", "Of your application.", "text", ("release",)),
)
DEFAULT_TRACE_COLUMNS = tuple(column.name for column in TRACE_COLUMNS[:9])
SORTABLE_TRACE_COLUMNS = tuple(column.name for column in TRACE_COLUMNS if column.is_sortable)


class Filters(forms.Form):
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
UNINDEXED = {"session", "name", "user_id", "environment", "failed"}


@dataclass(frozen=True)
class TraceCondition:
    """A filter in force, in words, and the query of the list without it."""

    label: str
    value: str
    query_without: str


class TraceListing:
    """One answer to `params`. A parameter that cannot be followed is an error by its name, and leaves no rows."""

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
        asked = self.form.cleaned_data
        traces = traces.filter(**{lookup: asked[name] for name, lookup in TRACE_LOOKUPS.items() if asked[name]})
        if asked["failed"]:
            traces = traces.filter(error_count__gt=0)
        if asked["session"]:
            traces = traces.filter(session_id__isnull=asked["session"] == "none")
        if self.window is not None:
            traces = traces.filter(started_at__gte=timezone.now() - timedelta(days=self.window))
        return traces

    @cached_property
    def count(self) -> str:
        number = self.matching[: MAX_COUNTED_TRACES + 1].count()
        return f"{MAX_COUNTED_TRACES:,}+" if number > MAX_COUNTED_TRACES else f"{number:,}"

    @cached_property
    def conditions(self) -> list[TraceCondition]:
        return list(self._conditions())

    def query_string(self, **changes: Any) -> str:
        """`?...` of this list with `changes`, from its first page on; None takes a parameter away."""
        kept = {name: self.params[name] for name in self.params if name != "cursor"} | changes
        return "?" + urlencode({name: value for name, value in kept.items() if value not in (None, "")})

    def page_of(self, names: tuple[str, ...]) -> None:
        """Says which columns the rows are read for."""
        reads = {field for column in TRACE_COLUMNS if column.name in names for field in column.reads}
        self._reads = (*LISTED_TRACE_FIELDS, "started_at", "ended_at", "name", self.order.column, *reads)

    @cached_property
    def _page(self) -> KeysetPage[Trace]:
        if self.errors:
            return KeysetPage([], None, None)
        traces = self.matching.only(*self._reads)
        return self.order.page(traces, cursor=self.params.get("cursor", ""), limit=LIMIT)

    def _conditions(self) -> Iterator[TraceCondition]:
        for name in self.form.fields:
            if value := self.params.get(name):
                label = str(self.form[name].label)
                choices = dict(getattr(self.form.fields[name], "choices", ()))
                yield TraceCondition(label, str(choices.get(value, value)), self.query_string(**{name: None}))

    def _window(self) -> int | None:
        """Days, or None where an index serves or the question names its own beginning."""
        if self.params.get("since") or self.params.get("window") == ALWAYS:
            return None
        days = self.params.get("window", "")
        if days in {str(window) for window in WINDOWS}:
            return int(days)
        is_served = self.sort.removeprefix("-") == "started_at" and not any(self.params.get(name) for name in UNINDEXED)
        return None if is_served else UNINDEXED_DAYS
