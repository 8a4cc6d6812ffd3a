"""Scheduled upkeep of the tables. Each kind of work leaves its row on the operator's Jobs page."""

import time
from datetime import timedelta

from django.utils import timezone

from projects.jobs.jobs import job
from projects.jobs.slices import sliced
from projects.models import Project
from tracing.models import DirtyMark
from tracing.store import activity, dirty, partitions, retention, selfcheck, tombstones
from tracing.store.repricing import repricings

__all__ = ["repricings"]  # declared beside what it does
RECENT_DAYS, METERED_DAYS = 2, 35  # a late span counts on the day on which its trace was first seen
MarkTarget = DirtyMark.Target


def live_projects() -> list[int]:
    """Return the ids of all projects that are not being deleted."""
    return list(Project.objects.filter(deleted_at=None).values_list("pk", flat=True))


@sliced("partitions")
def new_partitions(_: int, until: float) -> bool:
    """Create next month's partitions before the first span needs them."""
    with job("make partitions"):
        partitions.make_ahead(timezone.now().date())
    return False


@sliced("empty partitions")
def empty_partitions(_: int, until: float) -> bool:
    """Drop partitions of months that have no more traces."""
    with job("drop partitions") as run:
        run.rows = retention.drop_empty_partitions(timezone.now().date())
    return False


@sliced("tombstones")
def old_tombstones(_: int, until: float) -> bool:
    """Delete tombstones that have expired."""
    with job("forget tombstones") as run:
        run.rows = tombstones.forget_old(timezone.now())
    return False


@sliced("hours", waiting=lambda: dirty.waiting_projects([MarkTarget.HOUR]))
def hours(project_id: int, until: float) -> bool:
    """Sum up the hours of a project that have changed."""
    with job("sum up hours") as run:
        run.rows = activity.recompute_project(project_id, MarkTarget.HOUR, until)
    return time.monotonic() >= until


@sliced("days", waiting=lambda: dirty.waiting_projects([MarkTarget.DAY]))
def days(project_id: int, until: float) -> bool:
    """Sum up the days of a project that have changed."""
    with job("sum up days") as run:
        run.rows = activity.recompute_project(project_id, MarkTarget.DAY, until)
    return time.monotonic() >= until


@sliced("metering", waiting=live_projects)
def metering(project_id: int, until: float) -> bool:
    """Count the spans that arrived recently."""
    _meter(project_id, RECENT_DAYS)
    return False


@sliced("nightly metering", waiting=live_projects)
def nightly_metering(project_id: int, until: float) -> bool:
    """Count the spans of every day that may still change."""
    _meter(project_id, METERED_DAYS)
    return False


@sliced("retention", waiting=retention.forgetful_projects)
def expiry(project_id: int, until: float) -> bool:
    """Delete traces that are older than their project's retention."""
    with job("retention") as run:
        run.rows = retention.forget_expired(project_id, timezone.now().date(), until)
    return time.monotonic() >= until


@sliced("self-check", lease_seconds=3600)
def self_check(_: int, until: float) -> bool:
    """Compare a sample of sums with their spans, in one piece, so that the Jobs page shows every wrong project."""
    with job("self-check") as run:
        run.rows = selfcheck.check_sample()
    return False


def _meter(project_id: int, days: int) -> None:
    today = timezone.now().date()
    activity.meter(project_id, [today - timedelta(days=n) for n in range(days)])
