"""Celery tasks of bulk jobs. They hold no rules and may run twice or never: the rows are the truth."""

import logging

from celery import shared_task
from kombu.exceptions import OperationalError

from sessions.bulk import jobs

logger = logging.getLogger(__name__)


@shared_task
def work_off(project_id: int) -> None:
    """What was asked for in one project and was too much for a request."""
    for job in jobs.unfinished(project_id):
        jobs.proceed(job)


@shared_task
def sweep_bulk() -> None:
    """Goes on with what a killed worker or a lost message left."""
    for project_id in jobs.waiting_projects():
        work_off(project_id)


def wake(project_id: int) -> None:
    """Starts now instead of at the next sweep, if the broker is there."""
    try:
        work_off.delay(project_id)
    except OperationalError:
        logger.warning("the broker is away: the next sweep works in project %s", project_id)
