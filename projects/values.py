"""Values that strangers write into addresses, forms and bodies: read exactly as they are meant, or not at all."""

from datetime import UTC, date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_aware

INT64_MAX = 2**63 - 1
MAX_NUMBER_DIGITS = 30  # digits, leading zeros included
FIRST_YEAR, LAST_YEAR = 1900, 2999  # far inside the calendars of Python and PostgreSQL, so that sums cannot leave them


def whole_number(text: str, lowest: int = 0, highest: int = INT64_MAX) -> int | None:
    """Return the number that `text` writes in ASCII digits, or None unless it is one from `lowest` to `highest`.

    `str.isdigit` alone takes "²", which `int` refuses, and `int` alone takes signs, blanks and other scripts."""
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_NUMBER_DIGITS):
        return None
    number = int(text)
    return number if lowest <= number <= highest else None


def integer(text: str) -> int | None:
    """Return the number that `text` writes in ASCII digits with a sign or without, as far as 64 bits hold one."""
    digits = text.removeprefix("-")
    number = whole_number(digits, highest=2**64 - 1)
    return -number if number is not None and digits != text else number


def in_utc(at: datetime) -> datetime:
    """Return `at` in UTC, or the nearest time that UTC has a name for. A time without an offset is in UTC already."""
    try:
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:
        return (datetime.min if at.year == datetime.min.year else datetime.max).replace(tzinfo=UTC)


def in_calendar(day: date | datetime) -> bool:
    """Whether `day` lies in a year that time spans may be added to and taken from."""
    return FIRST_YEAR <= day.year <= LAST_YEAR


def moment_in(text: str) -> datetime | None:
    """Return the time that `text` writes with its offset, or None for anything else and for years off the calendar."""
    try:
        at = parse_datetime(text)
    except ValueError:
        return None
    return at if at is not None and is_aware(at) and in_calendar(at) else None


def validate_calendar(day: date | datetime) -> None:
    """Validator of form fields. Raise ValidationError for a day that `in_calendar` refuses."""
    if not in_calendar(day):
        raise ValidationError(f"The year must be from {FIRST_YEAR} to {LAST_YEAR}.")


def holds_nul(value: Any) -> bool:
    """Whether any text of a JSON value contains a null character, which PostgreSQL refuses to store or to look for."""
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(holds_nul(key) or holds_nul(item) for key, item in value.items())
    return isinstance(value, list) and any(map(holds_nul, value))
