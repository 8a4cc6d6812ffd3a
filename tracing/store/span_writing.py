"""Writes the changed spans of locked traces, and their texts."""

from collections.abc import Iterable, Sequence
from datetime import date
from operator import attrgetter
from typing import Any

import orjson

from tracing.json_text import dump
from tracing.models import Span, SpanIO
from tracing.models.fields import compress
from tracing.store.copying import Copy, as_json
from tracing.store.rows import JSON_PLACES, SPAN_JSON_COLUMNS, SPAN_ROW_COLUMNS, SpanRow, Texts, merge_raw
from tracing.store.statements import UPSERT_SPANS, UPSERT_TEXTS
from tracing.store.stored import StoredTrace, load_texts

TEXT_COLUMNS = ("trace_id", "span_id", "input", "output", "raw")
COPY_SPANS = Copy(Span, ("bucket", *SPAN_ROW_COLUMNS))
COPY_TEXTS = Copy(SpanIO, ("bucket", *TEXT_COLUMNS))
SPAN_KEY = attrgetter("trace_id", "span_id")
SPAN_VALUES = attrgetter(*SPAN_ROW_COLUMNS)


def write_spans(project_id: int, traces: Iterable[StoredTrace], *, may_copy: bool) -> None:
    """Write spans and texts in key order; with `may_copy`, those that are new by COPY.

    Raises IntegrityError if a row of a new span exists, as after a part of a trace was deleted by hand."""
    traces = list(traces)
    _complete_raw(project_id, traces)
    new, known = _divided(traces, may_copy=may_copy)
    if new:
        COPY_SPANS.run(project_id, ((bucket, *_values(span)) for bucket, span, _ in new))
        COPY_TEXTS.run(project_id, ((bucket, *_packed(texts)) for bucket, _, texts in new if texts))
    _upsert_spans(project_id, [(bucket, span) for bucket, span, _ in known])
    _upsert_texts(project_id, [*_own(traces), *((bucket, texts) for bucket, _, texts in known if texts)])


Changed = list[tuple[date, SpanRow, Texts | None]]


def _divided(traces: Iterable[StoredTrace], *, may_copy: bool) -> tuple[Changed, Changed]:
    """Return the changed spans with their texts: those that are new, and those that are stored already."""
    new: Changed = []
    known: Changed = []
    for trace in traces:
        for span_id in trace.changed:
            texts = trace.texts.get(span_id)
            side = new if may_copy and span_id in trace.fresh else known
            side.append((trace.bucket, trace.spans[span_id], texts if texts and texts.say_something else None))
    new.sort(key=lambda item: SPAN_KEY(item[1]))
    known.sort(key=lambda item: SPAN_KEY(item[1]))
    return new, known


def _own(traces: Iterable[StoredTrace]) -> list[tuple[date, Texts]]:
    """Return the texts of the traces themselves, and those of spans whose row did not change."""
    return [
        (trace.bucket, texts)
        for trace in traces
        for span_id, texts in trace.texts.items()
        if span_id not in trace.changed and texts.say_something
    ]


def _values(span: SpanRow) -> list[Any]:
    values = list(SPAN_VALUES(span))
    for place in JSON_PLACES:
        values[place] = as_json(values[place])
    return values


def _packed(texts: Texts) -> tuple[Any, ...]:
    raw = texts.raw_json()
    packed = (None if text is None else compress(text) for text in (texts.input, texts.output, raw))
    return (texts.trace_id, texts.span_id, *packed)


def _upsert_spans(project_id: int, rows: Sequence[tuple[date, SpanRow]]) -> None:
    if not rows:
        return
    columns = {column: [getattr(span, column) for _, span in rows] for column in SPAN_ROW_COLUMNS}
    for column in SPAN_JSON_COLUMNS:
        columns[column] = [None if value is None else dump(value) for value in columns[column]]
    UPSERT_SPANS.run(project_id=project_id, buckets=[bucket for bucket, _ in rows], **columns)


def _upsert_texts(project_id: int, rows: Sequence[tuple[date, Texts]]) -> None:
    if not rows:
        return
    rows = sorted(rows, key=lambda item: SPAN_KEY(item[1]))
    trace_ids, span_ids, inputs, outputs, raws = zip(*(_packed(texts) for _, texts in rows), strict=True)
    UPSERT_TEXTS.run(
        project_id=project_id,
        buckets=[bucket for bucket, _ in rows],
        trace_ids=list(trace_ids),
        span_ids=list(span_ids),
        inputs=list(inputs),
        outputs=list(outputs),
        raws=list(raws),
    )


def _complete_raw(project_id: int, traces: Iterable[StoredTrace]) -> None:
    wanted = [(trace, span_id) for trace in traces for span_id in trace.reported_again]
    for trace, span_id, stored in load_texts(project_id, wanted, "raw"):
        trace.texts[span_id].raw = merge_raw(orjson.loads(stored), trace.texts[span_id].raw)
