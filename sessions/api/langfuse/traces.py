"""Traces for the generated clients of Langfuse and InteractiveAI: read, and deleted for good."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db.models import QuerySet
from django_filters import FilterSet
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from projects.audit import actor_name
from projects.models import Project
from sessions.annotation.configs import NotAllowed
from sessions.api.filtering import IdFilter, MomentFilter, RepeatedFilter, TextFilter
from sessions.api.langfuse.columns import COLUMNS_OF_TRACE_LIST, traces_that
from sessions.api.langfuse.conditions import conditions_in
from sessions.api.langfuse.faces import Done, LangfuseList, LangfuseView, One, asked_groups, texts_of
from sessions.api.langfuse.scores import readable
from sessions.api.langfuse.scores import shape as score_shape
from sessions.api.langfuse.shapes import metrics_of, observation_shape, trace_shape
from sessions.deletion.many import delete_traces
from tracing.ingest.rest.wires import WireResponse
from tracing.models import Span, SpanIO, Trace
from tracing.reading.spans import texts_of as texts_of_trace
from tracing.wire.refusals import NotFound

MAX_LANGFUSE_SPANS = 1_000  # of a whole trace in one answer
MAX_DELETED_TRACES = 1_000  # by one request
TRACE_GROUPS = ("core", "io", "scores", "observations", "metrics")
TRACE_ORDER_FIELDS = {
    "id": "trace_id", "timestamp": "started_at", "name": "name", "userId": "user_id", "release": "release",
    "version": "version", "sessionId": "session_id", "public": "public",
}  # fmt: skip


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
    filter = TextFilter(method="meeting")
    orderBy = TextFilter(method="ordered")

    def meeting(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Return the traces that meet the conditions of a JSON list. Raise ValidationError for a bad one."""
        return traces_that(rows, conditions_in(value, COLUMNS_OF_TRACE_LIST))

    def ordered(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Return the traces by a column, ties by their ids. Raise ValidationError for an unknown one."""
        column, _, way = value.partition(".")
        if column not in TRACE_ORDER_FIELDS or way not in ("asc", "desc"):
            raise ValidationError({name: [f"one of {', '.join(TRACE_ORDER_FIELDS)}, with .asc or .desc"]})
        sign = "-" if way == "desc" else ""
        return rows.order_by(f"{sign}{TRACE_ORDER_FIELDS[column]}", f"{sign}trace_id")


class LangfuseTraces(LangfuseList):
    """The traces of the project."""

    filterset_class = LangfuseTraceFilters
    own_parameters = ("fields",)
    words = "traces"

    def get_queryset(self) -> QuerySet[Any]:
        """Return the newest first, unless another order is asked for."""
        return Trace.objects.for_project(self.project).order_by("-started_at", "-trace_id")

    def shaped(self, rows: list[Trace]) -> Iterable[Mapping[str, Any]]:
        """Return the traces of a page, with the groups that are asked for."""
        return _traces(self.project, rows, asked_groups(self.request, TRACE_GROUPS))

    def delete(self, request: Request) -> Response:
        """Delete the traces of `{"traceIds": [...]}`. Raise NotFound when none of them is here."""
        ids = list(dict.fromkeys(texts_of(self.body, "trace_ids")))
        if not 1 <= len(ids) <= MAX_DELETED_TRACES:
            raise NotAllowed(f"traceIds: from 1 to {MAX_DELETED_TRACES:,} ids, not {len(ids):,}")
        return WireResponse(Done({"message": _deleted(self, ids)}))


class LangfuseTrace(LangfuseView):
    """One trace."""

    def parameters(self) -> Collection[str]:
        """Return the one that names groups of fields."""
        return ("fields",)

    def get(self, request: Request, trace_id: str) -> Response:
        """Answer with the trace, its observations and its scores."""
        groups = asked_groups(request, TRACE_GROUPS)
        found = Trace.objects.for_project(self.project).filter(trace_id=trace_id).first()
        if found is None:
            raise NotFound(f"There is no trace {trace_id}.")
        spans = list(_spans(self.project, found)[:MAX_LANGFUSE_SPANS]) if "observations" in groups else []
        scores = readable(self.project).filter(trace_id=trace_id).order_by("scored_at", "id")
        shaped = trace_shape(found, texts_of_trace(found) if "io" in groups else {}) | metrics_of(found, groups)
        shaped["observations"] = observations_of(self.project, spans)
        shaped["scores"] = [score_shape(score) for score in scores] if "scores" in groups else []
        return WireResponse(One(shaped, "trace"))

    def delete(self, request: Request, trace_id: str) -> Response:
        """Delete the trace. Raise NotFound when it is not here."""
        return WireResponse(Done({"message": _deleted(self, [trace_id])}))


def texts_of_traces(project: Project, traces: Collection[Trace]) -> dict[str, dict[str, str]]:
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


def observations_of(project: Project, spans: list[Span]) -> list[Mapping[str, Any]]:
    """Return observations with their texts and their traces, each read by one query."""
    ids = {span.trace_id for span in spans}
    stored = SpanIO.objects.for_project(project).filter(
        bucket__in={span.bucket for span in spans}, trace_id__in=ids, span_id__in=[span.span_id for span in spans]
    )
    texts = {(io.trace_id, io.span_id): io for io in stored}
    told = Trace.objects.for_project(project).filter(trace_id__in=ids).only("environment", "version")
    traces = {one.trace_id: one for one in told}
    return [
        observation_shape(span, texts.get((span.trace_id, span.span_id)), traces.get(span.trace_id)) for span in spans
    ]


def _deleted(view: LangfuseView, ids: list[str]) -> str:
    """Delete traces and return what was done, in words. Raise NotFound when none of them is here."""
    found = delete_traces(view.project, ids, actor=view.key, name=actor_name(view.key), request=view.request._request)
    if not found.ids:
        raise NotFound(f"There is no trace {ids[0]}." if len(ids) == 1 else "None of these traces is here.")
    done = f"{'Deleted' if found.is_finished else 'A worker deletes'} {len(found.ids)} of {len(ids)} traces."
    missing = [trace_id for trace_id in ids if trace_id not in found.ids]
    return f"{done} Not here: {', '.join(missing)[:500]}." if missing else done


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
    texts = texts_of_traces(project, found) if "io" in groups else {}
    for one in found:
        shaped = trace_shape(one, texts.get(one.trace_id, {})) | metrics_of(one, groups)
        yield shaped | {"observations": spans.get(one.trace_id, []), "scores": scores.get(one.trace_id, [])}


def _spans(project: Project, found: Trace) -> QuerySet[Span]:
    spans = Span.objects.for_project(project).filter(bucket=found.bucket, trace_id=found.trace_id)
    return spans.order_by("started_at", "span_id")
