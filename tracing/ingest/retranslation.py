"""Reads stored spans again with today's vocabularies. What older ones did not know was kept raw for this purpose."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from tracing.ingest.pipeline import ingest
from tracing.limits.fitting import Record
from tracing.models import Span, SpanIO, Trace
from tracing.records import VOICE_KINDS, Claims, Kind, Level, RawSpan, SpanRecord, TraceRecord
from tracing.store.writing import recompute_traces
from tracing.vocabularies import translate
from tracing.vocabularies.asides import note_asides
from tracing.vocabularies.assembly import content_alone
from tracing.vocabularies.messages import answered, asked, called_tools
from tracing.vocabularies.speech import says_nothing
from tracing.vocabularies.tables import Excerpt
from tracing.vocabularies.voice import put_words_on_their_side

OTLP_STATUS_OK, OTLP_STATUS_ERROR = 1, 2  # OTLP's status codes
SIDE_READERS = {"input": asked, "output": answered}
ALONE_ROLES = {"input": "tool", "output": "assistant"}  # of the one message that a tool's text may be
AS_SENT = ".as_sent"  # ending of an attribute that keeps a text of which today's reading is only a part
RESULT_KINDS = frozenset({Kind.TOOL, Kind.RETRIEVER})  # whose texts may be placeholders


def retranslate(project_id: int, trace_ids: Sequence[str]) -> int:
    """Report every stored span of the traces again, as far as its raw part and its texts allow, and sum them up.

    Return the number of spans that were reported. Values that the raw part lacks stay, because a missing value erases
    nothing; only texts that today count as placeholders are removed."""
    with transaction.atomic():
        traces = _locked(project_id, trace_ids)
        records: list[Record] = [*_own_texts(project_id, traces), *_retranslated(project_id, traces)]
        ingest(project_id, records)
        recompute_traces(project_id, trace_ids, timezone.now(), reread=True)
    return len(records)


def _locked(project_id: int, trace_ids: Sequence[str]) -> list[Trace]:
    found = Trace.objects.for_project(project_id).filter(trace_id__in=trace_ids).order_by("trace_id")
    return list(found.select_for_update())


def _scope(traces: Sequence[Trace]) -> dict[str, Any]:
    return {"bucket__in": {trace.bucket for trace in traces}, "trace_id__in": [trace.trace_id for trace in traces]}


def _own_texts(project_id: int, traces: Sequence[Trace]) -> Iterator[TraceRecord]:
    """Yield the texts of traces themselves that are read differently today, and remove placeholders."""
    stored = SpanIO.objects.for_project(project_id).filter(**_scope(traces), span_id="")
    by_id = {row.trace_id: row for row in stored}
    for trace in traces:
        row = by_id.get(trace.trace_id)
        if row is None:
            continue
        silent = [side for side in SIDE_READERS if (text := getattr(row, side)) is not None and says_nothing(text)]
        if silent:
            for side in silent:
                trace.claims.pop(f"{side}_size", None)
            trace.save(update_fields=["claims"])
        read = {side: _reread(getattr(row, side), side, None) for side in SIDE_READERS if side not in silent}
        texts = {side: str(text) for side, text in read.items() if text is not None and not isinstance(text, Excerpt)}
        if texts:
            yield TraceRecord(trace.trace_id, Claims(input=texts.get("input"), output=texts.get("output")))


def _retranslated(project_id: int, traces: Sequence[Trace]) -> Iterator[SpanRecord]:
    scope = _scope(traces)
    texts = {(row.trace_id, row.span_id): row for row in SpanIO.objects.for_project(project_id).filter(**scope)}
    for span in Span.objects.for_project(project_id).filter(**scope):
        stored = texts.get((span.trace_id, span.span_id))
        raw = (stored.raw if stored else None) or {}
        # Spans of wires without vocabularies have `said` or no scope.
        is_translated = raw.get("scope") is not None and span.said is None
        record = translate(_raw_span(span, raw)) if is_translated else SpanRecord(span.trace_id, span.span_id)
        if record is None:
            continue
        record.raw = None
        if span.input_size is not None:
            record.input = record.claims.input = None
        if span.output_size is not None:
            record.output = record.claims.output = None
        if stored is not None:
            _add_texts(project_id, record, span, stored)
        if is_translated or record != SpanRecord(span.trace_id, span.span_id):
            yield record


def _add_texts(project_id: int, record: SpanRecord, span: Span, stored: SpanIO) -> None:
    """Set what the stored texts of a span say today, and remove placeholders.

    The attributes that they came from are not kept, so a second-best source must not replace them."""
    whole = SpanRecord(span.trace_id, span.span_id, kind=None if span.kind is None else Kind(span.kind))
    silent: list[str] = []
    for side in SIDE_READERS:
        text = getattr(stored, side)
        size = getattr(span, f"{side}_size")
        if text is None or size is None:
            setattr(whole, side, getattr(record, side))
            continue
        if len(text) != size:  # it was cut when it was stored
            continue
        if says_nothing(text) and span.kind not in RESULT_KINDS:
            silent.append(side)
            continue
        read = _reread(text, side, span.kind)
        setattr(whole, side, text if read is None else str(read))
        setattr(record, side, getattr(whole, side))
        if isinstance(read, Excerpt):
            record.raw = {"attributes": {**(record.raw or {}).get("attributes", {}), side + AS_SENT: text}}
    if silent:
        pinned = {"bucket": span.bucket, "trace_id": span.trace_id, "span_id": span.span_id}
        Span.objects.for_project(project_id).filter(**pinned).update(**dict.fromkeys([f"{s}_size" for s in silent]))
        SpanIO.objects.for_project(project_id).filter(**pinned).update(**dict.fromkeys(silent))
    if record.kind in VOICE_KINDS:
        put_words_on_their_side(record)
    note_asides(whole)
    record.claims.aside, record.claims.unasked = whole.claims.aside, whole.claims.unasked
    record.claims.tool_names = record.claims.tool_names or called_tools(whole.output)


def _reread(text: str | None, side: str, kind: int | None) -> str | None:
    """Return the text as it is read today, or None if that is the same or there is none."""
    if text is None:
        return None
    read = content_alone(text, ALONE_ROLES[side]) if kind == Kind.TOOL else text
    read = SIDE_READERS[side](read)
    return None if read == text else read


def _raw_span(span: Span, raw: dict[str, Any]) -> RawSpan:
    is_failed = span.level == Level.ERROR  # the stored level has been decided
    return RawSpan(
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_id=span.parent_id,
        name=span.name or "",
        started_at=span.started_at,
        ended_at=span.ended_at,
        attributes=raw.get("attributes") or {},
        events=[_event(event) for event in raw.get("events") or ()],
        status_code=OTLP_STATUS_ERROR if is_failed else OTLP_STATUS_OK,
        status_message=span.status_message or "",
        resource=raw.get("resource") or {},
        scope_name=raw["scope"].get("name") or "",
        scope_version=raw["scope"].get("version") or "",
    )


def _event(event: dict[str, Any]) -> dict[str, Any]:
    at = event.get("time")
    return event | {"time": datetime.fromisoformat(at) if isinstance(at, str) else at}
