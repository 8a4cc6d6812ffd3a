"""Tells the sessions of a score that it came, changed or went. Every writer of scores calls this in its transaction."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from tracing import dirty
from tracing.models import DirtyMark, Trace


class Placed(Protocol):
    """What a score stands on."""

    @property
    def trace_id(self) -> str | None: ...
    @property
    def session_id(self) -> str | None: ...


def mark_sessions(project_id: int, scores: Iterable[Placed], now: datetime) -> None:
    """A trace that is not here yet is marked itself: it might be arriving in another transaction right now, which then
    does not see these scores. Whoever looks at the mark sees both."""
    placed = list(scores)
    trace_ids = {score.trace_id for score in placed if score.trace_id is not None}
    known = dict(
        Trace.objects.for_project(project_id)
        .filter(trace_id__in=trace_ids)
        .order_by()
        .values_list("trace_id", "session_id")
    )
    sessions = {score.session_id for score in placed if score.session_id is not None}
    sessions |= {session_id for session_id in known.values() if session_id is not None}
    dirty.mark(project_id, DirtyMark.Target.SESSION, sessions, now)
    dirty.mark(project_id, DirtyMark.Target.TRACE, trace_ids - known.keys(), now)
