"""Days of a dashboard that are over are kept in the cache, and are read again when anything in them has changed.

A kept day says of which sessions it is: by its mark, which is their number, and a sum of 64-bit hashes of each one's id
and `computed_at`. The statement that reads the dashboard takes the marks anew and leaves out the days whose mark is the
same: it sees one moment, so that days that are kept and those that are read are of the same moment, and no number is
ever older than the page. A mark changes with everything that a day is made of, since everything is written by
sessions/rollup/session_rows.py alone: a recompute writes a session and its scores in one transaction and always raises
`computed_at`, a deletion takes the session away, and one that moves changes the number of two days. (A project that is
being deleted loses its rows otherwise, but nobody can open it.) Two different states have the same mark once in 2**64
times.

A day is that of all sessions that began in it, whatever time is asked for: where the whole day lies in that time, each
of them was going on in it, for none ends before it begins (tracing/store/trace_totals.py)."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import redis
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from projects.jobs.redis_client import patient_redis
from sessions.dashboard.parts import DashboardPart
from sessions.dashboard.queries import Wanted
from sessions.dashboard.steps import TimeStep, midnight
from sessions.listing.listing import Listing

FORM = f"{settings.VERSION}-4"  # of what is kept: another with every change of DashboardPart
CACHE_SECONDS = 6 * 3600  # seconds

EMPTY_DASHBOARD_PART = DashboardPart()

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class CachedDay:
    """A step that may be cached; `mark` is empty if it is not."""

    place: int
    step: TimeStep
    mark: str = ""
    part: DashboardPart = EMPTY_DASHBOARD_PART


def days_of(listing: Listing, steps: Sequence[TimeStep], wanted: Wanted = Wanted.EVERYTHING) -> list[CachedDay]:
    """Return the steps that may be cached, without gaps.

    None if more than time is filtered, or if there is no cache."""
    if any(condition.label != "Time" for condition in listing.conditions):
        return []
    days = [CachedDay(place=place, step=step) for place, step in enumerate(steps, start=1) if _is_kept(listing, step)]
    weeks = _weeks(listing.project.pk, days, wanted)
    try:
        known = cache.get_many(list(weeks)) if weeks else {}
    except redis.RedisError as error:
        logger.warning("Cannot read cached days of a dashboard: %s", error)
        return []
    return [
        CachedDay(place=day.place, step=day.step, mark=mark, part=part)
        for key, week in weeks.items()
        for day, (mark, part) in zip(week, known.get(key) or [("", EMPTY_DASHBOARD_PART)] * len(week), strict=True)
    ]


def keep(
    project_id: int, days: Sequence[CachedDay], changed: Collection[int], wanted: Wanted = Wanted.EVERYTHING
) -> None:
    """Cache the weeks in which places have changed, of all `days` that were read together."""
    weeks = {
        key: [(day.mark, day.part) for day in week]
        for key, week in _weeks(project_id, days, wanted).items()
        if any(day.place in changed for day in week)
    }
    try:
        if weeks:
            cache.set_many(weeks, CACHE_SECONDS)
    except redis.RedisError as error:
        logger.warning("Cannot cache days of a dashboard: %s", error)


def forget_days(project_id: int, **_: object) -> None:
    """Delete the cached days of a project; without access to the cache they expire."""
    client = patient_redis()
    try:
        if keys := list(client.scan_iter(f"*:days:*:{project_id}:*", count=1000)):
            client.delete(*keys)
    except redis.RedisError as error:
        logger.warning("Cannot delete cached days of a dashboard: %s", error)


def _weeks(project_id: int, days: Sequence[CachedDay], wanted: Wanted) -> dict[str, list[CachedDay]]:
    """Return the days by the key of their week.

    Days of a week are cached together, so that values which they share are stored once: reading and adding them up
    takes a quarter less time."""
    zone, weeks = timezone.get_current_timezone_name(), dict[str, list[CachedDay]]()
    for _, group in groupby(days, lambda day: timezone.localtime(day.step.start).isocalendar()[:2]):
        week = list(group)
        span = f"{week[0].step.start.timestamp():.0f}:{week[-1].step.end.timestamp():.0f}"
        weeks[f"days:{FORM}:{wanted}:{project_id}:{zone}:{span}"] = week
    return weeks


def _is_kept(listing: Listing, step: TimeStep) -> bool:
    """Return whether the step is a whole past day within the requested time."""
    since, until = listing.span.start, min(listing.span.until or timezone.now(), timezone.now())
    starts_in_time = since is None or since.start <= step.start
    return not step.is_hourly and _is_midnight(step.start) and starts_in_time and step.end <= until


def _is_midnight(at: datetime) -> bool:
    return at == midnight(timezone.localtime(at).date())
