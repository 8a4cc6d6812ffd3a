"""Times as people write them: `yesterday`, `3 days ago`, `12 Nov`, `last week`, `2026-11-01T09:30`, `-7d`.

Days and times without an offset are in the active time zone."""

import re
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from projects.values import in_calendar

MAX_MOMENT_CHARACTERS = 60  # of a text that can spell a time
LONGEST_AGO = timedelta(days=36_500)
MONTH_NAMES = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
WEEKDAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MIN_NAME_LETTERS = 3  # of a month or a weekday
AGO_PATTERN = re.compile(r"(\d{1,5}|an?|one) (second|minute|hour|day|week|month|year)s? ago", re.ASCII)
SHORT_AGO_PATTERN = re.compile(r"-(\d{1,5}) ?([smhdw])", re.ASCII)
CLOCK_PATTERN = re.compile(r",? ?(?:at )?\b(\d{1,2}):(\d{2})(?::(\d{2}))?$", re.ASCII)
DAY_OF_MONTH_PATTERN = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?\.? ([a-z]{3,9})\.?(?:,? (\d{4}))?", re.ASCII)
MONTH_AND_DAY_PATTERN = re.compile(r"([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?(?:,? (\d{4}))?", re.ASCII)
MONTH_PATTERN = re.compile(r"([a-z]{3,9})\.?(?: (\d{4}))?", re.ASCII)
DOTTED_DAY_PATTERN = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)
PERIOD_PATTERN = re.compile(r"(this|last) (week|month|year)", re.ASCII)
UNITS_OF_AGO = {
    "s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week",
}  # fmt: skip
LENGTHS_OF_AGO = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
INSTANT_UNITS = ("second", "minute", "hour")
MONTHS_OF_AGO = {"month": 1, "year": 12}


class Moment(NamedTuple):
    """From `start` until just before `end`; an instant where both are equal."""

    start: datetime
    end: datetime


def moment_of(text: str, now: datetime) -> Moment | None:
    """Return the time that a text spells, seen from `now`, or None if it spells none."""
    if len(text) > MAX_MOMENT_CHARACTERS:
        return None
    try:
        moment = _in_digits(text.strip()) or _in_words(" ".join(text.lower().split()), now)
    except (ValueError, OverflowError):
        return None
    return moment if moment and in_calendar(moment.start) else None


def whole_day(day: date) -> Moment:
    """Return a day from midnight to midnight."""
    return Moment(_midnight(day), _midnight(day + timedelta(days=1)))


def month_from(day: date, months: int = 0) -> date:
    """Return the first day of the month that is `months` later than that of a day."""
    place = day.year * 12 + day.month - 1 + months
    return date(place // 12, place % 12 + 1, 1)


def _in_digits(text: str) -> Moment | None:
    if day := parse_date(text):
        return whole_day(day) if in_calendar(day) else None
    instant = parse_datetime(text)
    if instant is None or not in_calendar(instant):
        return None
    aware = instant if instant.tzinfo else instant.replace(tzinfo=timezone.get_current_timezone())
    return Moment(aware, aware)


def _in_words(text: str, now: datetime) -> Moment | None:
    if text == "now":
        return Moment(now, now)
    today = timezone.localtime(now).date()
    if found := AGO_PATTERN.fullmatch(text):
        return _ago(1 if found[1] in ("a", "an", "one") else int(found[1]), found[2], now)
    if found := SHORT_AGO_PATTERN.fullmatch(text):
        since = now - LENGTHS_OF_AGO[UNITS_OF_AGO[found[2]]] * int(found[1])
        return Moment(since, since)
    if found := PERIOD_PATTERN.fullmatch(text):
        return period_named(found[1], found[2], today)
    if found := CLOCK_PATTERN.search(text):
        day = _day(text[: found.start()], today) if found.start() else today
        return _at(day, time(int(found[1]), int(found[2]), int(found[3] or 0))) if day else None
    if day := _day(text, today):
        return whole_day(day)
    return _month(text, today)


def period_named(which: str, unit: str, today: date) -> Moment:
    """Return `this` or `last` week, month or year. Weeks begin on Monday."""
    back = 1 if which == "last" else 0
    if unit == "week":
        first = today - timedelta(days=today.weekday() + 7 * back)
        return Moment(_midnight(first), _midnight(first + timedelta(days=7)))
    if unit == "month":
        first = month_from(today, -back)
        return Moment(_midnight(first), _midnight(month_from(first, 1)))
    return Moment(_midnight(date(today.year - back, 1, 1)), _midnight(date(today.year - back + 1, 1, 1)))


def _ago(number: int, unit: str, now: datetime) -> Moment | None:
    """Return an instant for hours and shorter units, a whole day for longer ones."""
    if unit in MONTHS_OF_AGO:
        today = timezone.localtime(now).date()
        first = month_from(today, -number * MONTHS_OF_AGO[unit])
        last = month_from(first, 1) - timedelta(days=1)
        return whole_day(min(first + timedelta(days=today.day - 1), last)) if in_calendar(first) else None
    length = LENGTHS_OF_AGO[unit] * number
    if length > LONGEST_AGO:
        return None
    since = now - length
    return Moment(since, since) if unit in INSTANT_UNITS else whole_day(timezone.localtime(since).date())


def _day(text: str, today: date) -> date | None:
    text = text.rstrip(", ")
    if text in ("today", "yesterday", "tomorrow"):
        return today + timedelta(days=("yesterday", "today", "tomorrow").index(text) - 1)
    if (weekday := _place(text.removeprefix("last "), WEEKDAY_NAMES)) is not None:
        back = (today.weekday() - weekday) % 7
        return today - timedelta(days=back or (7 if text.startswith("last ") else 0))
    if found := DAY_OF_MONTH_PATTERN.fullmatch(text):
        return _dated(found[1], _place(found[2], MONTH_NAMES), found[3], today)
    if found := MONTH_AND_DAY_PATTERN.fullmatch(text):
        return _dated(found[2], _place(found[1], MONTH_NAMES), found[3], today)
    if found := DOTTED_DAY_PATTERN.fullmatch(text):
        return _dated(found[1], int(found[2]) - 1, found[3], today)
    return parse_date(text)


def _dated(day: str, month: int | None, year: str | None, today: date) -> date | None:
    """Return the day of a month. Without a year it is the last one that is not in the future."""
    if month is None:
        return None
    found = date(int(year) if year else today.year, month + 1, int(day))
    if not year and found > today:
        found = found.replace(year=today.year - 1)
    return found if in_calendar(found) else None


def _month(text: str, today: date) -> Moment | None:
    found = MONTH_PATTERN.fullmatch(text)
    month = _place(found[1], MONTH_NAMES) if found else None
    first = _dated("1", month, found[2], today) if found else None
    return Moment(_midnight(first), _midnight(month_from(first, 1))) if first else None


def _place(text: str, names: tuple[str, ...]) -> int | None:
    """Return the place of a name that is written whole or begun."""
    if len(text) < MIN_NAME_LETTERS:
        return None
    return next((place for place, name in enumerate(names) if name.startswith(text)), None)


def _midnight(day: date) -> datetime:
    return _at(day, time.min).start


def _at(day: date, clock: time) -> Moment:
    at = datetime.combine(day, clock, timezone.get_current_timezone())
    return Moment(at, at)
