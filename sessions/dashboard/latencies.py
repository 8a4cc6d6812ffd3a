"""The latency of model calls of a dashboard's sessions, step by step.

It is read from hourly sums, or if a filter selects some sessions only, from the traces of SAMPLED_SESSIONS of them."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from projects.models import Project
from sessions.dashboard.queries import latencies_statement
from sessions.dashboard.reading import DASHBOARD_TIMEOUT_MS, Sessions
from sessions.dashboard.steps import TimeStep
from sessions.listing.listing import Listing
from tracing.lists.bounded import SUMMING_SETTINGS, within
from tracing.models import Activity, DirtyMark
from tracing.store.latency import Slots, added, percentiles

SAMPLED_SESSIONS = 1_000  # sessions
ONE_DAY = timedelta(days=1)
Measured = dict[str, Slots]  # by measure (tracing/store/latency.py)


@dataclass(frozen=True)
class Latencies:
    """The latencies of calls, by the step in which their trace started.

    The first step may begin earlier than requested, because hours are whole. `is_sample` if not all sessions were
    read."""

    steps: list[TimeStep]
    measured: list[Measured]
    is_sample: bool = False

    @cached_property
    def _whole(self) -> Measured:
        return _merged(self.measured)

    def totals(self, measure: str, shares: Sequence[float]) -> list[float | None]:
        """Return percentiles over all steps."""
        return percentiles(self._whole.get(measure, {}), shares)

    def of_step(self, place: int, measure: str, shares: Sequence[float]) -> list[float | None]:
        """Return percentiles of one step."""
        return percentiles(self.measured[place].get(measure, {}), shares)


def read_latencies(listing: Listing, sessions: Sessions, steps: Sequence[TimeStep], *, session_count: int) -> Latencies:
    """Read the latencies of a dashboard. Raises TooLong."""
    if _is_summed_up(listing, steps):
        whole = [replace(steps[0], start=hour_of(steps[0].start)), *steps[1:]]
        return Latencies(whole, _of_hours(listing, whole))
    is_sample = sessions.weight > 1 or session_count > SAMPLED_SESSIONS
    return Latencies(list(steps), _of_traces(listing, sessions, steps), is_sample)


def read_latencies_before(
    listing: Listing, sessions: Sessions, steps: Sequence[TimeStep], *, session_count: int
) -> Latencies:
    """Read the latencies of another period, as one step; of whole hours if hourly sums suffice. Raises TooLong."""
    whole = replace(steps[0], end=steps[-1].end)
    if listing.span.end:
        whole = replace(whole, end=min(whole.end, listing.span.end.end))
    if not _is_filtered(listing):
        hours = replace(whole, start=hour_of(whole.start), end=hour_of(whole.end))
        return Latencies([hours], _of_hours(listing, [hours]))
    return read_latencies(listing, sessions, [whole], session_count=session_count)


def hour_of(at: datetime) -> datetime:
    """Return the start of the hour, in UTC, in which a time lies."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _is_summed_up(listing: Listing, steps: Sequence[TimeStep]) -> bool:
    """Return whether whole hours suffice: nothing is filtered, and only the first bound cuts an hour."""
    ends = [step.end for step in steps]
    if listing.span.end and listing.span.end.end < min(ends[-1], timezone.now()):
        ends.append(listing.span.end.end)
    return not _is_filtered(listing) and all(end == hour_of(end) for end in ends)


def _is_filtered(listing: Listing) -> bool:
    return any(condition.label != "Time" for condition in listing.conditions)


def _of_hours(listing: Listing, steps: Sequence[TimeStep]) -> list[Measured]:
    """Read hourly sums, and daily ones where steps are days in UTC.

    Days are fewer, but are updated later."""
    starts = [step.start for step in steps]
    low, high = _whole_days(steps)
    if _are_waiting(listing.project, low, high):
        high = low
    of_hours = Q(period=Activity.Period.HOUR) & (Q(starts_at__lt=low) | Q(starts_at__gte=high))
    of_days = Q(period=Activity.Period.DAY, starts_at__gte=low, starts_at__lt=high)
    cells = Activity.objects.for_project(listing.project).filter(
        of_hours | of_days, model="", starts_at__gte=starts[0], starts_at__lt=steps[-1].end
    )
    several: list[list[Measured]] = [[] for _ in steps]
    for at, found in cells.values_list("starts_at", "latencies"):
        several[bisect_right(starts, at) - 1].append(found)
    return [_merged(found) for found in several]


def _whole_days(steps: Sequence[TimeStep]) -> tuple[datetime, datetime]:
    """Return from and until when no step begins within a day in UTC; today is not over."""
    today = _day_of(timezone.now())
    low, high = _day_of(steps[0].start) + ONE_DAY, min(_day_of(steps[-1].end), today)
    is_cut = any(step.start != _day_of(step.start) for step in steps[1:])
    return (low, low) if is_cut or high < low else (low, high)


def _are_waiting(project: Project, low: datetime, high: datetime) -> bool:
    """Return whether a day from `low` until just before `high` is to be summed up again."""
    days = {"key__gte": low.date().isoformat(), "key__lt": high.date().isoformat()}
    return DirtyMark.objects.for_project(project).filter(target=DirtyMark.Target.DAY, **days).exists()


def _day_of(at: datetime) -> datetime:
    return hour_of(at).replace(hour=0)


def _merged(several: Sequence[Measured]) -> Measured:
    if len(several) == 1:
        return several[0]
    measures = dict.fromkeys(name for found in several for name in found)
    return {name: added(found.get(name, {}) for found in several) for name in measures}


def _of_traces(listing: Listing, sessions: Sessions, steps: Sequence[TimeStep]) -> list[Measured]:
    statement, params = latencies_statement(
        listing.project.pk,
        sessions.rows,
        starts=[step.start for step in steps],
        until=steps[-1].end,
        sample=SAMPLED_SESSIONS,
    )
    measured: list[Measured] = [{} for _ in steps]
    with within(DASHBOARD_TIMEOUT_MS, **SUMMING_SETTINGS), connection.cursor() as cursor:
        cursor.execute(statement, params)
        for place, measure, slot, count in cursor.fetchall():
            measured[place - 1].setdefault(measure, {})[slot] = int(count)
    return measured
