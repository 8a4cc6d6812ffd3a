"""Observations for the generated clients of Langfuse and InteractiveAI, in version 1 of the shape."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django_filters import FilterSet
from rest_framework.request import Request
from rest_framework.response import Response

from sessions.api.filtering import IdFilter, MomentFilter, RepeatedFilter, TextFilter, WordFilter
from sessions.api.langfuse.columns import COLUMNS_OF_TRACES, SPAN_COLUMNS, spans_that, traces_that
from sessions.api.langfuse.conditions import Condition, conditions_in
from sessions.api.langfuse.faces import LangfuseList, LangfuseView, One
from sessions.api.langfuse.traces import observations_of
from sessions.api.paging import in_time
from sessions.api.recent import latest, of_time, traces_within
from tracing.ingest.rest.keys import key_of
from tracing.ingest.rest.wires import WireResponse
from tracing.models import Span, Trace
from tracing.records import VOICE_KINDS, Kind, Level
from tracing.wire.refusals import NotFound

TRACE_LOOKUPS = {
    "traceId": "trace_id", "userId": "user_id", "sessionId": "session_id", "environment": "environment__in",
    "version": "version",
}  # fmt: skip


class ObservationFilters(FilterSet):  # type: ignore[misc]
    """Of one trace, else of the traces of a time: sessions/api/recent.py says of which."""

    traceId = TextFilter(method="of_trace")
    userId = IdFilter(method="of_trace")
    environment = RepeatedFilter(method="of_trace")
    version = TextFilter(method="of_trace")
    filter = TextFilter(method="of_trace")
    fromStartTime = MomentFilter(field_name="started_at", lookup_expr="gte")
    toStartTime = MomentFilter(field_name="started_at", lookup_expr="lt")
    name = TextFilter()
    parentObservationId = TextFilter(field_name="parent_id")
    type = WordFilter(words=tuple(kind.name for kind in Kind if kind not in VOICE_KINDS), method="of_type")
    level = WordFilter(words=tuple(Level.__members__), method="of_level")

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the spans of the traces that are meant, by all filters."""
        given = self.form.cleaned_data
        if given["traceId"]:
            within = traces_within(self.traces())
        else:
            within = latest(self.asked_traces(), given["fromStartTime"], given["toStartTime"])
        return self.narrowed(queryset.filter(within))

    def traces(self) -> QuerySet[Any]:
        """Return the traces that may have such spans."""
        given, traces = self.form.cleaned_data, self.asked_traces()
        return traces if given["traceId"] else of_time(traces, given["fromStartTime"], given["toStartTime"])

    def asked_traces(self) -> QuerySet[Any]:
        """Return the traces of which all is true that the filters say of traces."""
        given = self.form.cleaned_data
        asked = {lookup: given[name] for name, lookup in TRACE_LOOKUPS.items() if given.get(name)}
        traces = Trace.objects.for_project(key_of(self.request).project).filter(**asked)
        return traces_that(traces, [one for one in self._conditions() if one.name in COLUMNS_OF_TRACES])

    def narrowed(self, spans: QuerySet[Any]) -> QuerySet[Any]:
        """Return those of the spans of which all is true that the filters say of spans."""
        found: QuerySet[Any] = super().filter_queryset(spans)
        return spans_that(found, [one for one in self._conditions() if one.name not in COLUMNS_OF_TRACES])

    def of_root(self, rows: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        """Return the spans that are, or are not, the top of a trace."""
        top = Q(is_root=True) | Q(parent_id__isnull=True)
        return rows.filter(top if value else ~top)

    def _conditions(self) -> list[Condition]:
        text = self.data.get("filter", "")
        return conditions_in(text, SPAN_COLUMNS | COLUMNS_OF_TRACES) if text else []

    def of_trace(self, rows: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        """Return the spans as they are: what is said of traces, and `filter`, are followed elsewhere."""
        return rows

    def of_type(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Return the spans of a kind. One that does not say its kind is a span, and so is one that hears or speaks."""
        asked = Kind[value]
        others = Q(kind__in=VOICE_KINDS) if asked == Kind.SPAN else Q()
        return rows.filter(_said("kind", asked, Kind.SPAN) | others)

    def of_level(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Return the spans of a level; a span that does not say its level has the default."""
        return rows.filter(_said("level", Level[value], Level.DEFAULT))


class LangfuseObservations(LangfuseList):
    """The observations of one trace or of a time."""

    filterset_class = ObservationFilters
    words = "observations"

    def get_queryset(self) -> QuerySet[Any]:
        """Return the newest first."""
        return Span.objects.for_project(self.project).order_by("-started_at", "span_id")

    def shaped(self, rows: list[Span]) -> Iterable[Mapping[str, Any]]:
        """Return the observations of a page."""
        return observations_of(self.project, rows)


class LangfuseObservation(LangfuseView):
    """One observation."""

    def get(self, request: Request, span_id: str) -> Response:
        """Answer with the observation.

        Without its trace's id, day after day is looked through, the latest first, for as long as one may wait."""
        with in_time("GET observations?traceId= finds the observations of one trace at once."):
            found = Span.objects.for_project(self.project).filter(span_id=span_id).order_by("-bucket").first()
        if found is None:
            raise NotFound(f"There is no observation {span_id}.")
        return WireResponse(One(observations_of(self.project, [found])[0], "observation"))


def _said(column: str, value: int, unsaid: int) -> Q:
    said = Q(**{column: value})
    return said | Q(**{f"{column}__isnull": True}) if value == unsaid else said
