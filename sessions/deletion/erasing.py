"""Deletes a session, a trace, or everything of a person, in small transactions, and keeps a receipt of what went.

May be killed and run again at any point: what is left to do is looked up, never remembered. The sums of sessions follow
with every batch."""

import math
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from datetime import date, timedelta
from itertools import takewhile

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.dispatch import Signal
from django.utils import timezone
from redis import RedisError

from projects.work.redis_client import quick_redis
from projects.work.slices import OutOfTime
from sessions.deletion.remains import forget_person, forget_traces
from sessions.models import Erasure, Session
from sessions.rollup.session_rows import recompute
from tracing.models import Score, Span, Tombstone, Trace
from tracing.store import activity
from tracing.store.deletion import erase_traces
from tracing.store.tombstones import bury, pseudonym_of

# Sent with `project_id` when everything that was asked for is deleted, for what holds copies of it.
erased = Signal()

DELETION_BATCH_TRACES = 200
MAX_TRACES_IN_REQUEST = 2000  # a request waits for so many traces; more are a worker's

DELETION_LEASE = timedelta(seconds=60)  # longer than a batch may take
TOLD_FOR = timedelta(days=1)  # how long Redis knows the sessions of an erasure that does not get on
DELETED_COUNTS = ("trace_count", "span_count", "score_count", "session_count")
PROGRESS = ("key", *DELETED_COUNTS, "scanned_to", "leased_until", "finished_at")

Subject = Erasure.Subject
TombstoneKind = Tombstone.Kind


def begin(project_id: int, subject: Erasure.Subject, key: str, *, by: str) -> Erasure:
    """The receipt, still empty: hand it to `proceed`, or to a worker when it `is_large`. From the commit on, nothing of
    the subject comes in any more."""
    now = timezone.now()
    with transaction.atomic():
        bury(project_id, TombstoneKind(subject), [key], now)
        expected = _traces(project_id, subject, key).count()
        return Erasure.objects.create(
            project_id=project_id,
            subject=subject,
            key=key,
            requested_by=by[:254],
            requested_at=now,
            expected_traces=expected,
        )


def exists(project_id: int, subject: Erasure.Subject, key: str) -> bool:
    return _traces(project_id, subject, key).exists()


def is_large(erasure: Erasure) -> bool:
    """Whether a request should not wait for it. To find a person, every span of a project is looked at."""
    if erasure.subject == Subject.PERSON:
        return (
            Trace.objects.for_project(erasure.project_id)[: MAX_TRACES_IN_REQUEST + 1].count() > MAX_TRACES_IN_REQUEST
        )
    return erasure.expected_traces > MAX_TRACES_IN_REQUEST


def delete_session(project_id: int, session_id: str, *, by: str = "") -> Erasure:
    """Deletes the session's traces and scores; its row goes with the last trace."""
    return proceed(begin(project_id, Subject.SESSION, session_id, by=by))


def delete_sessions(project_id: int, session_ids: Sequence[str], until: float = math.inf) -> int:
    """Deletes what the named sessions consist of, one after the other and without a receipt for each: for a job that
    keeps one for all. Returns how many there were. Raises OutOfTime when they are too many for the time."""
    now = timezone.now()
    bury(project_id, TombstoneKind.SESSION, session_ids, now)
    sessions = Session.objects.for_project(project_id).filter(session_id__in=session_ids)
    found = set(sessions.values_list("session_id", flat=True))
    traces = Trace.objects.for_project(project_id).filter(session_id__in=session_ids).order_by("session_id")
    days: set[date] = set()
    is_late = False
    for trace_ids in _ids(traces):
        deleted = erase_traces(project_id, trace_ids, now)
        _recompute(project_id, deleted.session_ids)
        days |= deleted.days
        if is_late := time.monotonic() >= until:
            break
    left = set(traces.order_by().values_list("session_id", flat=True).distinct()) if is_late else set()
    gone = list(takewhile(lambda session_id: session_id not in left, session_ids))
    _recompute(project_id, set(gone))  # also what a killed worker left without its traces
    activity.meter(project_id, days)
    erased.send(sender=Erasure, project_id=project_id)
    forget_traces(project_id)
    if left:
        raise OutOfTime(gone, len(found & set(gone)))
    return len(found)


def erase_person(project_id: int, user_id: str, *, by: str = "") -> Erasure:
    """Deletes every trace in which anything says that it was for this user."""
    return proceed(begin(project_id, Subject.PERSON, user_id, by=by))


def unfinished(project_id: int) -> list[Erasure]:
    return list(Erasure.objects.for_project(project_id).filter(finished_at=None).order_by("requested_at"))


def waits(project_id: int) -> bool:
    """Whether something is left to erase that no worker is at."""
    return bool(_free(Erasure.objects.for_project(project_id)).exists())


