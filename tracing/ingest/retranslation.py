"""Reads stored spans again with today's vocabularies. What older ones did not know was kept raw for this purpose."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from tracing.ingest.pipeline import ingest
from tracing.models import Span, SpanIO, Trace
from tracing.records import VOICE_KINDS, Level, RawSpan, SpanRecord
from tracing.vocabularies import translate
from tracing.vocabularies.voice import put_words_on_their_side

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
    stored = {
        (row.trace_id, row.span_id): row
        for row in SpanIO.objects.for_project(project_id).filter(**scope, raw__isnull=False)
    }
    for span in Span.objects.for_project(project_id).filter(**scope):
        io = stored.get((span.trace_id, span.span_id))
        raw = io.raw if io else None
        if (
            raw and raw.get("scope") is not None and span.said is None
        ):  # spans of wires without vocabularies have `said` or no scope
            record = translate(_raw_span(span, raw))
            if record is not None and io is not None:
                yield _with_known_texts(record, span, io)


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


def _with_known_texts(record: SpanRecord, span: Span, io: SpanIO) -> SpanRecord:
    """Return the record with the texts that are stored already, except for those that were cut when they were stored.

    The attributes that they came from are not kept, so a second-best source must not replace them."""
    for side in ("input", "output"):
        size, text = getattr(span, f"{side}_size"), getattr(io, side)
        if size is not None:
            setattr(record, side, text if text is not None and len(text) == size else None)
            setattr(record.claims, side, None)
    if record.kind in VOICE_KINDS:
        put_words_on_their_side(record)
    record.raw = None
    return record


def _event(event: dict[str, Any]) -> dict[str, Any]:
    at = event.get("time")
    return event | {"time": datetime.fromisoformat(at) if isinstance(at, str) else at}
