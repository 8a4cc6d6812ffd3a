"""Times that cannot be are named and dropped, and what can be told from them is kept."""

from datetime import UTC, datetime, timedelta

import pytest

from tracing.limits.clocks import LONGEST_SPAN
from tracing.limits.fitting import fit
from tracing.records import Issue, Reason, SpanRecord

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, 0, 0, 5, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def fitted(started_at: datetime, ended_at: datetime, first: datetime | None = None) -> tuple[SpanRecord, list[Reason]]:
    record, issues = SpanRecord("1" * 32, "1" * 16, started_at=started_at, ended_at=ended_at), list[Issue]()
    record.completion_started_at = first
    assert fit(record, issues, NOW)
    return record, [issue.reason for issue in issues]


@pytest.mark.parametrize("at", [EPOCH, NOW + timedelta(days=3), datetime(1, 1, 1, tzinfo=UTC)])
def test_a_span_whose_whole_clock_is_off_keeps_its_length(at: datetime) -> None:
    record, reasons = fitted(at, at + 3 * SECOND, at + SECOND)

    assert (record.started_at, record.ended_at) == (NOW - 3 * SECOND, NOW)
    assert record.completion_started_at == NOW - 2 * SECOND
    assert reasons == [Reason.CLOCK_SKEW]


def test_a_start_that_is_years_off_makes_no_span_of_years() -> None:
    record, reasons = fitted(NOW - timedelta(days=6 * 365), NOW - SECOND)

    assert (record.started_at, record.ended_at) == (None, NOW - SECOND)
    assert reasons == [Reason.CLOCK_SKEW]


def test_a_long_span_is_believed() -> None:
    record, reasons = fitted(NOW - LONGEST_SPAN, NOW)

    assert (record.started_at, record.ended_at) == (NOW - LONGEST_SPAN, NOW)
    assert reasons == []


def test_times_in_wrong_order_are_as_they_were_said() -> None:
    record, reasons = fitted(NOW, NOW - SECOND)

    assert (record.started_at, record.ended_at) == (NOW, NOW - SECOND)
    assert reasons == []


def test_times_at_both_ends_of_the_calendar_are_dropped() -> None:
    record, reasons = fitted(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), EPOCH)

    assert (record.started_at, record.ended_at, record.completion_started_at) == (None, None, None)
    assert reasons == [Reason.CLOCK_SKEW] * 3
