"""Tells the sessions of a score that it came, changed or went. Every writer of scores calls this in its transaction."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from django.db import transaction
from django.utils import timezone

from projects.audit import Action, Actor, record
from projects.models import Project
from tracing import dirty
from tracing.models import DirtyMark, Score, Trace


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


def delete_score(project: Project, score_id: str, *, by: Actor) -> bool:
    """Whoever gave it. False when there is none."""
    with transaction.atomic():
        named = Score.objects.for_project(project).filter(id=score_id)
        score = named.select_for_update().first()
        if score is None:
            return False
        named.delete()
        mark_sessions(project.pk, [score], timezone.now())
        place = ("span", score.span_id), ("trace", score.trace_id), ("session", score.session_id)
        target = next(f"{kind} {key}" for kind, key in place if key is not None)
        record(Action.SCORE_DELETED, project, actor=by, target=target, name=score.name)
    return True
