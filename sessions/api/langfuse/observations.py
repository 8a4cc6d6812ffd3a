"""Sessions, traces and observations for the generated clients of Langfuse and InteractiveAI."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django_filters import FilterSet
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from projects.models import Project
from sessions.api.filtering import IdFilter, MomentFilter, RepeatedFilter, TextFilter, WordFilter
from sessions.api.langfuse.faces import LangfuseList, LangfuseView, One
from sessions.api.langfuse.recent import latest, traces_within
from sessions.api.langfuse.scores import readable
from sessions.api.langfuse.scores import shape as score_shape
from sessions.api.langfuse.shapes import metrics_of, observation_shape, session_shape, trace_shape
from sessions.api.paging import in_time
from sessions.models import Session
from tracing.ingest.rest.keys import key_of
from tracing.ingest.rest.wires import WireResponse
from tracing.models import Span, SpanIO, Trace
from tracing.reading.spans import texts_of
from tracing.records import VOICE_KINDS, Kind, Level
from tracing.wire.refusals import NotFound

MAX_LANGFUSE_SPANS = 1_000  # of a whole trace in one answer
MAX_LANGFUSE_TRACES = 1_000  # of a session
TRACE_ORDER_FIELDS = {
    "id": "trace_id", "timestamp": "started_at", "name": "name", "userId": "user_id", "release": "release",
    "version": "version", "sessionId": "session_id", "public": "public",
}  # fmt: skip


class LangfuseSessionFilters(FilterSet):  # type: ignore[misc]
    """By time and environment."""

    fromTimestamp = MomentFilter(field_name="created_at", lookup_expr="gte")
    toTimestamp = MomentFilter(field_name="created_at", lookup_expr="lt")
    environment = RepeatedFilter(field_name="environments", lookup_expr="overlap")


class LangfuseTraceFilters(FilterSet):  # type: ignore[misc]
    """By what a trace says, and in which order."""

    fromTimestamp = MomentFilter(field_name="started_at", lookup_expr="gte")
    toTimestamp = MomentFilter(field_name="started_at", lookup_expr="lt")
    userId = IdFilter(field_name="user_id")
    name = TextFilter()
    sessionId = IdFilter(field_name="session_id")
    version = TextFilter()
    release = TextFilter()
    tags = RepeatedFilter(field_name="tags", lookup_expr="contains")
    environment = RepeatedFilter(field_name="environment", lookup_expr="in")
    orderBy = TextFilter(method="ordered")

    def ordered(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Return the traces by a column, ties by their ids. Raise ValidationError for an unknown one."""
        column, _, way = value.partition(".")
        if column not in TRACE_ORDER_FIELDS or way not in ("asc", "desc"):
            raise ValidationError({name: [f"one of {', '.join(TRACE_ORDER_FIELDS)}, with .asc or .desc"]})
        sign = "-" if way == "desc" else ""
        return rows.order_by(f"{sign}{TRACE_ORDER_FIELDS[column]}", f"{sign}trace_id")


