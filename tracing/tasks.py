"""Upkeep of the tables, by the clock. Each run leaves its row on the operator's Jobs page."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from projects.jobs import job
from projects.models import Project
from tracing import activity, partitions, retention, selfcheck, tombstones
from tracing.models import DirtyMark

RECENT_DAYS, METERED_DAYS = 2, 35  # a late span counts on the day its trace was first seen


@shared_task
def make_partitions() -> None:
    """Next month's partitions stand before the first span needs them."""
    with job("make partitions"):
        partitions.make_ahead(timezone.now().date())


@shared_task
def sum_up_hours() -> None:
    with job("sum up hours") as run:
        run.rows = activity.recompute_dirty(DirtyMark.Target.HOUR)


@shared_task
def sum_up_days() -> None:
    """Days, and what arrived lately."""
    with job("sum up days") as run:
        run.rows = activity.recompute_dirty(DirtyMark.Target.DAY)
        _meter(RECENT_DAYS)


@shared_task
def forget_expired() -> None:
    """Retention, and once more the metering of every day that may still change."""
    with job("retention") as run:
        today = timezone.now().date()
        run.rows = retention.forget_expired(today)
        retention.drop_empty_partitions(today)
        tombstones.forget_old(timezone.now())
        _meter(METERED_DAYS)


@shared_task
def check_sums() -> None:
    with job("self-check") as run:
        run.rows = selfcheck.check_sample()


def _meter(days: int) -> None:
    today = timezone.now().date()
    for project in Project.objects.filter(deleted_at=None):
        activity.meter(project.pk, [today - timedelta(days=n) for n in range(days)])
