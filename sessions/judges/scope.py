"""Which sessions a judge judges, and which of them it has not judged in the state in which they are."""

from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import MD5, Concat
from django.db.models.lookups import LessThan
from django.utils import timezone

from projects.models import Project
from sessions.models import Judge, JudgeRun, Session, Verdict
from sessions.query.compiling import compiled
from sessions.query.values import as_of

OVERLAP = timedelta(hours=1)  # how much later than its texts a session may have been recomputed
HASH_DIGITS = 8


class ScopeCondition(StrEnum):
    """What a session must meet to be judged, in the order in which people are told what it does not meet."""

    MATCHES = "matches"  # the judge's query
    KNOWN = "known"  # the state of its texts
    DRAWN = "drawn"  # into the sample
    NEW = "new"  # it came, or was not quiet yet, when the judge was switched on
    QUIET = "quiet"  # for as long as the judge waits


def condition_of(project: Project, query: str, at: datetime) -> Q:
    """Compile a query of the list as a condition on sessions. Raise QueryError."""
    with timezone.override(ZoneInfo(project.time_zone)), as_of(at):
        return compiled(query, project.pk).condition


def conditions(project: Project, judge: Judge, at: datetime) -> dict[ScopeCondition, Q]:
    """Return what a session must meet for the judge to judge it by itself. Raise QueryError."""
    return {
        ScopeCondition.MATCHES: condition_of(project, judge.query, at),
        ScopeCondition.KNOWN: Q(content_hash__isnull=False),
        ScopeCondition.DRAWN: _drawn(judge, judge.sample_percent),
        ScopeCondition.NEW: _new(judge),
        ScopeCondition.QUIET: Q(content_at__lte=quiet_since(judge, at)),
    }


def watched(project: Project, judge: Judge, at: datetime, *, is_full: bool) -> QuerySet[Session]:
    """Return the sessions that the judge judges by itself. Raise QueryError.

    Without `is_full`, only those that may have become quiet lately: a look at an index."""
    found: QuerySet[Session] = Session.objects.for_project(project).filter(*conditions(project, judge, at).values())
    return found if is_full else found.filter(computed_at__gt=quiet_since(judge, at) - OVERLAP)


def ordered(project: Project, judge: Judge, run: JudgeRun, at: datetime) -> QuerySet[Session]:
    """Return the sessions that a run is about: of a backfill, those of the judge's past, or those that a test names.

    Raise QueryError."""
    sessions: QuerySet[Session] = Session.objects.for_project(project).filter(content_hash__isnull=False)
    if run.session_ids is not None:
        return sessions.filter(session_id__in=run.session_ids)
    own = conditions(project, judge, at)
    return sessions.filter(
        own[ScopeCondition.MATCHES],
        own[ScopeCondition.QUIET] | Q(updated_at__lte=quiet_since(judge, at)),  # by its own clock, if it was brought
        _drawn(judge, run.sample_percent),
        condition_of(project, run.query, run.requested_at),
        created_at__lte=run.requested_at,
    )


def unjudged(judge: Judge, version: int, sessions: QuerySet[Session]) -> QuerySet[Session]:
    """Return those of the sessions about whose present state the version has said nothing, nor is about to."""
    return sessions.filter(~Exists(_same(judge, version)))


def said_before(judge: Judge, version: int, sessions: QuerySet[Session]) -> QuerySet[Verdict]:
    """Return former verdicts of the version about those of the sessions that say again what they said then."""
    former = Verdict.objects.for_project(judge.project_id).filter(
        judge_id=judge.id, version=version, state=Verdict.State.DONE, is_current=False
    )
    same = sessions.filter(session_id=OuterRef("session_id"), content_hash=OuterRef("content_hash"))
    found: QuerySet[Verdict] = former.filter(Exists(same)).order_by("session_id")
    return found


def unseen(judge: Judge, version: int, sessions: QuerySet[Session]) -> QuerySet[Session]:
    """Return those of the sessions that were recomputed since a rule looked at them.

    Other properties than texts may have changed, and a rule may ask for them."""
    return sessions.filter(~Exists(_same(judge, version).filter(seen_at__gte=OuterRef("computed_at"))))


def quiet_since(judge: Judge, at: datetime) -> datetime:
    """Return the moment since which nothing new was said in a session that is quiet."""
    return at - timedelta(seconds=judge.quiet_seconds)


def chance_of(judge: Judge) -> MD5:
    """Return the digest by whose order the judge draws sessions: every version draws the same ones."""
    return MD5(Concat(Value(str(judge.id)), F("session_id"), output_field=CharField(db_collation="C")))


def _new(judge: Judge) -> Q:
    """Return the condition of sessions that came after the judge was switched on, or were not quiet at that moment."""
    if judge.since is None:
        return Q()
    then = quiet_since(judge, judge.since)
    return Q(content_at__gt=judge.since) | Q(content_at__gt=then, updated_at__gt=then)


def _drawn(judge: Judge, percent: int) -> Q:
    if percent >= 100:
        return Q()
    bound = f"{percent * 16**HASH_DIGITS // 100:0{HASH_DIGITS}x}"
    return Q(LessThan(chance_of(judge), Value(bound)))


def _same(judge: Judge, version: int) -> QuerySet[Verdict]:
    found: QuerySet[Verdict] = Verdict.objects.for_project(judge.project_id).filter(
        judge_id=judge.id,
        version=version,
        session_id=OuterRef("session_id"),
        content_hash=OuterRef("content_hash"),
    )
    return found
