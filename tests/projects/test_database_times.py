"""Moments come from the database exactly, in UTC, whatever the zone of the connection."""

from datetime import UTC, datetime

import pytest
from django.db import DataError, connection


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "America/St_Johns"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-30 12:34:56.123456+00", datetime(2026, 11, 30, 12, 34, 56, 123456, UTC)),
        ("2026-11-30 12:34:56.1+00", datetime(2026, 11, 30, 12, 34, 56, 100000, UTC)),
        ("2026-11-30 12:34:56-03:30", datetime(2026, 11, 30, 16, 4, 56, 0, UTC)),
        ("0001-01-02 00:00:00+00", datetime(1, 1, 2, tzinfo=UTC)),
        ("9999-12-31 00:00:00.000001+00", datetime(9999, 12, 31, 0, 0, 0, 1, UTC)),
    ],
)
@pytest.mark.django_db
def test_a_moment_is_read_exactly(zone: str, text: str, expected: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('TimeZone', %s, true)", [zone])
        cursor.execute("SELECT %s::timestamptz", [text])
        (found,) = cursor.fetchone()

    assert (found, found.tzinfo) == (expected, UTC)


@pytest.mark.parametrize("text", ["infinity", "-infinity", "0044-03-15 12:00:00+00 BC", "12000-01-01 00:00:00+00"])
@pytest.mark.django_db
def test_a_moment_outside_of_the_calendar_is_refused(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [text])
        with pytest.raises(DataError):
            cursor.fetchone()
