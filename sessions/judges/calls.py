"""Threads that ask models, beside those of the worker: a provider that hangs keeps no lane and no other work waiting.

A project has a few of them at most, and a row whose worker was killed is taken again when its lease has expired."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import F
from django.utils import timezone

from projects.jobs.leases import Leased
from sessions.judges.examining import examine
from sessions.judges.running import judge_one
from sessions.models import JudgeRun, Verdict

MAX_CALLS = 16  # threads of one process
MAX_CALLS_OF_PROJECT = 4  # sessions of one project that are being judged, by all processes

Call = tuple[Callable[[Any], None], Leased]

_free = threading.BoundedSemaphore(MAX_CALLS)


def dispatch(project_id: int, on_end: Callable[[int], None]) -> list[Future[None]]:
    """Have the next rows of a project judged, as many as may run; those of backfills and tests come last.

    `on_end` is called in a thread after each."""
    now = timezone.now()
    rows = Verdict.objects.for_project(project_id)
    running = rows.unfinished().filter(leased_until__gte=now).count()
    due = rows.free().filter(due_at__lte=now).order_by(F("run_id").asc(nulls_first=True), "due_at")
    examinations = JudgeRun.objects.for_project(project_id).free().filter(purpose=JudgeRun.Purpose.EXAMINATION)
    calls: list[Call] = [(examine, run) for run in examinations[:1]]
    calls += [(judge_one, row) for row in due[: max(MAX_CALLS_OF_PROJECT - running, 0)]]
    futures = []
    for work, row in calls:
        if not _free.acquire(blocking=False):
            break
        futures.append(_pool().submit(_called, work, row, on_end))
    return futures


def _called(work: Callable[[Any], None], row: Leased, on_end: Callable[[int], None]) -> None:
    try:
        work(row)
        on_end(row.project_id)
    finally:
        _free.release()
        connection.close()


@cache
def _pool() -> ThreadPoolExecutor:
    """Return the threads, made after a worker process has forked."""
    return ThreadPoolExecutor(MAX_CALLS, thread_name_prefix="judge")
