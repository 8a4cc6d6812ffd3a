"""Quantities of properties, labels of axes and summaries of scores read the same at both sides of every border."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions.formatting import axis_label, quantity, score_mean, score_summary
from sessions.models.properties import PropertyKind
from sessions.templatetags.cells import score_cell

MONEY, DURATION, NUMBER = PropertyKind.MONEY, PropertyKind.DURATION, PropertyKind.NUMBER


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (0.021, MONEY, "$0.021"), (0.0, MONEY, "$0"), (1234.5, MONEY, "$1,234.50"), (1900, DURATION, "1.9 s"),
        (1e15, DURATION, "1e+15"), (3, NUMBER, "3"), (3.0, NUMBER, "3"), (1234, NUMBER, "1,234"),
        (3.456, NUMBER, "3.46"), (0.01234, NUMBER, "0.0123"), (99.94, NUMBER, "99.9"), (123.46, NUMBER, "123.5"),
        (1234.6, NUMBER, "1,235"),
        (-1234.6, NUMBER, "-1,235"), (1e15 - 1, NUMBER, "999,999,999,999,999"), (1e15, NUMBER, "1e+15"),
    ],
)  # fmt: skip
def test_a_quantity_reads_by_the_kind_of_its_property(value: float, kind: PropertyKind, text: str) -> None:
    assert quantity(value, kind) == text


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        ("0.02", MONEY, "$0.02"), ("0.020", MONEY, "$0.02"), ("1E+3", MONEY, "$1000"), ("9999", MONEY, "$9999"),
        ("10000", MONEY, "$10k"), ("0", DURATION, "0 ms"), ("500", DURATION, "500 ms"), ("2000", DURATION, "2 s"),
        ("1500", DURATION, "1.5 s"), ("20000", DURATION, "20 s"), ("60000", DURATION, "1m"),
        ("90000", DURATION, "1m 30s"), ("600000", DURATION, "10m"), ("3600000", DURATION, "1h"),
        ("5400000", DURATION, "1h 30m"),
        ("36000000", DURATION, "10h"), ("86400000", DURATION, "1d"), ("90000000", DURATION, "1d 1h"),
        ("240", NUMBER, "240"), ("5000", NUMBER, "5k"), ("1500000", NUMBER, "1.5M"), ("0.25", NUMBER, "0.25"),
    ],
)  # fmt: skip
def test_a_label_of_an_axis_is_short(value: str, kind: PropertyKind, text: str) -> None:
    assert axis_label(Decimal(value), kind) == text


@pytest.mark.parametrize(
    ("mean", "text"),
    [
        (0, "0"), (4.2, "4.2"), (4.25, "4.25"), (0.3333333, "0.333"), (12.345, "12.3"), (999.4, "999"),
        (999.6, "1,000"), (1000, "1,000"), (1250, "1,250"), (-1250, "-1,250"), (-999.6, "-1,000"),
        (123456.7, "123,457"), (1e15, "1e+15"),
        (1e16, "1e+16"), (0.00001, "1e-05"),
    ],
)  # fmt: skip
def test_means_of_scores(mean: float, text: str) -> None:
    assert score_mean(mean) == text


@settings(max_examples=100)
@given(st.floats(0.001, 1e14))
def test_a_mean_that_people_can_read_has_no_exponent_and_is_off_by_a_hundredth_at_most(mean: float) -> None:
    written = score_mean(mean)

    assert "e" not in written
    assert abs(float(written.replace(",", "")) - mean) <= mean / 100


@pytest.mark.parametrize(
    ("summary", "text", "cell"),
    [
        ({"count": 1, "mean": 4.2, "shares": {}}, "q 4.2", "4.2"),
        ({"count": 3, "mean": 4.2, "shares": {}}, "q 4.2 (3)", "4.2 (3)"),
        ({"count": 3, "mean": 0, "shares": {}}, "q 0 (3)", "0 (3)"),
        ({"count": 2, "mean": 1250, "shares": {}}, "q 1,250 (2)", "1,250 (2)"),
        ({"count": 1_200, "mean": 0.5, "shares": {}}, "q 0.5 (1,200)", "0.5 (1,200)"),
        ({"count": 1, "mean": None, "shares": {}}, "q (1)", "(1)"),
        ({"count": 2, "mean": None, "shares": {}}, "q (2)", "(2)"),
        ({"count": 1, "mean": None, "shares": {"refund": 1}}, "q: refund 1", "refund 1"),
        (
            {"count": 4, "mean": None, "shares": {"b": 1, "a": 1, "refund": 2}},
            "q: refund 2, a 1, b 1",
            "refund 2 a 1 b 1",
        ),
    ],
)
def test_a_summary_names_the_mean_how_many_and_each_category(summary: dict[str, Any], text: str, cell: str) -> None:
    assert score_summary("q", summary) == text
    written: str = score_cell(summary)
    for sign in ("</span>", '<span class="number">', '<span class="number muted">', '<span class="muted">'):
        written = written.replace(sign, "")
    assert written.replace('<span class="chip">', "") == cell


def test_a_session_without_the_score_has_a_dash() -> None:
    assert ">–<" in score_cell(None)
