"""Keeps sessions equal to their traces, project by project in short slices, one worker at a time in each project.

A project whose marks outlast its slice goes to the end of the queue, so that nobody waits for another one's flood."""

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress

from django.utils import timezone
from redis.exceptions import LockNotOwnedError

from projects.jobs.redis_client import patient_redis
from sessions.rollup.session_rows import recompute
from tracing.models import DirtyMark
from tracing.store import dirty
from tracing.store.earlier import explain_running_totals
from tracing.store.writing import recompute_traces

SLICE_SECONDS = 0.5
WORKER_LOCK_SECONDS = 10  # a killed worker's turn ends after this; longer than a slice with its last batch should take
RECOMPUTE_BATCH_TRACES = 5
SESSIONS_AT_ONCE = 200


def work_slice(project_id: int) -> bool:
    """Recompute for SLICE_SECONDS, unless another worker does. Return whether marks wait for another slice.

    A worker that does not get the lock does nothing: its holder looks for new marks after releasing it."""
    end = time.monotonic() + SLICE_SECONDS
    while waiting := dirty.waiting_targets(project_id, dirty.URGENT):
        with _worker_lock(project_id) as is_ours:
            if not is_ours:
                return False
            count = _batch(project_id, waiting)
        if not count or time.monotonic() >= end:
            return bool(dirty.waiting_targets(project_id, dirty.URGENT))
    return False


def drain(project_id: int) -> None:
    """Recompute until nothing of the project waits, for commands that nobody queues behind."""
    while waiting := dirty.waiting_targets(project_id, dirty.URGENT):
        if not _batch(project_id, waiting):
            return


def _batch(project_id: int, waiting: Collection[DirtyMark.Target]) -> int:
    """Recompute a batch of outsized traces, then of the sessions that they change. Return the number of both."""
    return (_traces(project_id) if DirtyMark.Target.TRACE in waiting else 0) + _sessions(project_id)


def _traces(project_id: int) -> int:
    if claimed := dirty.claim(project_id, DirtyMark.Target.TRACE, limit=RECOMPUTE_BATCH_TRACES):
        recompute_traces(project_id, [item.key for item in claimed], timezone.now())
        dirty.release(project_id, DirtyMark.Target.TRACE, claimed)
    return len(claimed)


def _sessions(project_id: int) -> int:
    if claimed := dirty.claim(project_id, DirtyMark.Target.SESSION, limit=SESSIONS_AT_ONCE):
        session_ids = [item.key for item in claimed]
        explain_running_totals(project_id, session_ids, timezone.now())
        recompute(project_id, session_ids)
        dirty.release(project_id, DirtyMark.Target.SESSION, claimed)
    return len(claimed)


@contextmanager
def _worker_lock(project_id: int) -> Iterator[bool]:
    """Take the project's lock if it is free. If it expires meanwhile, no harm is done: each mark has its own lease."""
    lock = patient_redis().lock(f"recomputing:{project_id}", timeout=WORKER_LOCK_SECONDS, blocking=False)
    is_ours = bool(lock.acquire())
    try:
        yield is_ours
    finally:
        if is_ours:
            with suppress(LockNotOwnedError):
                lock.release()
