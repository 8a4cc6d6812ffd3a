"""Values as people write them, parsed into the exact type of their column: never a float for a numeric column."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from django.utils import timezone

from projects.date_range import MOMENT_HINT
from projects.moments import Moment, moment_of
from projects.preferences import day_zone

NUMBER_PATTERN = re.compile(r"-?\$?(\d[\d_]*(?:\.\d*)?|\.\d+)([kKmM]?)", re.ASCII)
NUMBER_SIGNS = str.maketrans("", "", "$_kKmM")
SCALE = {"": Decimal(1), "k": Decimal(1_000), "m": Decimal(1_000_000)}
LARGEST = Decimal(10) ** 18
DURATION_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
DURATION_PATTERN = re.compile(r"(\d{1,15}(?:\.\d{1,15})?)(ms|[smhdw])", re.ASCII)
LENGTHS = re.compile(rf"(?:{DURATION_PATTERN.pattern})+", re.ASCII)
MAX_DURATION = timedelta(days=36_500)
TRUTHS = {"true": True, "yes": True, "false": False, "no": False}
_now: ContextVar[datetime | None] = ContextVar("now", default=None)


class NoValue(ValueError):
    """The text is no such value; the message says what would be one."""


def number(text: str) -> Decimal:
    """Parse a number such as `0.5`, `1200` or `10k`. Raise NoValue."""
    found = NUMBER_PATTERN.fullmatch(text)
    if not found:
        raise NoValue("a number, such as 0.5, 1200 or 10k")
    try:
        value = Decimal(text.translate(NUMBER_SIGNS)) * SCALE[found[2].lower()]
    except InvalidOperation:
        raise NoValue("a number, such as 0.5, 1200 or 10k") from None
    if abs(value) > LARGEST:
        raise NoValue("a number below a billion billions")
    return value


def length(text: str) -> timedelta:
    """Parse a duration such as `380ms`, `5s`, `2m10s`, `1.5h` or `7d`. Raise NoValue."""
    if not LENGTHS.fullmatch(text):
        raise NoValue("a length of time, such as 380ms, 5s, 2m10s or 1.5h")
    try:
        total = sum(
            (float(amount) * DURATION_UNITS[unit] for amount, unit in DURATION_PATTERN.findall(text)), timedelta()
        )
    except OverflowError:
        total = MAX_DURATION + timedelta(days=1)
    if total > MAX_DURATION:
        raise NoValue("a length below a hundred years")
    return total


def milliseconds(text: str) -> int:
    """Parse a duration with its unit. Raise NoValue."""
    return round(length(text) / DURATION_UNITS["ms"])


@contextmanager
def as_of(at: datetime) -> Iterator[None]:
    """Let times that are relative to now be relative to `at`."""
    token = _now.set(at)
    try:
        yield
    finally:
        _now.reset(token)


def now() -> datetime:
    return _now.get() or timezone.now()


def moment(text: str) -> Moment:
    """Parse a day, a time or words such as `today`, `3 days ago` or `-7d`. Raise NoValue.

    Days and times without an offset are in the project's zone."""
    current = now()
    if LENGTHS.fullmatch(text.removeprefix("-")):
        ago = current - length(text.removeprefix("-"))
        return Moment(ago, ago)
    with timezone.override(day_zone()):
        if found := moment_of(text, current):
            return found
    raise NoValue(MOMENT_HINT)
