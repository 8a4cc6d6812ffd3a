"""The hours or days of a dashboard, in the active time zone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import pairwise

from django.utils import timezone
from django.utils.dateformat import format as date_format

from projects.preferences import day_zone
from sessions.query.grammar import FieldComparison, Operator

HOURLY = timedelta(hours=50)  # a shorter time is drawn by the hour
MAX_STEPPED_TIME = timedelta(days=400)  # the rest of a longer time is in the totals
SOON_BEFORE = timedelta(microseconds=1)  # the finest that the database tells apart


@dataclass(frozen=True)
class TimeStep:
    """The time from `start` until just before `end`.

    The first step may be a part of its hour or day."""

    start: datetime
    end: datetime
    is_hourly: bool

    @cached_property
    def label(self) -> str:
        """Return the step as people read it."""
        start = timezone.localtime(self.start)
        if not self.is_hourly:
            return date_format(start, "D j M")
        is_twice = start.replace(fold=0).utcoffset() != start.replace(fold=1).utcoffset()  # as autumn has one hour
        return date_format(start, "j M H:i") + (f" {start.tzname()}" if is_twice else "")

    @property
    def code(self) -> str:
        """Return the step as programs read it: a day, or the moment when an hour begins."""
        start = timezone.localtime(self.start)
        return start.isoformat() if self.is_hourly else start.date().isoformat()

    @cached_property
    def short(self) -> str:
        """Return the step as an axis has it."""
        start = timezone.localtime(self.start)
        return date_format(start, "H:i" if self.is_hourly and start.hour else "j M")

    @cached_property
    def when(self) -> str:
        """Return the step in the query language."""
        first, last = timezone.localtime(self.start), timezone.localtime(self.end)
        is_plain = str(day_zone()) == timezone.get_current_timezone_name()  # else the day would be another
        if is_plain and not self.is_hourly and first == midnight(first.date()):
            return f"{first.date()}..{first.date()}"
        return said(first, last)

    @property
    def began(self) -> FieldComparison:
        """Return the condition that sessions began in the step."""
        return FieldComparison("created", Operator.HAS, (self.when,))


def said(start: datetime, end: datetime) -> str:
    """Return the time from `start` until just before `end` in the query language."""
    return f"{start.isoformat()}..{(end - SOON_BEFORE).isoformat()}"


def steps_between(first: datetime, last: datetime) -> list[TimeStep]:
    """Return hours or days without gaps, the last one whole.

    A change of the clocks makes an hour or a day longer or shorter."""
    first = max(first, last - MAX_STEPPED_TIME)
    is_hourly = last - first < HOURLY
    bounds = [first, *_bounds(first, last, is_hourly=is_hourly)]
    return [TimeStep(start, end, is_hourly) for start, end in pairwise(bounds)]


def midnight(day: date) -> datetime:
    """Return when a day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=timezone.get_current_timezone())


def hours_of_the_week(first: datetime, last: datetime, weekday: int, hour: int) -> Iterator[tuple[datetime, datetime]]:
    """Return each time between two moments at which this hour of this weekday began.

    Monday is 0; hours are those of the wall clock."""
    zone = timezone.get_current_timezone()
    day = first.astimezone(zone).date()
    day += timedelta(days=(weekday - day.weekday()) % 7)
    while (start := datetime(day.year, day.month, day.day, hour, tzinfo=zone)) <= last:
        end = start + timedelta(hours=1)
        if end > first and end.astimezone(UTC) > start.astimezone(UTC):
            yield max(start, first), end
        day += timedelta(days=7)


def _bounds(first: datetime, last: datetime, *, is_hourly: bool) -> Iterator[datetime]:
    """Yield the ends of hours or days, the last one after `last`."""
    local = timezone.localtime(first)
    end = local
    while end <= last:
        if is_hourly:
            hour = (end.astimezone(UTC) + timedelta(hours=1)).astimezone(end.tzinfo)
            end = hour.replace(minute=0, second=0, microsecond=0)
        else:
            end = midnight(end.date() + timedelta(days=1))
        yield end
