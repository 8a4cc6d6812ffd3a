"""Writes records in one transaction: spans, the sums of their traces, and the marks of sessions to recompute.

The trace rows are locked in key order before anything is read, so every writer of a trace sees the last one's work.
Sums are computed again from all spans of the trace, never incremented. Only small columns are read back and merged;
long texts are only written. The SQL is in tracing/store/statements.py."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import IntegrityError, transaction

from tracing.limits.fitting import Record
from tracing.pricing.project_prices import Prices
from tracing.records import Issue, ScoreRecord, Sdk, SpanRecord, TraceRecord
from tracing.store import issues
from tracing.store.deletion import erase_traces
from tracing.store.erased import Condemned, admitted
from tracing.store.merging import merge, text_counts
from tracing.store.partitions import ensure_partition
from tracing.store.rows import SpanRow, Texts, priced, row_of
from tracing.store.scored import write_scores
from tracing.store.span_writing import write_spans
from tracing.store.statements import LOAD_SPANS, LOCK_TRACES, NEW_TRACES, WAIT_BRIEFLY
from tracing.store.stored import StoredTrace
from tracing.store.summing import sum_up
from tracing.store.tombstones import StandingTombstones, standing


def store(
    project_id: int,
    records: Sequence[Record],
    *,
    sdk: Sdk,
    found: list[Issue],
    now: datetime,
) -> None:
    """Write all of `records` or nothing, except those that tombstones refuse.

    Issues that this and the sums reveal are appended to `found`, and all of `found` is stored."""
    ensure_partition(now.date())
    before = len(found)
    may_copy = True
    while True:
        try:
            with transaction.atomic():
                WAIT_BRIEFLY.run()
                graves = standing(project_id)
                _write(graves, admitted(graves, records, found), found, now, may_copy=may_copy)
                issues.record(project_id, found, sdk, now)
            return
        except Condemned as condemned:
            del found[before:]
            erase_traces(project_id, condemned.trace_ids, now)
        except IntegrityError:  # a row of a new span is left of something that was deleted by hand
            if not may_copy:
                raise
            del found[before:]
            may_copy = False


def _write(
    graves: StandingTombstones, records: Sequence[Record], found: list[Issue], now: datetime, *, may_copy: bool
) -> None:
    """Write records. Raises Condemned, and IntegrityError as write_spans does."""
    project_id = graves.project_id
    reports = [record for record in records if not isinstance(record, ScoreRecord)]
    scores = [record for record in records if isinstance(record, ScoreRecord)]
    if reports:
        traces = _lock(project_id, {report.trace_id for report in reports}, now)
        prices = Prices.of(project_id)
        _load_spans(project_id, traces, reports)
        for report in reports:
            _take(traces[report.trace_id], report, now, prices)
        write_spans(project_id, traces.values(), may_copy=may_copy)
        sum_up(graves, list(traces.values()), found, now)
    if scores:
        write_scores(project_id, scores, found, now)


def recompute_traces(
    project_id: int, trace_ids: Sequence[str], now: datetime, *, reprice: bool = False, reread: bool = False
) -> None:
    """Sum up traces again from all their spans, however large, and mark their sessions.

    `reprice` first computes every cost that no SDK reported at today's prices, `reread` makes the previews anew. Traces
    that turn out to belong to something erased are deleted."""
    while True:
        try:
            return _recompute_traces(project_id, trace_ids, now, reprice=reprice, reread=reread)
        except Condemned as condemned:
            erase_traces(project_id, condemned.trace_ids, now)


def _recompute_traces(project_id: int, trace_ids: Sequence[str], now: datetime, *, reprice: bool, reread: bool) -> None:
    with transaction.atomic():
        graves = standing(project_id)
        traces = _lock(project_id, set(trace_ids), now, create=False)
        _load_spans(project_id, traces, None)
        for trace in traces.values():
            trace.claimed = True
            if reread:  # a preview is kept only of the span that had it before
                trace.input_span_id = trace.output_span_id = None
        if reprice:
            _reprice(traces.values(), Prices.of(project_id))
            write_spans(project_id, traces.values(), may_copy=False)
        sum_up(graves, list(traces.values()), [], now, whole=True)


def _reprice(traces: Iterable[StoredTrace], prices: Prices) -> None:
    for trace in traces:
        for span_id, span in trace.spans.items():
            if priced(new := replace(span), prices) != span:
                trace.spans[span_id] = new
                trace.changed.add(span_id)


def _lock(project_id: int, trace_ids: set[str], now: datetime, *, create: bool = True) -> dict[str, StoredTrace]:
    ids = sorted(trace_ids)
    if create:
        NEW_TRACES.run(project_id=project_id, trace_ids=ids, bucket=now.date(), now=now)
    rows = LOCK_TRACES.run(project_id=project_id, trace_ids=ids)
    return {stored.trace_id: stored for stored in map(StoredTrace.from_row, rows)}


def _load_spans(
    project_id: int, traces: dict[str, StoredTrace], reports: Iterable[SpanRecord | TraceRecord] | None
) -> None:
    """Load all spans of traces that are small enough to sum up now, and of the others those reported again."""
    known = [t for t in traces.values() if t.span_count or t.rollup_due]
    whole = [t for t in known if reports is None or not t.is_large]
    partly = [t.trace_id for t in known if reports is not None and t.is_large]
    wanted = [r.span_id for r in reports or () if isinstance(r, SpanRecord) and r.trace_id in set(partly)]
    for ids, span_ids in ((sorted(t.trace_id for t in whole), None), (sorted(partly), wanted)):
        if not ids:
            continue
        buckets = [traces[trace_id].bucket for trace_id in ids]
        for row in LOAD_SPANS.run(project_id=project_id, trace_ids=ids, buckets=buckets, span_ids=span_ids):
            span = SpanRow.from_row(row)
            traces[span.trace_id].spans[span.span_id] = span


def _take(trace: StoredTrace, report: SpanRecord | TraceRecord, now: datetime, prices: Prices) -> None:
    """Merge one report into its trace, and note only what it changes."""
    if report.claims.input is not None or report.claims.output is not None:
        _take_own_texts(trace, report)
        report = replace(report, claims=replace(report.claims, input=None, output=None))
    if isinstance(report, TraceRecord):
        _take_claims(trace, report, now)
    else:
        _take_span(trace, report, now, prices)


def _take_own_texts(trace: StoredTrace, report: SpanRecord | TraceRecord) -> None:
    """Keep the input and output that a report gives for the whole trace, under span id ""."""
    texts = Texts(trace.trace_id, "", report.claims.input, report.claims.output)
    own = {f"{side}_size": len(text) for side in ("input", "output") if (text := getattr(texts, side)) is not None}
    own["text_hash"] = texts.hash()
    if trace.claims | own != trace.claims:
        trace.claims |= own
        trace.claimed = True
    trace.keep(texts)


def _take_span(trace: StoredTrace, report: SpanRecord, now: datetime, prices: Prices) -> None:
    texts = Texts(trace.trace_id, report.span_id, report.input, report.output, report.raw)
    trace.has_wrong_clock |= bool(report.has_wrong_clock)
    new = row_of(report, now)
    new.text_hash = texts.hash()
    old = trace.spans.get(new.span_id)
    if old is not None:
        for side in ("input", "output"):
            if getattr(texts, side) is not None and not text_counts(old, new, side):
                setattr(texts, side, None)
        new = merge(old, new)
    new = priced(new, prices)
    if new == old:
        trace.repeats += 1
        return
    if old is None:
        trace.fresh.add(new.span_id)
    elif texts.raw and new.span_id not in trace.fresh:
        trace.reported_again.add(new.span_id)
    trace.spans[new.span_id] = new
    trace.changed.add(new.span_id)
    trace.keep(texts)


def _take_claims(trace: StoredTrace, report: TraceRecord, now: datetime) -> None:
    """Merge claims about the trace itself, by the same rule as two reports of a span."""
    said = SpanRecord(report.trace_id, "", claims=report.claims, started_at=report.started_at, said_at=report.said_at)
    new = row_of(said, now)
    new.claims = {**(new.claims or {})}
    if report.started_at is not None:
        new.claims["started_at"] = report.started_at.isoformat()
    known = dict(trace.claims)
    old = SpanRow(
        trace_id=report.trace_id, span_id="", claims=known, said=known.pop("said", None), received_at=trace.received_at
    )
    merged = merge(old, new)
    tags = {*known.get("tags", ()), *new.claims.get("tags", ())}
    claims = (
        (merged.claims or {})
        | ({"tags": sorted(tags)} if tags else {})
        | ({"said": merged.said} if merged.said else {})
    )
    if claims == trace.claims:
        trace.repeats += 1
    else:
        trace.claims, trace.claimed = claims, True
