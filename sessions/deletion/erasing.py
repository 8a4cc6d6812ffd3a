"""Erases a session, a trace, or everything of a person, in small transactions, and keeps a receipt.

A worker may be killed at any point and another continues: what is left is looked up, never remembered. The sums of
sessions are updated with every batch."""

import math
import time
from collections.abc import Collection, Sequence
from datetime import date
from itertools import takewhile

from django.db import transaction
from django.utils import timezone

from projects.jobs.leases import LeasedQuerySet
from projects.jobs.slices import OutOfTime
from sessions.deletion.lost_traces import count_sessions, forget_sessions, recompute_sessions
from sessions.deletion.remains import erased, forget_person, forget_traces
from sessions.deletion.subjects import batches, remaining_batches, sessions_made_of, traces_of
from sessions.models import Erasure, Session
from tracing.models import Tombstone, Trace
from tracing.store import activity
from tracing.store.deletion import erase_traces
from tracing.store.tombstones import bury, pseudonym_of

MAX_TRACES_IN_REQUEST = 2000  # a request waits for this many traces; more are a worker's
PROGRESS = ("trace_count", "span_count", "score_count", "session_count", "scanned_to")

Subject = Erasure.Subject
TombstoneKind = Tombstone.Kind


def begin(project_id: int, subject: Erasure.Subject, key: str, *, by: str) -> Erasure:
    """Create the receipt, still empty. Hand it to `proceed`, or to a worker if it `is_large`.

    From the commit on, no new data of the subject is stored."""
    now = timezone.now()
    with transaction.atomic():
        bury(project_id, TombstoneKind(subject), [key], now)
        expected = traces_of(project_id, subject, key).count()
        return Erasure.objects.create(
            project_id=project_id,
            subject=subject,
            key=key,
            requested_by=by[:254],
            requested_at=now,
            expected_traces=expected,
        )


def exists(project_id: int, subject: Erasure.Subject, key: str) -> bool:
    """Return whether there are traces of the subject."""
    return traces_of(project_id, subject, key).exists()


def is_large(erasure: Erasure) -> bool:
    """Return whether a request should not wait for the erasure.

    To find a person, all spans of a project are read."""
    if erasure.subject == Subject.PERSON:
        return (
            Trace.objects.for_project(erasure.project_id)[: MAX_TRACES_IN_REQUEST + 1].count() > MAX_TRACES_IN_REQUEST
        )
    return erasure.expected_traces > MAX_TRACES_IN_REQUEST


def delete_session(project_id: int, session_id: str, *, by: str = "") -> Erasure:
    """Delete the session's traces and scores; its row goes with the last trace."""
    return proceed(begin(project_id, Subject.SESSION, session_id, by=by))


def delete_sessions(project_id: int, session_ids: Sequence[str], until: float = math.inf) -> int:
    """Delete several sessions without a receipt for each: the caller is a job with its own.

    Returns how many there were. Raises OutOfTime if the time is up before the last one."""
    now = timezone.now()
    bury(project_id, TombstoneKind.SESSION, session_ids, now)
    sessions = Session.objects.for_project(project_id).filter(session_id__in=session_ids)
    existing = set(sessions.values_list("session_id", flat=True))
    traces = Trace.objects.for_project(project_id).filter(session_id__in=session_ids).order_by("session_id")
    days: set[date] = set()
    is_late = False
    for trace_ids in batches(traces):
        deleted = erase_traces(project_id, trace_ids, now)
        recompute_sessions(project_id, deleted.session_ids)
        days |= deleted.days
        if is_late := time.monotonic() >= until:
            break
    left = set(traces.order_by().values_list("session_id", flat=True).distinct()) if is_late else set()
    gone = list(takewhile(lambda session_id: session_id not in left, session_ids))
    recompute_sessions(project_id, set(gone))  # also what a killed worker left without its traces
    activity.meter(project_id, days)
    erased.send(sender=Erasure, project_id=project_id)
    forget_traces(project_id)
    if left:
        raise OutOfTime(gone, len(existing & set(gone)))
    return len(existing)


def erase_person(project_id: int, user_id: str, *, by: str = "") -> Erasure:
    """Delete every trace of which any span or report names this user."""
    return proceed(begin(project_id, Subject.PERSON, user_id, by=by))


def unfinished(project_id: int) -> LeasedQuerySet:
    """Return the project's erasures that are not finished, in the order in which they were requested."""
    erasures: LeasedQuerySet = Erasure.objects.for_project(project_id).unfinished().order_by("requested_at")
    return erasures


def proceed(erasure: Erasure, until: float = math.inf) -> Erasure:
    """Delete what is left until the time is up; at the end, finish the receipt.

    Does nothing while another worker has the erasure."""
    if not erasure.lease():
        return erasure
    days: set[date] = set()
    is_finished = True
    for trace_ids in remaining_batches(erasure):
        if trace_ids:
            days |= _delete(erasure, trace_ids)
        is_ours = erasure.extend(**_progress(erasure))
        if not is_ours or time.monotonic() >= until:
            is_finished = False
            break
    activity.meter(erasure.project_id, days)
    erased.send(sender=Erasure, project_id=erasure.project_id)
    if not is_finished:
        erasure.release(**_progress(erasure))
        return erasure
    forget_traces(erasure.project_id)
    if erasure.subject == Subject.PERSON:
        name = pseudonym_of(erasure.project_id, erasure.key)
        forget_person(erasure.project_id, erasure.key, name)
        erasure.key = name
    erasure.finish(key=erasure.key, **_progress(erasure))
    forget_sessions(erasure)
    return erasure


def _delete(erasure: Erasure, trace_ids: Collection[str]) -> set[date]:
    """Delete a batch, count it, and return the days on which its traces arrived."""
    project_id = erasure.project_id
    if erasure.subject == Subject.PERSON:
        bury(project_id, TombstoneKind.PAST, sessions_made_of(project_id, trace_ids), erasure.requested_at)
    deleted = erase_traces(project_id, trace_ids, erasure.requested_at)
    erasure.trace_count += deleted.trace_count
    erasure.span_count += deleted.span_count
    erasure.score_count += deleted.score_count + recompute_sessions(project_id, deleted.session_ids)
    erasure.session_count = count_sessions(erasure, deleted.session_ids)
    return deleted.days


def _progress(erasure: Erasure) -> dict[str, object]:
    return {name: getattr(erasure, name) for name in PROGRESS}