class ObservationFilters(FilterSet):  # type: ignore[misc]
    """Of one trace, else of the traces of a time: sessions/api/langfuse/recent.py says of which."""

    fromStartTime = MomentFilter(field_name="started_at", lookup_expr="gte")
    toStartTime = MomentFilter(field_name="started_at", lookup_expr="lt")
    name = TextFilter()
    parentObservationId = TextFilter(field_name="parent_id")
    type = WordFilter(words=tuple(kind.name for kind in Kind if kind not in VOICE_KINDS), method="of_type")
    level = WordFilter(words=tuple(Level.__members__), method="of_level")

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the spans of the traces that are meant, by all filters."""
        traces = Trace.objects.for_project(key_of(self.request).project)
        if trace_id := self.data.get("traceId"):
            within = traces_within(traces.filter(trace_id=trace_id))
        else:
            given = self.form.cleaned_data
            within = latest(traces, given["fromStartTime"], given["toStartTime"])
        found: QuerySet[Any] = super().filter_queryset(queryset.filter(within))
        return found

    def of_type(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Return the spans of a kind. One that does not say its kind is a span, and so is one that hears or speaks."""
        asked = Kind[value]
        others = Q(kind__in=VOICE_KINDS) if asked == Kind.SPAN else Q()
        return rows.filter(_said("kind", asked, Kind.SPAN) | others)

    def of_level(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Return the spans of a level; a span that does not say its level has the default."""
        return rows.filter(_said("level", Level[value], Level.DEFAULT))


class LangfuseSessions(LangfuseList):
    """The sessions of the project."""

    filterset_class = LangfuseSessionFilters
    words = "sessions"

    def get_queryset(self) -> QuerySet[Any]:
        """Return the newest first."""
        return Session.objects.for_project(self.project).order_by("-created_at", "-session_id")

    def shaped(self, rows: list[Session]) -> list[dict[str, Any]]:
        """Return the sessions of a page."""
        return [session_shape(row) for row in rows]


class LangfuseSession(LangfuseView):
    """One session."""

    def get(self, request: Request, session_id: str) -> Response:
        """Answer with the session and its traces."""
        found = Session.objects.for_project(self.project).filter(session_id=session_id).first()
        if found is None:
            raise NotFound(f"There is no session {session_id}.")
        traces = Trace.objects.for_project(self.project).filter(session_id=session_id)
        listed = list(traces.order_by("started_at", "trace_id")[:MAX_LANGFUSE_TRACES])
        texts = _texts_of(self.project, listed)
        told = [trace_shape(one, texts.get(one.trace_id, {})) for one in listed]
        return WireResponse(One(session_shape(found) | {"traces": told}, "session"))


class LangfuseTraces(LangfuseList):
    """The traces of the project."""

    filterset_class = LangfuseTraceFilters
    words = "traces"

    def get_queryset(self) -> QuerySet[Any]:
        """Return the newest first, unless another order is asked for."""
        return Trace.objects.for_project(self.project).order_by("-started_at", "-trace_id")

    def shaped(self, rows: list[Trace]) -> Iterable[Mapping[str, Any]]:
        """Return the traces of a page, with the groups that are asked for."""
        asked = set(filter(None, self.request.query_params.get("fields", "").split(",")))
        return _traces(self.project, rows, asked or {"io", "scores", "observations", "metrics"})


class LangfuseTrace(LangfuseView):
    """One trace."""

    def get(self, request: Request, trace_id: str) -> Response:
        """Answer with the trace, its observations and its scores."""
        found = Trace.objects.for_project(self.project).filter(trace_id=trace_id).first()
        if found is None:
            raise NotFound(f"There is no trace {trace_id}.")
        spans = list(_spans(self.project, found)[:MAX_LANGFUSE_SPANS])
        scores = readable(self.project).filter(trace_id=trace_id).order_by("scored_at", "id")
        whole = {
            "observations": list(_observations(self.project, spans)),
            "scores": [score_shape(score) for score in scores],
        }
        return WireResponse(One(trace_shape(found, texts_of(found)) | metrics_of(found) | whole, "trace"))


class LangfuseObservations(LangfuseList):
    """The observations of one trace or of a time."""

    filterset_class = ObservationFilters
    words = "observations"

    def get_queryset(self) -> QuerySet[Any]:
        """Return the newest first."""
        return Span.objects.for_project(self.project).order_by("-started_at", "span_id")

    def shaped(self, rows: list[Span]) -> Iterable[Mapping[str, Any]]:
        """Return the observations of a page."""
        return _observations(self.project, rows)


class LangfuseObservation(LangfuseView):
    """One observation."""

    def get(self, request: Request, span_id: str) -> Response:
        """Answer with the observation.

        Without its trace's id, day after day is looked through, the latest first, for as long as one may wait."""
        with in_time("GET observations?traceId= finds the observations of one trace at once."):
            found = Span.objects.for_project(self.project).filter(span_id=span_id).order_by("-bucket").first()
        if found is None:
            raise NotFound(f"There is no observation {span_id}.")
        return WireResponse(One(next(iter(_observations(self.project, [found]))), "observation"))


def _said(column: str, value: int, unsaid: int) -> Q:
    said = Q(**{column: value})
    return said | Q(**{f"{column}__isnull": True}) if value == unsaid else said


def _texts_of(project: Project, traces: Collection[Trace]) -> dict[str, dict[str, str]]:
    """`{trace id: {"input", "output"}}`, by one query."""
    stored = SpanIO.objects.for_project(project).filter(
        bucket__in={one.bucket for one in traces},
        trace_id__in=[one.trace_id for one in traces],
        span_id__in={key for one in traces for key in (one.input_span_id, one.output_span_id) if key is not None},
    )
    io = {(row.trace_id, row.span_id): row for row in stored}
    texts: dict[str, dict[str, str]] = {}
    for one in traces:
        for side, key in (("input", one.input_span_id), ("output", one.output_span_id)):
            if key is not None and (text := getattr(io.get((one.trace_id, key)), side, None)):
                texts.setdefault(one.trace_id, {})[side] = text
    return texts


def _traces(project: Project, found: list[Trace], groups: set[str]) -> Iterable[Mapping[str, Any]]:
    """Return the traces of a page with spans and scores, by two queries.

    Groups that are excluded are empty, as the clients expect."""
    ids, buckets = [t.trace_id for t in found], {t.bucket for t in found}
    spans: dict[str, list[str]] = {}
    scores: dict[str, list[str]] = {}
    if "observations" in groups:
        rows = Span.objects.for_project(project).filter(bucket__in=buckets, trace_id__in=ids)
        for trace_id, span_id in rows.values_list("trace_id", "span_id")[: MAX_LANGFUSE_SPANS * len(ids)]:
            spans.setdefault(trace_id, []).append(span_id)
    if "scores" in groups:
        for trace_id, score_id in readable(project).filter(trace_id__in=ids).values_list("trace_id", "id"):
            scores.setdefault(trace_id or "", []).append(score_id)
    texts = _texts_of(project, found) if "io" in groups else {}
    for one in found:
        shaped = trace_shape(one, texts.get(one.trace_id, {})) | metrics_of(one)
        if "metrics" not in groups:
            shaped |= {"latency": -1, "totalCost": -1}
        yield shaped | {"observations": spans.get(one.trace_id, []), "scores": scores.get(one.trace_id, [])}


def _spans(project: Project, found: Trace) -> QuerySet[Span]:
    spans = Span.objects.for_project(project).filter(bucket=found.bucket, trace_id=found.trace_id)
    return spans.order_by("started_at", "span_id")


def _observations(project: Project, spans: list[Span]) -> Iterable[Mapping[str, Any]]:
    """Return observations with their texts, which one query reads."""
    stored = SpanIO.objects.for_project(project).filter(
        bucket__in={span.bucket for span in spans},
        trace_id__in={span.trace_id for span in spans},
        span_id__in=[span.span_id for span in spans],
    )
    texts = {(io.trace_id, io.span_id): io for io in stored}
    return [observation_shape(span, texts.get((span.trace_id, span.span_id))) for span in spans]
