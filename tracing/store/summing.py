"""Sums up locked traces and writes what changed: totals, previews, and marks of their sessions."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from tracing.json_text import dump
from tracing.models import DirtyMark
from tracing.records import Issue, Reason
from tracing.store import dirty
from tracing.store.erased import check_traces
from tracing.store.previews import preview
from tracing.store.statements import ARRAYS, COUNT_REPEATS, SUMMED, UPDATE_TRACES
from tracing.store.stored import StoredTrace, load_texts
from tracing.store.tombstones import StandingTombstones
from tracing.store.trace_totals import Totals, roll_up

TRACE_JSON_COLUMNS = {
    "metadata",
    "claims",
    "usage_by_model",
    "latencies",
    "left_out",
    "exchanges",
    "run_reports",
} | ARRAYS
ROLES = {"input": "user", "output": "assistant"}

Summed = list[tuple[StoredTrace, Totals]]


def sum_up(
    graves: StandingTombstones, traces: Sequence[StoredTrace], found: list[Issue], now: datetime, *, whole: bool = False
) -> None:
    """Write the totals of every changed trace. Raises Condemned.

    A large trace is left to the worker, unless its spans have been read `whole`."""
    project_id = graves.project_id
    changed = [trace for trace in traces if trace.is_changed]
    due = [trace for trace in changed if trace.is_large and not whole]
    summed = [
        (trace, roll_up(list(trace.spans.values()), trace.claims, trace.earlier_use))
        for trace in changed
        if trace not in due
    ]
    check_traces(graves, changed, {trace.trace_id: totals for trace, totals in summed})
    _write_totals(project_id, summed, now)
    _count_repeats(project_id, traces, due, now)
    found.extend(conflict for trace, totals in summed for conflict in _conflicts(trace, totals))
    sessions = {session_id for trace, totals in summed for session_id in (trace.session_id, totals.session_id)}
    hours = {hour_key(at) for trace, totals in summed for at in (trace.started_at, totals.started_at) if at}
    marks = {
        DirtyMark.Target.SESSION: {session_id for session_id in sessions if session_id is not None},
        DirtyMark.Target.HOUR: hours,
        DirtyMark.Target.TRACE: {trace.trace_id for trace in due},
        DirtyMark.Target.TEXT: {trace.trace_id for trace, _ in summed},
    }
    dirty.mark(project_id, marks, now)


def hour_key(at: datetime) -> str:
    """Return the hour of a trace's start in UTC as the key of a mark: `2026-11-21T09`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H")


def _write_totals(project_id: int, summed: Summed, now: datetime) -> None:
    if not summed:
        return
    for trace, totals in summed:
        claimed_start = trace.claims.get("started_at")
        starts = [at for at in (totals.started_at, claimed_start and datetime.fromisoformat(claimed_start)) if at]
        totals.started_at = min(starts, default=trace.received_at)
        totals.ended_at = max(totals.ended_at or totals.started_at, totals.started_at)
    previews = {side: _previews(project_id, summed, side) for side in ROLES}
    columns: dict[str, list[Any]] = {}
    for column in SUMMED:
        if column == "claims":
            columns[column] = [trace.claims for trace, _ in summed]
        elif column == "rollup_due":
            columns[column] = [False] * len(summed)
        elif column.endswith("_preview"):
            columns[column] = previews[column.removesuffix("_preview")]
        else:
            columns[column] = [getattr(totals, column) for _, totals in summed]
        if column in TRACE_JSON_COLUMNS:
            columns[column] = [None if value is None else dump(value) for value in columns[column]]
    UPDATE_TRACES.run(project_id=project_id, now=now, trace_id=[trace.trace_id for trace, _ in summed], **columns)


def _previews(project_id: int, summed: Summed, side: str) -> list[str]:
    """Return the previews of one side.

    They come from the texts at hand. A text is read back only if an earlier request brought it."""
    texts: dict[str, str] = {}
    missing: list[tuple[StoredTrace, str]] = []
    for trace, totals in summed:
        source = getattr(totals, f"{side}_span_id")
        at_hand = trace.texts.get(source) if source is not None else None
        if at_hand is not None and (text := getattr(at_hand, side)) is not None:
            texts[trace.trace_id] = preview(text, role=ROLES[side])
        elif source is not None and source == getattr(trace, f"{side}_span_id"):
            texts[trace.trace_id] = getattr(trace, f"{side}_preview")
        elif source is not None:
            missing.append((trace, source))
    for trace, _, text in load_texts(project_id, missing, side):
        texts[trace.trace_id] = preview(text, role=ROLES[side])
    return [texts.get(trace.trace_id, "") for trace, _ in summed]


def _count_repeats(project_id: int, traces: Iterable[StoredTrace], due: Sequence[StoredTrace], now: datetime) -> None:
    rows = [trace for trace in traces if trace.repeats or trace in due]
    if rows:
        COUNT_REPEATS.run(
            project_id=project_id,
            now=now,
            trace_ids=[trace.trace_id for trace in rows],
            repeats=[trace.repeats for trace in rows],
            due=[trace in due for trace in rows],
        )


def _conflicts(trace: StoredTrace, totals: Totals) -> Iterable[Issue]:
    """Yield issues for session ids that this request claimed and that were not chosen."""
    for span_id in sorted(trace.changed):
        claimed = (trace.spans[span_id].claims or {}).get("session_id")
        if claimed in totals.other_session_ids:
            sample = f"trace {trace.trace_id}: {claimed!r} lost to {totals.session_id!r}"
            yield Issue(Reason.SESSION_ID_CONFLICT, sample[:200], span_id)
