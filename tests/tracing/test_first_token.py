"""Times to first token in a unit that their key does not stand for, and first tokens outside of their span."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.tracing.reports import NOON, at, span
from tests.tracing.spans import translated
from tracing.limits.fitting import fit
from tracing.records import Issue, Reason

LENGTH = {"started_at": at(0), "ended_at": at(8)}
SECONDS, LIVEKIT, MILLISECONDS = "gen_ai.response.time_to_first_chunk", "lk.response.ttft", "ai.response.msToFirstChunk"


@pytest.mark.parametrize(
    ("key", "sent", "after"),
    [
        (SECONDS, 0.35, 0.35), (SECONDS, 350, 0.35), (SECONDS, 350_000, 0.35), (SECONDS, 350_000_000, 0.35),
        (LIVEKIT, 350.5, 0.3505), (SECONDS, 8, 8), (SECONDS, 1_200_000_000, 1.2),
        (MILLISECONDS, 350, 0.35), (MILLISECONDS, 350_000, 0.35), (MILLISECONDS, 350_000_000, 0.35),
        (MILLISECONDS, 0.4, 0.0004),
    ],
)  # fmt: skip
def test_a_first_token_is_read_in_the_only_unit_that_fits(key: str, sent: float, after: float) -> None:
    assert translated({key: sent}, **LENGTH).completion_started_at == at(0) + timedelta(seconds=after)


@pytest.mark.parametrize("sent", [9, 9.5, 10**13 - 1, 7_000_000_000_000])
def test_a_time_to_first_token_that_fits_in_no_unit_is_reported(sent: float) -> None:
    record = translated({SECONDS: sent}, resource={"service.name": "shop", "host.name": "web-1"}, **LENGTH)
    issues: list[Issue] = []

    assert fit(record, issues, at(9))
    assert record.completion_started_at is None
    assert [issue.reason for issue in issues] == [Reason.CLOCK_SKEW]
    assert issues[0].sample.endswith("(service.name shop, host.name web-1)") or sent >= 10**12


@pytest.mark.parametrize(
    ("first", "kept"),
    [
        (at(4), at(4)), (at(0), at(0)), (at(8), at(8)), (at(8.04), at(8)), (at(-0.04), at(0)),
        (at(8.06), None), (at(-1), None), (at(3_600), None),
    ],
)  # fmt: skip
def test_a_first_token_outside_of_its_span_is_reported(first: datetime, kept: datetime | None) -> None:
    issues: list[Issue] = []
    record = span("t", "a", completion_started_at=first, **LENGTH)

    assert fit(record, issues, NOON + timedelta(hours=2))
    assert record.completion_started_at == kept
    assert [issue.reason for issue in issues] == ([] if kept else [Reason.CLOCK_SKEW])


def test_a_first_token_without_an_end_waits_for_it() -> None:
    issues: list[Issue] = []
    fields: dict[str, Any] = {"completion_started_at": at(9), "ended_at": None}
    record = span("t", "a", **fields)

    assert fit(record, issues, at(10))
    assert (record.completion_started_at, issues) == (at(9), [])
