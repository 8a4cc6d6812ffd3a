"""Writes scores and marks their sessions. Every writer of scores calls `mark_sessions` in its transaction."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from django.db import transaction
from django.utils import timezone

from projects.audit import Action, Actor, record
from projects.models import Project
from tracing.json_text import dump
from tracing.models import DirtyMark, Score, Trace
from tracing.records import Issue, Reason, ScoreRecord
from tracing.store import dirty
from tracing.store.statements import SCORED, UPSERT_SCORES


class Placed(Protocol):
    """Something with the target of a score."""

    @property
    def trace_id(self) -> str | None: ...
    @property
    def session_id(self) -> str | None: ...


def mark_sessions(project_id: int, scores: Iterable[Placed], now: datetime) -> None:
    """Mark the sessions of scores that came, changed or went.

    An unknown trace is marked itself: it may be arriving in another transaction, which does not see these scores.
    Whoever processes the mark sees both."""
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
    marks = {DirtyMark.Target.SESSION: sessions, DirtyMark.Target.TRACE: trace_ids - known.keys()}
    dirty.mark(project_id, marks, now)


def write_scores(project_id: int, scores: Iterable[ScoreRecord], found: list[Issue], now: datetime) -> None:
    """Write scores. A person's score is replaced only by the same person.

    A score that moves also changes the session that it leaves."""
    by_id = {score.id: score for score in scores}
    known = Score.objects.for_project(project_id).filter(id__in=list(by_id)).order_by("id")
    replaced = list(known.only("project_id", "id", "trace_id", "session_id", "author_id").select_for_update())
    for old in replaced:
        if old.author_id not in (None, by_id[old.id].author_id):
            del by_id[old.id]
            found.append(Issue(Reason.INVALID_SCORE, f"id: {old.id} is a person's score, which nobody else replaces"))
    latest = sorted(by_id.values(), key=lambda score: score.id)
    if not latest:
        return
    columns = {c: [getattr(score, c, None) for score in latest] for c in SCORED}
    columns["metadata"] = [None if value is None else dump(value) for value in columns["metadata"]]
    columns["environment"] = [value or "default" for value in columns["environment"]]
    columns["scored_at"] = [value or now for value in columns["scored_at"]]
    columns["updated_at"] = [now] * len(latest)
    UPSERT_SCORES.run(project_id=project_id, now=now, **columns)
    mark_sessions(project_id, [*replaced, *latest], now)


def delete_score(project: Project, score_id: str, *, by: Actor) -> bool:
    """Delete a score, whoever gave it. Return whether it existed."""
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
