"""Upkeep of the tables, by the clock. Each slice leaves its row on the operator's Jobs page."""

import time
from datetime import timedelta

from django.utils import timezone

from projects.models import Project
from projects.work.jobs import job
from projects.work.slices import sliced
from tracing.models import DirtyMark
from tracing.store import activity, dirty, partitions, retention, selfcheck, tombstones

RECENT_DAYS, METERED_DAYS = 2, 35  # a late span counts on the day its trace was first seen
Target = DirtyMark.Target


def live_projects() -> list[int]:
    return list(Project.objects.filter(deleted_at=None).values_list("pk", flat=True))


@sliced("partitions")
def new_partitions(_: int, until: float) -> bool:
    """Next month's partitions stand before the first span needs them."""
    with job("make partitions"):
        partitions.make_ahead(timezone.now().date())
    return False


@sliced("empty partitions")
def empty_partitions(_: int, until: float) -> bool:
    with job("drop partitions") as run:
        run.rows = retention.drop_empty_partitions(timezone.now().date())
    return False


@sliced("tombstones")
def old_tombstones(_: int, until: float) -> bool:
    with job("forget tombstones") as run:
        run.rows = tombstones.forget_old(timezone.now())
    return False


@sliced("hours", waiting=lambda: dirty.waiting_projects([Target.HOUR]))
def hours(project_id: int, until: float) -> bool:
    with job("sum up hours") as run:
        run.rows = activity.recompute_project(project_id, Target.HOUR, until)
    return time.monotonic() >= until


@sliced("days", waiting=lambda: dirty.waiting_projects([Target.DAY]))
def days(project_id: int, until: float) -> bool:
    with job("sum up days") as run:
        run.rows = activity.recompute_project(project_id, Target.DAY, until)
    return time.monotonic() >= until


@sliced("metering", waiting=live_projects)
def metering(project_id: int, until: float) -> bool:
    """What arrived lately."""
    _meter(project_id, RECENT_DAYS)
    return False


@sliced("nightly metering", waiting=live_projects)
def nightly_metering(project_id: int, until: float) -> bool:
    """Every day that may still change."""
    _meter(project_id, METERED_DAYS)
    return False


@sliced("retention", waiting=retention.forgetful_projects)
def expiry(project_id: int, until: float) -> bool:
    with job("retention") as run:
        run.rows = retention.forget_expired(project_id, timezone.now().date(), until)
    return time.monotonic() >= until


@sliced("self-check", lease_seconds=3600)
def self_check(_: int, until: float) -> bool:
    """In one piece, so that the Jobs page shows what was wrong in any project."""
    with job("self-check") as run:
        run.rows = selfcheck.check_sample()
    return False


def _meter(project_id: int, days: int) -> None:
    today = timezone.now().date()
    activity.meter(project_id, [today - timedelta(days=n) for n in range(days)])
