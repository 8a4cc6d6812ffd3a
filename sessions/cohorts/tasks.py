"""The Celery task that keeps the counts of cohorts fresh."""

from celery import shared_task

from projects.jobs import job
from sessions.cohorts import making


@shared_task
def count_cohorts() -> None:
    with job("count cohorts") as run:
        run.rows = making.count_stale()
