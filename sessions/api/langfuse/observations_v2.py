"""Observations in version 2 of the shape: pages by position, and groups of fields."""

from collections.abc import Mapping
from typing import Any

from django_filters import BooleanFilter
from rest_framework.request import Request
from rest_framework.response import Response

from sessions.api.filtering import IdFilter, TextFilter
from sessions.api.langfuse.conditions import refusal
from sessions.api.langfuse.faces import Done, LangfuseList, asked_groups, stamp
from sessions.api.langfuse.observations import ObservationFilters
from sessions.api.langfuse.shapes import costs_of, observation_type, tokens_of
from sessions.api.langfuse.span_pages import page_of_spans
from sessions.api.paging import DEFAULT_PAGE_LIMIT, PagesByPosition, asked_number, in_time
from tracing.ingest.rest.wires import WireResponse
from tracing.models import Span, SpanIO, Trace
from tracing.records import Level

MAX_OBSERVATIONS = 1_000  # in one page
MAX_SHORT_VALUE = 200  # characters of a value of metadata that is not asked for whole
OBSERVATION_GROUPS = (
    "core", "basic", "time", "io", "metadata", "model", "usage", "prompt", "metrics", "trace_context",
)  # fmt: skip


class ObservationFiltersV2(ObservationFilters):
    """The filters of version 2."""

    sessionId = IdFilter(method="of_trace")
    isRootObservation = BooleanFilter(method="of_root")
    parseIoAsJson = TextFilter(method="as_text")

    def as_text(self, rows: Any, name: str, value: str) -> Any:
        """Return the spans as they are. Raise ValidationError when texts are to be parsed."""
        if value.lower() != "false":
            raise refusal(name, "inputs and outputs are texts: leave it out, or say false")
        return rows


class LangfuseObservationsV2(LangfuseList):
    """The observations of one trace or of many."""

    filterset_class = ObservationFiltersV2
    pagination_class = PagesByPosition
    own_parameters = ("fields", "expandMetadata")

    def get(self, request: Request, **ids: str) -> Response:
        """Answer with a page of the observations that the filters leave."""
        groups = asked_groups(request, OBSERVATION_GROUPS, ("core", "basic"))
        limit = asked_number(request, "limit", DEFAULT_PAGE_LIMIT, MAX_OBSERVATIONS)
        spans = Span.objects.for_project(self.project)
        asked = self.asked(ObservationFiltersV2, spans)
        texts = {"io", "metadata", "model"} & groups
        with in_time("Name a traceId, or a shorter time with fromStartTime and toStartTime."):
            page = page_of_spans(
                asked.traces(),
                asked.narrowed(spans),
                request.query_params.get("cursor", ""),
                limit,
                has_texts=bool(texts),
            )
        meta = {"limit": limit} | ({"cursor": page.next} if page.next else {})
        return WireResponse(Done({"data": self._shaped(page.spans, groups, has_texts=bool(texts)), "meta": meta}))

    def _shaped(self, spans: list[Span], groups: set[str], *, has_texts: bool) -> list[Mapping[str, Any]]:
        ids = {span.trace_id for span in spans}
        traces = {one.trace_id: one for one in Trace.objects.for_project(self.project).filter(trace_id__in=ids)}
        texts: dict[tuple[str, str], SpanIO] = {}
        if has_texts:
            stored = SpanIO.objects.for_project(self.project).filter(
                bucket__in={s.bucket for s in spans}, trace_id__in=ids, span_id__in=[s.span_id for s in spans]
            )
            texts = {(io.trace_id, io.span_id): io for io in stored}
        whole = set(self.request.query_params.get("expandMetadata", "").split(","))
        return [
            _shape(span, traces.get(span.trace_id), texts.get((span.trace_id, span.span_id)), groups, whole)
            for span in spans
        ]


def _shape(span: Span, trace: Trace | None, io: SpanIO | None, groups: set[str], whole: set[str]) -> dict[str, Any]:
    began = span.started_at or span.received_at
    shaped: dict[str, Any] = {
        "id": span.span_id,
        "traceId": span.trace_id,
        "startTime": stamp(began),
        "endTime": stamp(span.ended_at),
        "projectId": str(span.project_id),
        "parentObservationId": span.parent_id,
        "type": observation_type(span.kind),
    }
    if "basic" in groups:
        shaped |= _basics(span, trace)
    if "time" in groups:
        shaped |= {"completionStartTime": stamp(span.completion_started_at), "createdAt": stamp(span.received_at)}
        shaped |= {"updatedAt": None}
    if "io" in groups:
        shaped |= {"input": io.input if io else None, "output": io.output if io else None}
    raw = (io.raw or {}) if io else {}
    if "metadata" in groups:
        shaped["metadata"] = _short(raw.get("metadata"), whole)
    if "model" in groups:
        shaped |= {"model": span.model, "internalModelId": None, "modelParameters": raw.get("model_parameters")}
    if "usage" in groups:
        costs = costs_of(span)
        shaped |= {"usageDetails": tokens_of(span), "costDetails": costs, "totalCost": costs.get("total")}
    if "prompt" in groups:
        shaped |= dict.fromkeys(("promptId", "promptName", "promptVersion"))
    if "metrics" in groups:
        first = span.completion_started_at
        shaped["latency"] = (span.ended_at - began).total_seconds() if span.ended_at else None
        shaped["timeToFirstToken"] = (first - began).total_seconds() if first else None
    if "trace_context" in groups and trace:
        shaped |= {"tags": trace.tags, "release": trace.release, "traceName": trace.name}
    return shaped


def _basics(span: Span, trace: Trace | None) -> dict[str, Any]:
    return {
        "name": span.name,
        "level": Level(Level.DEFAULT if span.level is None else span.level).name,
        "statusMessage": span.status_message,
        "version": trace.version if trace else None,
        "environment": trace.environment if trace else "default",
        "bookmarked": False,
        "public": bool(trace and trace.public),
        "userId": trace.user_id if trace else None,
        "sessionId": trace.session_id if trace else None,
        "isRootObservation": span.is_root or span.parent_id is None,
    }


def _short(metadata: Any, whole: set[str]) -> Any:
    """Return metadata whose long texts are cut, except those of the keys that are asked for whole."""
    if not isinstance(metadata, dict):
        return metadata
    return {
        key: value[:MAX_SHORT_VALUE] if isinstance(value, str) and key not in whole else value
        for key, value in metadata.items()
    }
