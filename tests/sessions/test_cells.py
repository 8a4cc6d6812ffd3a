"""How values read."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from tracing.formatting import HUES, counted, duration, money
from tracing.records import Kind
from tracing.templatetags.values import cost, ellipsis, hue, kind, moment


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (None, ""), (0, "0 ms"), (380, "380 ms"), (999, "999 ms"), (1000, "1.0 s"), (1900, "1.9 s"), (9949, "9.9 s"),
        (9951, "10 s"), (38_000, "38 s"), (59_499, "59 s"), (59_500, "1m 00s"), (130_000, "2m 10s"),
        (3_599_600, "1h 00m"), (11_100_000, "3h 05m"), (187_200_000, "2d 4h"),
    ],
)  # fmt: skip
def test_durations(milliseconds: int | None, text: str) -> None:
    assert duration(milliseconds) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (None, ""), ("0", "$0"), ("38.2", "$38.20"), ("1234.5", "$1,234.50"), ("0.0214", "$0.021"), ("0.5", "$0.500"),
        ("0.00042", "$0.00042"), ("0.000000000001", "$0.0000000000010"), ("0E-12", "$0"),
        ("99999.99", "$99,999.99"), ("1204310.75", "$1,204,311"),
    ],
)  # fmt: skip
def test_money_has_enough_digits_to_be_non_zero(amount: str | None, text: str) -> None:
    assert money(None if amount is None else Decimal(amount)) == text


def test_a_cost_that_nobody_knows_is_not_zero() -> None:
    assert "unknown" in cost(Decimal(0), 2)
    assert "≥ $0.021" in cost(Decimal("0.021"), 1)
    assert cost(Decimal(0), 0) == "$0"


def test_a_moment_is_an_instant_in_utc_that_a_script_can_move() -> None:
    at = datetime(2026, 11, 21, 11, 2, 3, 500_000, tzinfo=timezone(timedelta(hours=1)))

    assert moment(at) == (
        '<time datetime="2026-11-21T10:02:03.500Z" data-shown="moment" title="2026-11-21T10:02:03.500Z">'
        "21 Nov 2026, 10:02 UTC</time>"
    )
    assert ">10:02:03 UTC<" in moment(at.astimezone(UTC), "clock")
    assert moment(None) == ""


def test_a_long_id_loses_its_middle_and_keeps_its_whole() -> None:
    shown = ellipsis("a" * 30 + "<b>" + "z" * 30)

    assert "a" * 18 + "…" + "z" * 9 in shown
    assert "a" * 30 + "&lt;b&gt;" + "z" * 30 in shown
    assert ellipsis("<short>") == "&lt;short&gt;"


def test_counts_agree_with_their_nouns() -> None:
    assert counted(1, "trace") == "1 trace"
    assert counted(2300, "trace") == "2,300 traces"
    assert counted(0, "reply", "replies") == "0 replies"


def test_every_kind_of_span_has_a_word_and_a_colour() -> None:
    assert {kind(value) for value in Kind} == {value.name.lower() for value in Kind}
    assert {hue(value) for value in Kind} == {*HUES.values(), "span"}
