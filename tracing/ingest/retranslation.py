"""Reads stored spans again with today's vocabularies. What older ones did not know was kept raw for this purpose."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from tracing.ingest.pipeline import ingest
from tracing.models import Span, SpanIO, Trace
from tracing.records import Level, RawSpan, SpanRecord
from tracing.vocabularies import translate

OTLP_STATUS_OK, OTLP_STATUS_ERROR = 1, 2  # OTLP's status codes


def retranslate(project_id: int, trace_ids: Sequence[str]) -> int:
    """Report every stored span of the traces again, as far as its raw part allows. Return the number of spans.

    Values that the raw part lacks stay, because a missing value erases nothing."""
    records = list(_retranslated(project_id, trace_ids))
    ingest(project_id, records)
    return len(records)


def _retranslated(project_id: int, trace_ids: Sequence[str]) -> Iterator[SpanRecord]:
    buckets = set(Trace.objects.for_project(project_id).filter(trace_id__in=trace_ids).values_list("bucket", flat=True))
    scope = {"bucket__in": buckets, "trace_id__in": trace_ids}
    raw_parts = {
        (row.trace_id, row.span_id): row.raw
        for row in SpanIO.objects.for_project(project_id).filter(**scope, raw__isnull=False).defer("input", "output")
    }
    for span in Span.objects.for_project(project_id).filter(**scope):
        raw = raw_parts.get((span.trace_id, span.span_id))
        if (
            raw and raw.get("scope") is not None and span.said is None
        ):  # spans of wires without vocabularies have `said` or no scope
            record = translate(_raw_span(span, raw))
            if record is not None:
                yield _without_known_texts(record, span)


def _raw_span(span: Span, raw: dict[str, Any]) -> RawSpan:
    return RawSpan(
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_id=span.parent_id,
        name=span.name or "",
        started_at=span.started_at,
        ended_at=span.ended_at,
        attributes=raw.get("attributes") or {},
        events=[_event(event) for event in raw.get("events") or ()],
        status_code=OTLP_STATUS_ERROR
        if span.level == Level.ERROR
        else OTLP_STATUS_OK,  # the stored level has been decided
        status_message=span.status_message or "",
        resource=raw.get("resource") or {},
        scope_name=raw["scope"].get("name") or "",
        scope_version=raw["scope"].get("version") or "",
    )


def _without_known_texts(record: SpanRecord, span: Span) -> SpanRecord:
    """Return the record without texts that are stored already.

    The attributes that they came from are not kept, so a second-best source must not replace them."""
    if span.input_size is not None:
        record.input = record.claims.input = None
    if span.output_size is not None:
        record.output = record.claims.output = None
    record.raw = None
    return record


def _event(event: dict[str, Any]) -> dict[str, Any]:
    at = event.get("time")
    return event | {"time": datetime.fromisoformat(at) if isinstance(at, str) else at}
