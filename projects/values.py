"""Readers of values that strangers write into addresses, forms and bodies: read exactly, or not at all."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import lru_cache, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_aware

INT64_MAX = 2**63 - 1
MAX_NUMBER_DIGITS = 30  # with leading zeros
FIRST_YEAR, LAST_YEAR = 1900, 2999  # far from the limits of Python and PostgreSQL, so that sums cannot exceed them
Others = ParamSpec("Others")
Read = TypeVar("Read")
Reading = Callable[Concatenate[str, Others], Read]


def remembered(*, characters: int, texts: int) -> Callable[[Reading[Others, Read]], Reading[Others, Read]]:
    """Return a decorator of functions of a text that many spans repeat: the answers for the last `texts` are kept.

    Texts of more than `characters` are read anew each time, so that strangers cannot fill the memory."""

    def with_memory(read: Reading[Others, Read]) -> Reading[Others, Read]:
        known = lru_cache(texts)(read)

        @wraps(read)
        def remembering(text: str, /, *args: Others.args, **kwargs: Others.kwargs) -> Read:
            return (known if len(text) <= characters else read)(text, *args, **kwargs)

        return remembering

    return with_memory


def whole_number(text: str, lowest: int = 0, highest: int = INT64_MAX) -> int | None:
    """Return the number that `text` spells in ASCII digits, or None if it is not in the range.

    `str.isdigit` alone accepts "²", which `int` refuses. `int` alone accepts signs, blanks and other scripts."""
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_NUMBER_DIGITS):
        return None
    number = int(text)
    return number if lowest <= number <= highest else None


def integer(text: str) -> int | None:
    """Return the number that `text` spells in ASCII digits with or without a sign, or None beyond 64 bits."""
    digits = text.removeprefix("-")
    number = whole_number(digits, highest=2**64 - 1)
    return -number if number is not None and digits != text else number


def in_utc(at: datetime) -> datetime:
    """Return `at` in UTC, or the nearest time that UTC can express. A time without an offset is taken as UTC."""
    try:
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:
        return (datetime.min if at.year == datetime.min.year else datetime.max).replace(tzinfo=UTC)


def in_calendar(day: date | datetime) -> bool:
    """Return whether `day` is in a year from which time spans can safely be added and subtracted."""
    return FIRST_YEAR <= day.year <= LAST_YEAR


def moment_in(text: str) -> datetime | None:
    """Return the time that `text` spells with its offset, or None if it is not a time within the calendar."""
    try:
        at = parse_datetime(text)
    except ValueError:
        return None
    return at if at is not None and is_aware(at) and in_calendar(at) else None


def validate_calendar(day: date | datetime) -> None:
    """Raise ValidationError for a day that `in_calendar` refuses. A validator of form fields."""
    if not in_calendar(day):
        raise ValidationError(f"The year must be from {FIRST_YEAR} to {LAST_YEAR}.")


def holds_nul(value: Any) -> bool:
    """Return whether any text in a JSON value contains a null character, which PostgreSQL refuses."""
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(holds_nul(key) or holds_nul(item) for key, item in value.items())
    return isinstance(value, list) and any(map(holds_nul, value))
