"""Durations, money, counts and shares read the same at both sides of every border."""

import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracing.formatting import (
    bounded,
    count,
    counted,
    decimal,
    duration,
    elapsed,
    money,
    percent,
    percentage_points,
    short_number,
    sign,
)
from tracing.templatetags.values import cost, tokens

DAY_MS = 86_400_000
UNIT_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": DAY_MS}


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0.4, "0 ms"), (999.4, "999 ms"), (999.6, "1.0 s"), (1_049, "1.0 s"), (1_051, "1.1 s"), (9_940, "9.9 s"),
        (9_960, "10 s"), (59_000, "59 s"), (60_000, "1m 00s"), (69_000, "1m 09s"), (3_599_400, "59m 59s"),
        (3_600_000, "1h 00m"), (3_659_000, "1h 00m"), (3_660_000, "1h 01m"), (DAY_MS - 1_000, "23h 59m"),
        (DAY_MS - 400, "1d 0h"), (DAY_MS, "1d 0h"), (2 * DAY_MS - 1_000, "1d 23h"), (400 * DAY_MS, "400d 0h"),
    ],
)  # fmt: skip
def test_durations_change_their_unit_at_a_whole_one(milliseconds: float, text: str) -> None:
    assert duration(milliseconds) == text


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(None, ""), (0, "< 1 ms"), (0.4, "< 1 ms"), (0.6, "1 ms"), (1, "1 ms"), (363.79999999999984, "364 ms")],
)
def test_a_measured_time_is_never_nothing_and_never_a_raw_number(milliseconds: float | None, text: str) -> None:
    assert elapsed(milliseconds) == text


@settings(max_examples=100)
@given(st.integers(1, 1_000 * DAY_MS))
def test_a_written_duration_is_off_by_a_twentieth_at_most(milliseconds: int) -> None:
    parts = re.findall(r"([\d.]+) ?(ms|s|m|h|d)", duration(milliseconds))
    told = sum(float(number) * UNIT_MS[unit] for number, unit in parts)

    assert abs(told - milliseconds) <= 0.05 * milliseconds


@settings(max_examples=100)
@given(st.integers(1_000, DAY_MS))
def test_no_duration_has_sixty_seconds_or_minutes(milliseconds: int) -> None:
    assert not re.search(r"\b60[sm]|\b60 s|\b24h", duration(milliseconds))


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1", "$1.00"), ("0.01", "$0.010"), ("0.001", "$0.0010"), ("0.0095", "$0.0095"), ("0.99", "$0.990"),
        ("999.99", "$999.99"), ("1000", "$1,000.00"), ("1E+3", "$1,000.00"), ("99999.99", "$99,999.99"),
        ("1234567.891", "$1,234,568"), ("0.000000000012", "$0.000000000012"),
    ],
)  # fmt: skip
def test_money_from_a_trillionth_of_a_dollar_on(amount: str, text: str) -> None:
    assert money(Decimal(amount)) == text
    assert money(amount) == text


@settings(max_examples=100)
@given(st.decimals("0.000000000001", 1_000_000, places=12))
def test_no_cost_reads_as_zero_and_none_is_off_by_more_than_a_twentieth(amount: Decimal) -> None:
    written = Decimal(money(amount).removeprefix("$").replace(",", ""))

    assert written > 0
    assert abs(written - amount) <= amount / 20


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (None, ""), (Decimal(0), "0"), (Decimal("4.2"), "4.2"), (Decimal("4.20"), "4.2"),
        (Decimal("0.333333"), "0.3333"), (Decimal("0.00012345"), "0.000123"), (Decimal("0.000000001"), "0"),
        (Decimal(100), "100"),
        (Decimal("999.96"), "1,000"), (Decimal("1234.6"), "1,235"), (Decimal("-0.5"), "-0.5"),
        (Decimal("1E+6"), "1,000,000"),
    ],
)  # fmt: skip
def test_decimals_have_four_digits(number: Decimal | None, text: str) -> None:
    assert decimal(number) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"), (0.5, "0.5"), (240, "240"), (999, "999"), (1_000, "1k"), (1_500, "1.5k"), (-5_000, "-5k"),
        (1_000_000, "1M"), (2_500_000, "2.5M"), (10**9, "1G"), (10**12, "1T"), (Decimal(5_000), "5k"),
    ],
)  # fmt: skip
def test_short_numbers_count_in_thousands(number: Decimal | float, text: str) -> None:
    assert short_number(number) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0%"), (1, "100%"), (0.5, "50%"), (0.1, "10%"), (0.034, "3.4%"), (0.001, "0.1%"),
        (Decimal("0.126"), "13%"), (2, "200%"),
    ],
)  # fmt: skip
def test_shares_below_a_tenth_have_a_digit_more(share: float | Decimal, text: str) -> None:
    assert percent(share) == text


def test_differences_have_a_sign_of_their_own() -> None:
    assert [percentage_points(share) for share in (0.034, -0.034, 0)] == ["+3.4", "−3.4", "±0.0"]
    assert [sign(value) for value in (0.001, -0.001, 0, Decimal(0))] == ["+", "−", "±", "±"]


def test_counts_have_separators_and_agree_with_their_nouns() -> None:
    assert [count(number) for number in (None, 0, 999, 1_000, 1_234_567)] == ["", "0", "999", "1,000", "1,234,567"]
    assert counted(None, "trace") == "0 traces"
    assert counted(2, "reply", "replies") == "2 replies"
    assert counted(1, "reply", "replies") == "1 reply"


@pytest.mark.parametrize(
    ("lacking", "is_known", "text"),
    [(0, True, "$2"), (0, False, "$2"), (1, True, "≥ $2"), (7, True, "≥ $2"), (1, False, "unknown")],
)
def test_a_sum_of_which_parts_are_unknown_is_a_lower_bound(lacking: int, is_known: bool, text: str) -> None:
    assert bounded("$2", lacking, is_known=is_known) == text


@pytest.mark.parametrize(
    ("written", "shown", "title"),
    [
        (cost(Decimal(2), 0), "$2.00", None),
        (cost(Decimal(2), 1), "≥ $2.00", "At least: one call has no known cost"),
        (cost(Decimal(2), 1_200), "≥ $2.00", "At least: 1,200 calls have no known cost"),
        (cost(Decimal(0), 1), "unknown", "one call has no known cost"),
        (cost("0.000000000000", 2), "unknown", "2 calls have no known cost"),
        (cost(None, 1), "unknown", "one call has no known cost"),
        (cost(None, 0), "", None),
        (tokens(0, 0), "0", None),
        (tokens(2_300, 0), "2,300", None),
        (tokens(2_300, 3), "≥ 2,300", "At least: 3 calls have no reported usage"),
        (tokens(0, 1), "unknown", "one call has no reported usage"),
        (tokens(None, 1), "unknown", "one call has no reported usage"),
    ],
)
def test_what_a_sum_lacks_is_said_beside_it(written: str, shown: str, title: str | None) -> None:
    assert re.sub(r"<[^>]*>", "", written) == shown
    assert re.findall(r'title="([^"]*)"', written) == ([] if title is None else [title])
