"""Celery tasks of translation. They hold no rules and may run twice or never: the rows are the truth."""

import logging
import threading
from collections import deque

from celery import shared_task
from kombu.exceptions import OperationalError

from sessions.translation import jobs

logger = logging.getLogger(__name__)

LANES = 2  # of a worker's threads at most: a slow provider must not keep sessions from being recomputed


class Lanes:
    taken = 0


_lock = threading.Lock()
_waiting: deque[tuple[int, str]] = deque()
_lanes = Lanes()


@shared_task
def translate(project_id: int, job_id: str) -> None:
    """Runs the job, and then those that came while every lane was taken."""
    with _lock:
        _waiting.append((project_id, job_id))
        if _lanes.taken >= LANES:
            return
        _lanes.taken += 1
    while item := _next():
        try:
            jobs.run(*item)
        except BaseException:
            with _lock:
                _lanes.taken -= 1
            raise


def _next() -> tuple[int, str] | None:
    """What waits, or None and the lane is free: decided at once, so that nobody waits for a lane that closes."""
    with _lock:
        if _waiting:
            return _waiting.popleft()
        _lanes.taken -= 1
        return None


@shared_task
def sweep_translations() -> None:
    """Starts what a lost message or a killed worker left, and ends what nobody waits for."""
    for project_id in jobs.waiting_projects():
        for job_id in jobs.unfinished(project_id):
            translate.delay(project_id, job_id)


def start(project_id: int, job_id: str) -> None:
    """Now instead of at the next sweep, if the broker is there."""
    try:
        translate.delay(project_id, job_id)
    except OperationalError:
        logger.warning("the broker is away: the next sweep translates %s", job_id)
