"""The tasks that recompute sessions.

A task may run twice or never without harm, since the marks in PostgreSQL are the truth."""

import logging
import time
from typing import Any

import redis
from celery import shared_task
from kombu.exceptions import OperationalError

from projects.jobs.redis_client import patient_redis, quick_redis
from projects.jobs.slices import SWEEPS
from sessions.rollup import recomputing
from tracing.store import dirty

logger = logging.getLogger(__name__)

DEBOUNCE_SECONDS = 0.3  # a session that grows span by span is recomputed at most this often
MESSAGE_MS = 5_000  # a message that was not worked off by then may be lost, and another one is sent
BROKER_REST_SECONDS = 1.0  # after a failure, so that not every request waits for a broker that is away

_rest_until = 0.0


@shared_task
def recompute_dirty(project_id: int) -> None:
    """Works for one slice, and goes to the end of the queue with what is left."""
    patient_redis().delete(_message(project_id))  # before looking: a mark made from now on sends a message of its own
    if recomputing.work_slice(project_id):
        wake(project_id, seconds=0)


def sweep() -> None:
    """Start work whose message was lost or whose worker was killed."""
    for project_id in dirty.waiting_projects(dirty.URGENT):
        wake(project_id, seconds=0)


SWEEPS["sessions"] = sweep


def wake(project_id: int, *, seconds: float = DEBOUNCE_SECONDS, **_: Any) -> None:
    """Ask a worker to recompute a project, unless a message that asks for it is on its way.

    Without a broker, the sweep finds the marks."""
    global _rest_until
    if time.monotonic() < _rest_until:
        return
    try:
        if quick_redis().set(_message(project_id), 1, px=MESSAGE_MS, nx=True):
            recompute_dirty.apply_async((project_id,), countdown=seconds or None, retry=False)
    except (redis.RedisError, OperationalError) as error:
        _rest_until = time.monotonic() + BROKER_REST_SECONDS
        logger.warning("Cannot wake the worker, the next sweep will: %s", error)


def _message(project_id: int) -> str:
    """Return the key that exists while a message about this project waits for a worker."""
    return f"wake:{project_id}"
