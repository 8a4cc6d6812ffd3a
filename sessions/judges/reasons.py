"""Why a judge has not judged a session: by the conditions that choose its sessions, and by its rows of work."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import BooleanField, Case, Value, When
from django.utils import timezone

from projects.models import Project
from sessions.judges.loading import load_bench
from sessions.judges.scope import ScopeCondition, conditions
from sessions.models import Judge, JudgeVersion, Session, Verdict
from sessions.query.grammar import QueryError
from tracing.formatting import duration
from tracing.lists.bounded import TooLong, within

REASON_TIMEOUT_MS = 1_500
STANDINGS_SECONDS = 3.0  # for all judges of a session; those that come later say that it takes too long
MAX_STANDINGS = 100  # as many judges as a project may have

NO_SESSION = "There is no session with this id. It may have been deleted, or not have arrived."
NO_RULE_ANSWER = "Its rule does not match, and has no answer for other sessions."
JUDGE_OFF = "The judge is off."
DUE = "It is due, and will be judged within a few minutes."
SLOW = "This takes too long to find out."


@dataclass(frozen=True)
class Standing:
    """What one judge says of a session: its verdict about the present state, or why there is none.

    `former` is the last verdict about an earlier state, or by an earlier version."""

    judge: Judge
    verdict: Verdict | None
    reason: str
    former: Verdict | None = None

    @property
    def answer(self) -> str:
        return self.verdict.answer if self.verdict else ""

    @property
    def words(self) -> str:
        """The reason of the verdict, or why there is none."""
        return self.verdict.reason if self.verdict else self.reason


def standings(project: Project, session_id: str) -> list[Standing]:
    """Return the standing of every judge that is not archived, by name; nothing if there is no such session."""
    session = Session.objects.for_project(project).filter(session_id=session_id).first()
    if session is None:
        return []
    judges = Judge.objects.for_project(project).filter(is_archived=False).order_by("name", "id")
    verdicts: dict[object, list[Verdict]] = {}
    for verdict in Verdict.objects.for_project(project).filter(session_id=session_id).order_by("created_at"):
        verdicts.setdefault(verdict.judge_id, []).append(verdict)
    until = time.monotonic() + STANDINGS_SECONDS
    return [standing(project, judge, session, verdicts.get(judge.id, []), until) for judge in judges[:MAX_STANDINGS]]


def standing(project: Project, judge: Judge, session: Session, verdicts: list[Verdict], until: float) -> Standing:
    """Return what a judge says of a session, of which these are its verdicts and rows of work, the oldest first.

    After `until`, a moment of the monotonic clock, the database is not asked any more."""
    of_now = [one for one in verdicts if one.version == judge.version and one.content_hash == session.content_hash]
    given = [one for one in verdicts if one.state == Verdict.State.DONE and one not in of_now]
    former = given[-1] if given else None
    if of_now:
        found = of_now[0]
        return Standing(judge, found if found.answer else None, _of_row(found), former)
    return Standing(judge, None, _of_conditions(project, judge, session, until), former)


def _of_row(row: Verdict) -> str:
    """Return why a row has no answer; "" if it has one."""
    if row.state == Verdict.State.DONE:
        return "" if row.answer else NO_RULE_ANSWER
    if row.state == Verdict.State.FAILED:
        return f"It was given up after {row.attempt_count} attempts: {row.error}"
    if row.state == Verdict.State.RUNNING and row.leased_until and row.leased_until > timezone.now():
        return "It is being judged."
    if row.error and row.due_at > timezone.now():
        return f"It waits until {_moment(row.due_at)}: {row.error}"
    return "It is in the queue."


def _of_conditions(project: Project, judge: Judge, session: Session, until: float) -> str:
    bench = load_bench(judge)
    if bench is None or not judge.is_on:
        return JUDGE_OFF
    if time.monotonic() >= until:
        return SLOW
    now = timezone.now()
    try:
        with within(REASON_TIMEOUT_MS):
            unmet = _first_unmet(project, judge, session, now)
    except QueryError as error:
        return f"The query of the judge cannot be asked: {error}"
    except TooLong:
        return SLOW
    return DUE if unmet is None else _words(unmet, judge, session, bench.version)


def _first_unmet(project: Project, judge: Judge, session: Session, now: datetime) -> ScopeCondition | None:
    asked = {name: met for name, met in conditions(project, judge, now).items() if met}
    found = Session.objects.for_project(project).filter(session_id=session.session_id)
    row = found.values(
        **{
            f"is_{name}": Case(When(met, then=Value(True)), default=Value(False), output_field=BooleanField())
            for name, met in asked.items()
        }
    ).first()
    return next((name for name in asked if row and not row[f"is_{name}"]), None)


def _words(unmet: ScopeCondition, judge: Judge, session: Session, version: JudgeVersion) -> str:
    quiet = timedelta(seconds=judge.quiet_seconds)
    words = {
        ScopeCondition.MATCHES: f"It does not match {judge.query}.",
        ScopeCondition.KNOWN: "It was stored by an earlier release; it will be looked at again within a few minutes.",
        ScopeCondition.DRAWN: f"It is not among the {judge.sample_percent} % that are drawn.",
        ScopeCondition.NEW: f"It was quiet before version {version.number} was switched on. A backfill judges it.",
        ScopeCondition.QUIET: f"It has not been quiet for {duration(judge.quiet_seconds * 1000)} yet"
        + (f", but at {_moment(session.content_at + quiet)}." if session.content_at else "."),
    }
    return words[unmet]


def _moment(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"
