"""Finds the turn of what coding agents log without naming it: that of the last prompt before it in the session."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from tracing.models import Trace
from tracing.records import RawSpan
from tracing.wire.agent_events import LoggedEvent
from tracing.wire.values import EPOCH

MAX_SESSIONS_LOOKED_UP = 50  # of one request; the events of others are in one trace for each session
MAX_TURNS_LOOKED_UP = 200  # of a session, the latest before the last event

Turns = list[tuple[datetime, str]]  # begin and trace id


def placed(project_id: int, told: Sequence[LoggedEvent]) -> list[RawSpan]:
    """Return the spans of the events, each in the trace of its turn."""
    turns: dict[str, Turns] = defaultdict(list)
    for event in told:
        if event.is_prompt:
            turns[event.session_id].append((event.record.time or EPOCH, event.own_trace_id()))
    last: dict[str, datetime] = {}
    for event in told:
        if event.needs_turn and not event.is_prompt:
            last[event.session_id] = max(last.get(event.session_id, EPOCH), event.record.time or EPOCH)
    for session_id in sorted(last)[:MAX_SESSIONS_LOOKED_UP]:
        turns[session_id] += _stored_turns(project_id, session_id, last[session_id])
    for found in turns.values():
        found.sort()
    return [span for event in told for span in event.spans(_trace_id(event, turns[event.session_id]))]


def _stored_turns(project_id: int, session_id: str, until: datetime) -> Turns:
    known = Trace.objects.for_project(project_id).filter(session_id=session_id, started_at__lte=until)
    found = known.order_by("-started_at", "-trace_id").values_list("started_at", "trace_id")[:MAX_TURNS_LOOKED_UP]
    return [(at, trace_id) for at, trace_id in found if at is not None]


def _trace_id(event: LoggedEvent, turns: Turns) -> str:
    if not event.needs_turn or event.is_prompt:
        return event.own_trace_id()
    before = bisect_right(turns, event.record.time or EPOCH, key=lambda turn: turn[0])
    return turns[before - 1][1] if before else event.own_trace_id()
