"""The time that a page is about: `?range=7d`, or `?from=…&to=…` in words, with the zone in which they are meant.

`range_picker` is what the component `_range.html` draws of it."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.utils import timezone

from projects.moments import Moment, moment_of, period_named
from projects.preferences import day_zone

RANGE_PARAMETERS = ("range", "from", "to", "zone")
RANGES = {
    "1h": ("Last hour", timedelta(hours=1)),
    "24h": ("Last 24 hours", timedelta(hours=24)),
    "7d": ("Last 7 days", timedelta(days=7)),
    "30d": ("Last 30 days", timedelta(days=30)),
    "90d": ("Last 90 days", timedelta(days=90)),
}
CALENDAR_RANGES = {"month": ("This month", "this"), "last-month": ("Last month", "last")}
ALL = "all"
MOMENT_HINT = "a day or a moment, such as 12 Nov, 2026-11-01T09:30, yesterday or -7d"


class BadRange(ValueError):
    """`name` is the parameter at fault."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(reason)
        self.name = name


@dataclass(frozen=True)
class DateRange:
    """`words` say it to people; all is empty when it is all of time."""

    words: str = ""
    start: Moment | None = None
    end: Moment | None = None


def date_range(params: Mapping[str, str], now: datetime | None = None) -> DateRange:
    """Return the time that parameters name; an end that is a day includes the day. Raise BadRange."""
    given, start, end, zone = (params.get(name) or "" for name in RANGE_PARAMETERS)
    if given and (start or end):
        raise BadRange("range", "Give a range, or from and to, but not both.")
    if zone and not is_zone(zone):
        raise BadRange("zone", f"“{zone[:60]}” is no time zone, such as Europe/Berlin.")
    with in_zone(zone):
        now = now or timezone.now()
        return _between(start, end, now) if start or end else _named(given, now)


def _named(given: str, now: datetime) -> DateRange:
    if given in ("", ALL):
        return DateRange()
    if given in RANGES:
        words, length = RANGES[given]
        return DateRange(words, Moment(now - length, now - length))
    if given in CALENDAR_RANGES:
        words, which = CALENDAR_RANGES[given]
        month = period_named(which, "month", timezone.localtime(now).date())
        return DateRange(words, month, month if which == "last" else None)
    raise BadRange("range", f"A range is one of {', '.join((*RANGES, *CALENDAR_RANGES))} or {ALL}.")


def _between(start: str, end: str, now: datetime) -> DateRange:
    first, last = _bound("from", start, now), _bound("to", end, now)
    if first and last and (first.start > last.end or first.start == last.end != last.start):
        raise BadRange("from", "The time ends before it starts: swap from and to.")
    from_, to = said(start, first, now), said(end, last, now)
    if first and last:
        return DateRange(from_ if from_ == to else f"{from_} to {to}", first, last)
    return DateRange(f"Since {from_}" if first else f"Until {to}", first, last)


def _bound(name: str, text: str, now: datetime) -> Moment | None:
    if not text:
        return None
    if found := moment_of(text, now):
        return found
    raise BadRange(name, f"“{text[:60]}” is not {MOMENT_HINT}.")


def said(text: str, moment: Moment | None, now: datetime, *, has_year: bool = False) -> str:
    """Return a bound as people read it: a date becomes “21 Nov”, words stay as they are."""
    if moment is None or not text[:1].isdigit() or text.endswith("ago"):
        return text.strip()
    at = timezone.localtime(moment.start)
    year = f" {at.year}" if has_year or at.year != timezone.localtime(now).year else ""
    clock = f", {at:%H:%M}" if moment.start == moment.end else ""
    return f"{at.day} {at:%b}{year}{clock}"


def in_zone(name: str) -> AbstractContextManager[None]:
    """Let days and times be those of a zone; "" stands for that of days in queries."""
    return timezone.override(ZoneInfo(name) if name else day_zone())


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def is_zone(name: str) -> bool:
    """Return whether `name` is a time zone that this server knows."""
    return name in _zones()
