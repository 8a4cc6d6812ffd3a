"""Which sessions a judge judges, and which of them it has not judged in the state in which they are."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import MD5, Concat
from django.utils import timezone

from projects.models import Project
from sessions.models import Judge, Session, Verdict
from sessions.query.compiling import compiled
from sessions.query.values import as_of

OVERLAP = timedelta(hours=1)  # how much later than its texts a session may have been recomputed
HASH_DIGITS = 8


def condition_of(project: Project, query: str, at: datetime) -> Q:
    """Compile a query of the list as a condition on sessions. Raise QueryError."""
    with timezone.override(ZoneInfo(project.time_zone)), as_of(at):
        return compiled(query, project.pk).condition


def in_scope(project: Project, judge: Judge, at: datetime) -> QuerySet[Session]:
    """Return the sessions that match the judge's query. Raise QueryError."""
    found: QuerySet[Session] = Session.objects.for_project(project).filter(condition_of(project, judge.query, at))
    return found


def drawn(judge: Judge, sessions: QuerySet[Session]) -> QuerySet[Session]:
    """Return the sample of these sessions: drawn by session id, so that every version has the same one."""
    if judge.sample_percent >= 100:
        return sessions
    digest = MD5(Concat(Value(str(judge.id)), F("session_id"), output_field=CharField(db_collation="C")))
    bound = f"{judge.sample_percent * 16**HASH_DIGITS // 100:0{HASH_DIGITS}x}"
    return sessions.alias(digest=digest).filter(digest__lt=Value(bound))


def watched(judge: Judge, sessions: QuerySet[Session], at: datetime, *, is_full: bool) -> QuerySet[Session]:
    """Return those of the sessions that the judge judges by itself: quiet, new since it was switched on, and drawn.

    Without `is_full`, only those that may have become quiet lately: a look at an index."""
    quiet_since = at - timedelta(seconds=judge.quiet_seconds)
    found = drawn(judge, sessions).filter(content_at__lte=quiet_since, content_hash__isnull=False)
    if judge.since is not None:
        found = found.filter(content_at__gt=judge.since)
    return found if is_full else found.filter(computed_at__gt=quiet_since - OVERLAP)


def unjudged(judge: Judge, version: int, sessions: QuerySet[Session]) -> QuerySet[Session]:
    """Return those of the sessions about whose present state the version has said nothing, nor is about to."""
    return sessions.filter(~Exists(_same(judge, version)))


def unseen(judge: Judge, version: int, sessions: QuerySet[Session]) -> QuerySet[Session]:
    """Return those of the sessions that were recomputed since a rule looked at them.

    Other properties than texts may have changed, and a rule may ask for them."""
    return sessions.filter(~Exists(_same(judge, version).filter(seen_at__gte=OuterRef("computed_at"))))


def _same(judge: Judge, version: int) -> QuerySet[Verdict]:
    found: QuerySet[Verdict] = Verdict.objects.for_project(judge.project_id).filter(
        judge_id=judge.id,
        version=version,
        session_id=OuterRef("session_id"),
        content_hash=OuterRef("content_hash"),
    )
    return found
