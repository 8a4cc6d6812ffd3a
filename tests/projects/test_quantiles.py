"""Quantiles are those of numpy and PostgreSQL, and never lie outside of the values."""

import math
import sys

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.quantiles import interpolate, quantile, quantile_position

NUMBERS = st.floats(-1e9, 1e9)
FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(NUMBERS, min_size=1, max_size=50), st.floats(0, 1))
def test_a_quantile_is_that_of_numpy(values: list[float], share: float) -> None:
    assert quantile(sorted(values), share) == pytest.approx(numpy.quantile(values, share), rel=1e-9, abs=1e-6)


@given(
    st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False), st.floats(0, 1)
)
def test_what_lies_between_is_never_outside(one: float, other: float, weight: float) -> None:
    low, high = sorted((one, other))
    assert low <= interpolate(low, high, weight) <= high


def test_a_difference_that_is_no_float_is_met_halfway() -> None:
    assert interpolate(-sys.float_info.max, sys.float_info.max, 0.5) == 0
    assert math.isfinite(interpolate(-sys.float_info.max, sys.float_info.max, 0.9))


def test_a_place_that_is_whole_needs_one_value() -> None:
    assert quantile_position(0.5, 3) == (1, 1, 0)
    assert quantile_position(0.5, 4) == (1, 2, 0.5)
    assert quantile_position(1, 4) == (3, 3, 0)


@pytest.mark.parametrize(
    ("share", "expected"), [(0, 10), (0.25, 20), (0.5, 40), (0.6, 56), (0.75, 80), (0.95, 144), (1, 160)]
)
def test_a_quantile_lies_on_the_line_between_its_neighbours(share: float, expected: float) -> None:
    assert quantile([10, 20, 40, 80, 160], share) == pytest.approx(expected)
    assert quantile([7], share) == 7


def test_a_weight_of_nothing_or_all_is_one_of_both_ends() -> None:
    assert [interpolate(3, 5, weight) for weight in (0, 0.25, 1)] == [3, 3.5, 5]
    assert interpolate(-1e308, 1e308, 0.25) == pytest.approx(-5e307)
