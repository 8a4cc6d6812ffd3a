"""Rules: free, exact, and given for a whole page of sessions by one statement."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import BooleanField, Case, Value, When
from django.utils import timezone

from projects.models import Project
from sessions.annotation.configs import ScoreValue, read_value
from sessions.judges import scope
from sessions.judges.current import make_current
from sessions.judges.loading import Bench
from sessions.models import Judge, JudgeVersion, ScoreConfig, Session, Verdict

RULED_AT_ONCE = 500  # sessions in one transaction

NO_ANSWER = ScoreValue(None, None)


def judge_some(project: Project, judge: Judge, version: JudgeVersion, config: ScoreConfig, *, is_full: bool) -> int:
    """Judge the next sessions that were recomputed since the rule looked at them. Return how many it looked at.

    Their rows are locked, so that no verdict is about an older state than the one that it names."""
    now = timezone.now()
    matches = scope.condition_of(project, version.rule, now)
    with transaction.atomic():
        found = scope.unseen(judge, version.number, scope.watched(project, judge, now, is_full=is_full))
        found = found.annotate(
            matches=Case(When(matches, then=Value(True)), default=Value(False), output_field=BooleanField())
        )
        locked = found.order_by("session_id").select_for_update(no_key=True, skip_locked=True)
        sessions = list(locked.only("project_id", "session_id", "computed_at", "content_hash")[:RULED_AT_ONCE])
        _write(judge, version, config, sessions)
    return len(sessions)


def try_on(project: Project, bench: Bench, sessions: Sequence[Session]) -> None:
    """Keep what a version would say about these sessions, without making it their score. Call it in a transaction."""
    ids = [session.session_id for session in sessions]
    named = Session.objects.for_project(project).filter(session_id__in=ids)
    matches = scope.condition_of(project, bench.version.rule, timezone.now())
    matching = set(named.filter(matches).values_list("session_id", flat=True))
    answers = {True: _read(bench.config, bench.version.value), False: _read(bench.config, bench.version.otherwise)}
    Verdict.objects.bulk_create(
        [_verdict(bench.judge, bench.version, one, answers[one.session_id in matching]) for one in sessions],
        ignore_conflicts=True,
    )


def _write(judge: Judge, version: JudgeVersion, config: ScoreConfig, sessions: Sequence[Session]) -> None:
    """Write what is new, and of the rest only that it was looked at: a score that stays recomputes nothing."""
    known = _known(judge, sessions)
    answers = {True: _read(config, version.value), False: _read(config, version.otherwise)}
    fresh: list[Verdict] = []
    for session in sessions:
        verdict = _verdict(judge, version, session, answers[session.matches])  # type: ignore[attr-defined]
        before = known.get(session.session_id)
        if before is None or _told(before) != _told(verdict):
            fresh.append(verdict)
        else:
            before.row.update(seen_at=session.computed_at)
    if fresh:
        make_current(judge, config, fresh)


def _known(judge: Judge, sessions: Sequence[Session]) -> dict[str, Verdict]:
    current = Verdict.objects.for_project(judge.project_id).filter(judge_id=judge.id, is_current=True)
    named = current.filter(session_id__in=[session.session_id for session in sessions])
    return {verdict.session_id: verdict for verdict in named}


def _told(verdict: Verdict) -> tuple[object, ...]:
    return (verdict.version, verdict.content_hash, verdict.value, verdict.string_value, verdict.is_unsure)


def _verdict(judge: Judge, version: JudgeVersion, session: Session, answer: ScoreValue) -> Verdict:
    return Verdict(
        project_id=judge.project_id,
        judge_id=judge.id,
        session_id=session.session_id,
        version=version.number,
        content_hash=session.content_hash or 0,
        state=Verdict.State.DONE,
        value=answer.number,
        string_value=answer.text,
        seen_at=session.computed_at,
        finished_at=timezone.now(),
    )


def _read(config: ScoreConfig, answer: str) -> ScoreValue:
    return read_value(config, answer) if answer else NO_ANSWER
