"""Celery tasks that delete projects. They hold no rules and may run twice: ProjectDeletion's rows are the truth."""

import logging

from celery import shared_task
from kombu.exceptions import OperationalError

from projects import deletion

logger = logging.getLogger(__name__)


@shared_task
def delete_project(project_id: int) -> None:
    deletion.proceed(project_id)


@shared_task
def sweep_deletions() -> None:
    """Goes on with what a killed worker, a lost message or the wait for late requests left."""
    for project_id in deletion.unfinished():
        deletion.proceed(project_id)


def wake(project_id: int) -> None:
    """Starts deleting now instead of at the next sweep, if the broker is there."""
    try:
        delete_project.delay(project_id)
    except OperationalError:
        logger.warning("the broker is away: the next sweep deletes project %s", project_id)
