"""Celery tasks that keep sessions equal to their traces, and erase. They hold no rules and may run twice or never: the
marks and receipts in PostgreSQL are the truth."""

import logging
import time
from functools import cache
from typing import Any

import redis
from celery import shared_task
from django.conf import settings
from django.utils import timezone
from kombu.exceptions import OperationalError
from redis.backoff import NoBackoff
from redis.retry import Retry

from projects.jobs import job
from sessions import deletion
from sessions.bulk.tasks import sweep_bulk, work_off
from sessions.cohorts.tasks import count_cohorts
from sessions.rollup import recompute
from sessions.search import index
from tracing import dirty
from tracing.models import DirtyMark
from tracing.store import recompute_traces

__all__ = ["count_cohorts", "sweep_bulk", "work_off"]  # Celery looks for tasks here

logger = logging.getLogger(__name__)

DEBOUNCE_MS = 300  # a session that grows span by span is recomputed at most this often
REST_SECONDS = 1.0  # after a failure, so that not every request waits for a broker that is away
TRACES_AT_ONCE = 5
SESSIONS_AT_ONCE = 200

_rest_until = 0.0


@shared_task
def recompute_dirty(project_id: int) -> None:
    """Outsized traces first, then sessions, until nothing of the project waits."""
    while claimed := dirty.claim(project_id, DirtyMark.Target.TRACE, limit=TRACES_AT_ONCE):
        recompute_traces(project_id, [item.key for item in claimed], timezone.now())
        dirty.release(project_id, DirtyMark.Target.TRACE, claimed)
    while claimed := dirty.claim(project_id, DirtyMark.Target.SESSION, limit=SESSIONS_AT_ONCE):
        recompute(project_id, [item.key for item in claimed])
        dirty.release(project_id, DirtyMark.Target.SESSION, claimed)


@shared_task
def sweep() -> None:
    """Starts work whose message was lost or whose worker was killed."""
    for project_id in dirty.waiting_projects(dirty.URGENT):
        recompute_dirty.delay(project_id)


@shared_task
def erase(project_id: int) -> None:
    """What was asked to be deleted and was too much for a request."""
    for erasure in deletion.unfinished(project_id):
        deletion.proceed(erasure)


@shared_task
def sweep_erasures() -> None:
    """Goes on with what a killed worker or a lost message left."""
    for project_id in deletion.waiting_projects():
        erase(project_id)


@shared_task
def index_texts() -> None:
    """One run takes one worker, so that however much waits to be indexed, sessions are recomputed beside it."""
    with job("index texts") as run:
        run.rows = index.index_waiting()


@shared_task
def flush_search_index() -> None:
    with job("flush search index"):
        index.flush()


def wake_eraser(project_id: int) -> None:
    """Starts erasing now instead of at the next sweep, if the broker is there."""
    try:
        erase.delay(project_id)
    except OperationalError:
        logger.warning("the broker is away: the next sweep erases in project %s", project_id)


def wake(project_id: int, **_: Any) -> None:
    """Asks a worker to look, at most once per DEBOUNCE_MS and project; without a broker the sweep finds the marks."""
    global _rest_until
    if time.monotonic() < _rest_until:
        return
    try:
        if _redis().set(f"wake:{project_id}", 1, px=DEBOUNCE_MS, nx=True):
            recompute_dirty.apply_async((project_id,), countdown=DEBOUNCE_MS / 1000, retry=False)
    except (redis.RedisError, OperationalError) as error:
        _rest_until = time.monotonic() + REST_SECONDS
        logger.warning("Cannot wake the worker, the next sweep will: %s", error)


@cache
def _redis() -> redis.Redis:
    """Gives up at once: a client waits for its answer meanwhile."""
    url, retry = str(settings.CACHES["default"]["LOCATION"]), Retry(NoBackoff(), 0)
    return redis.Redis.from_url(url, socket_connect_timeout=0.2, socket_timeout=0.2, retry=retry)