def waiting_projects() -> list[int]:
    """Ids of the projects in which something is left to erase."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT project_id FROM erasure WHERE finished_at IS NULL /* every project */")
        return [project_id for (project_id,) in cursor.fetchall()]


def proceed(erasure: Erasure, until: float = math.inf) -> Erasure:
    """Deletes what is left, then signs the receipt; leaves the rest to another call when the time is up, and does
    nothing while another worker is at it."""
    if not _lease(erasure):
        return erasure
    erasure.refresh_from_db(from_queryset=Erasure.objects.for_project(erasure.project_id))
    days: set[date] = set()
    is_finished = True
    for trace_ids in _left(erasure):
        if trace_ids:
            days |= _delete(erasure, trace_ids)
        if time.monotonic() >= until:
            is_finished = False
            break
    activity.meter(erasure.project_id, days)
    erased.send(sender=Erasure, project_id=erasure.project_id)
    erasure.leased_until = None
    if is_finished:
        _forget_remains(erasure)
        erasure.finished_at = timezone.now()
    _write(erasure)
    if is_finished:
        _forget_sessions(erasure)
    return erasure


def _forget_remains(erasure: Erasure) -> None:
    forget_traces(erasure.project_id)
    if erasure.subject == Subject.PERSON:
        name = pseudonym_of(erasure.project_id, erasure.key)
        forget_person(erasure.project_id, erasure.key, name)
        erasure.key = name


def _delete(erasure: Erasure, trace_ids: Collection[str]) -> set[date]:
    """Deletes a batch and writes it into the receipt; returns its days of arrival."""
    if erasure.subject == Subject.PERSON:
        bury(erasure.project_id, TombstoneKind.PAST, _only_of(erasure.project_id, trace_ids), erasure.requested_at)
    deleted = erase_traces(erasure.project_id, trace_ids, erasure.requested_at)
    erasure.trace_count += deleted.trace_count
    erasure.span_count += deleted.span_count
    erasure.score_count += deleted.score_count + _recompute(erasure.project_id, deleted.session_ids)
    erasure.session_count = _count_sessions(erasure, deleted.session_ids)
    erasure.leased_until = timezone.now() + DELETION_LEASE
    _write(erasure)
    return deleted.days


def _count_sessions(erasure: Erasure, session_ids: Collection[str]) -> int:
    """How many sessions lost traces so far. Which ones, slices tell each other by Redis: one may be met in several."""
    name = _met(erasure)
    try:
        with quick_redis().pipeline() as pipeline:
            pipeline.sadd(name, "", *session_ids)  # the empty one is not counted
            pipeline.expire(name, TOLD_FOR)
            pipeline.scard(name)
            return int(pipeline.execute()[-1]) - 1
    except RedisError:
        return max(erasure.session_count, len(session_ids))


def _forget_sessions(erasure: Erasure) -> None:
    with suppress(RedisError):
        quick_redis().delete(_met(erasure))


def _met(erasure: Erasure) -> str:
    return f"erasure:{erasure.id}"


def _write(erasure: Erasure) -> None:
    progress = {name: getattr(erasure, name) for name in PROGRESS}
    Erasure.objects.for_project(erasure.project_id).filter(id=erasure.id).update(**progress)


def _lease(erasure: Erasure) -> bool:
    mine = _free(Erasure.objects.for_project(erasure.project_id).filter(id=erasure.id))
    return bool(mine.update(leased_until=timezone.now() + DELETION_LEASE))


def _free(erasures: QuerySet[Erasure]) -> QuerySet[Erasure]:
    return erasures.filter(Q(leased_until=None) | Q(leased_until__lt=timezone.now()), finished_at=None)


def _left(erasure: Erasure) -> Iterator[list[str]]:
    """Ids of what is there yet, in batches, some of them empty: each is a place to stop at."""
    traces = _traces(erasure.project_id, Subject(erasure.subject), erasure.key)
    if erasure.subject == Subject.PERSON:
        traces = traces.filter(_past(erasure))
    yield from _ids(traces)
    if erasure.subject == Subject.PERSON:
        yield from _said_by_spans(erasure)


def _past(erasure: Erasure) -> Q:
    """What had come or begun before a person was erased: whoever comes back while a worker erases is a customer."""
    return Q(received_at__lte=erasure.requested_at) | Q(started_at__lt=erasure.requested_at)


def _ids(traces: QuerySet[Trace]) -> Iterator[list[str]]:
    """Ids of what is there yet, so many at a time: whoever takes them deletes them."""
    while ids := list(traces.values_list("trace_id", flat=True)[:DELETION_BATCH_TRACES]):
        yield ids


def _traces(project_id: int, subject: Erasure.Subject, key: str) -> QuerySet[Trace]:
    traces = Trace.objects.for_project(project_id)
    if subject == Subject.PERSON:
        return traces.filter(Q(user_id=key) | Q(claims__user_id=key))
    return traces.filter(session_id=key) if subject == Subject.SESSION else traces.filter(trace_id=key)


def _said_by_spans(erasure: Erasure) -> Iterator[list[str]]:
    """Traces that were decided to be another user's, although a span names this one. Day by day, as spans are kept,
    after the last day that was looked through."""
    traces = Trace.objects.for_project(erasure.project_id)
    days = traces.order_by("bucket").values_list("bucket", flat=True).distinct()
    if erasure.scanned_to is not None:
        days = days.filter(bucket__gt=erasure.scanned_to)
    for day in list(days):
        spans = Span.objects.for_project(erasure.project_id).filter(bucket=day, claims__user_id=erasure.key)
        named = traces.filter(_past(erasure), trace_id__in=spans.values("trace_id"))
        yield from _ids(named)
        erasure.scanned_to = day
        yield []


def _only_of(project_id: int, trace_ids: Collection[str]) -> set[str]:
    """The sessions that have no other traces than these."""
    traces = Trace.objects.for_project(project_id)
    sessions = set(traces.filter(trace_id__in=trace_ids, session_id__isnull=False).values_list("session_id", flat=True))
    others = traces.filter(session_id__in=sessions).exclude(trace_id__in=trace_ids)
    return sessions - set(others.order_by().values_list("session_id", flat=True).distinct())


def _recompute(project_id: int, session_ids: set[str]) -> int:
    """Makes the sessions follow; the scores of those that are gone go, too. Returns how many scores there were."""
    recompute(project_id, sorted(session_ids))
    sessions = Session.objects.for_project(project_id).filter(session_id__in=session_ids)
    gone = session_ids - set(sessions.values_list("session_id", flat=True))
    return int(Score.objects.for_project(project_id).filter(session_id__in=gone).delete()[0])
