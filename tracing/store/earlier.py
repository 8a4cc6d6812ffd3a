"""Explains running totals over the traces of a session: the worker decides, and each trace is summed up with it.

The decision is computed from what all traces of the session report, whenever the session changes. So late, corrected
and deleted traces change it like every other number."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from django.db import transaction

from tracing.json_text import dump
from tracing.models import DirtyMark
from tracing.store import dirty
from tracing.store.run_reports import EarlierUse, RunReport
from tracing.store.running_totals import doubtful_before, used_before
from tracing.store.statements import Statement

OPEN_SESSIONS = Statement(
    template="""
SELECT DISTINCT session_id FROM trace
WHERE project_id = %(project_id)s AND session_id = ANY(%(session_ids)b::text[]) AND has_open_run
"""
)

LOAD_RUNS = Statement(
    template="""
SELECT session_id, trace_id, run_reports::text, earlier_use::text FROM trace
WHERE project_id = %(project_id)s AND session_id = ANY(%(session_ids)b::text[]) AND run_reports IS NOT NULL
ORDER BY session_id, trace_id
"""
)

SET_EARLIER_USE = Statement(
    template="""
UPDATE trace SET earlier_use = u.earlier_use::jsonb
FROM unnest(%(trace_ids)b::text[], %(earlier_uses)b::text[]) AS u(trace_id, earlier_use)
WHERE trace.project_id = %(project_id)s AND trace.trace_id = u.trace_id
""",
)


def explain_running_totals(project_id: int, session_ids: Sequence[str], now: datetime) -> None:
    """Decide which reports of these sessions repeat earlier traces, and mark the traces for which that is new."""
    session_ids = [session_id for (session_id,) in OPEN_SESSIONS.run(project_id=project_id, session_ids=session_ids)]
    if not session_ids:
        return
    sessions: dict[str, list[tuple[str, str, str | None]]] = defaultdict(list)
    for session_id, *trace in LOAD_RUNS.run(project_id=project_id, session_ids=session_ids):
        sessions[session_id].append((trace[0], trace[1], trace[2]))
    changed = {trace_id: use for traces in sessions.values() for trace_id, use in _changed(traces).items()}
    if not changed:
        return
    ids = sorted(changed)
    with transaction.atomic():
        SET_EARLIER_USE.run(
            project_id=project_id,
            trace_ids=ids,
            earlier_uses=[None if (u := changed[i]) is None else dump(u) for i in ids],
        )
        dirty.mark(project_id, {DirtyMark.Target.TRACE: set(ids)}, now)


def earlier_uses(reports: Sequence[RunReport]) -> dict[str, EarlierUse]:
    """Return what the traces of a session repeat of traces before them, from all reports of the session."""
    uses: dict[str, EarlierUse] = defaultdict(EarlierUse)
    for report, before in used_before(reports):
        uses[report.trace_id].repeated[report.span_id] = before
    for report, before in doubtful_before(reports):
        uses[report.trace_id].doubtful[report.span_id] = before
    return uses


def _changed(traces: Sequence[tuple[str, str, str | None]]) -> dict[str, dict[str, Any] | None]:
    """Return the earlier use of each trace of a session that has another one stored."""
    known = {trace_id: None if use is None else orjson.loads(use) for trace_id, _, use in traces}
    uses = earlier_uses(
        [RunReport.from_json(trace_id, stored) for trace_id, told, _ in traces for stored in orjson.loads(told)]
    )
    decided = {trace_id: uses[trace_id].as_json() if trace_id in uses else None for trace_id in known}
    return {trace_id: use for trace_id, use in decided.items() if use != known[trace_id]}
