"""Statistics against values from textbooks and from arithmetic on paper: no other library is asked."""

import math
from typing import Any

import pytest

from sessions.cohorts.contrasts import Contrast, means, median_error, medians
from sessions.cohorts.ranks import EXACT_SIZE, adjusted, rank_test, size_in_words
from sessions.cohorts.shares import Share, share_contrast, share_difference, share_test, wilson, within_strata
from sessions.cohorts.statistics import (
    CONFIDENCE,
    MANY_DEGREES_OF_FREEDOM,
    Interval,
    Moments,
    Sample,
    incomplete_beta,
    t_quantile,
    t_tail,
)

near: Any = pytest.approx
T_TWO_DEGREES = 4.302652729911275  # 0.95 / sqrt(2 * 0.975 * 0.025)
T_FOUR_DEGREES = 2.7764451051977987  # the printed tables have 2.776


def bounds_of(found: Contrast | None) -> Interval:
    assert found is not None
    return found.interval(CONFIDENCE)


@pytest.mark.parametrize(
    ("degrees", "share", "expected"),
    [
        (1, 0.975, 12.706), (1, 0.95, 6.314), (2, 0.975, 4.303), (3, 0.975, 3.182), (5, 0.975, 2.571),
        (10, 0.975, 2.228), (10, 0.995, 3.169), (30, 0.975, 2.042), (120, 0.975, 1.980), (1e9, 0.975, 1.960),
    ],
)  # fmt: skip
def test_students_quantiles_are_those_of_the_printed_tables(degrees: float, share: float, expected: float) -> None:
    assert t_quantile(share, degrees) == near(expected, abs=5.1e-4)


@pytest.mark.parametrize("share", [0.6, 0.75, 0.9, 0.975, 0.999])
def test_students_quantiles_of_one_and_two_degrees_have_a_closed_form(share: float) -> None:
    assert t_quantile(share, 1) == near(math.tan(math.pi * (share - 0.5)), rel=1e-9)
    assert t_quantile(share, 2) == near((2 * share - 1) / math.sqrt(2 * share * (1 - share)), rel=1e-9)


def test_both_ways_to_a_quantile_of_student_meet() -> None:
    """Beside the border the true values differ by 1e-8 or so: the first term's slope there is -2.6e-5."""
    by_bisection, by_series = (t_quantile(0.975, MANY_DEGREES_OF_FREEDOM + extra) for extra in (0, 1e-6))
    assert by_series == near(by_bisection, abs=1e-9)
    assert t_quantile(0.975, 1000) == near(1.9623390808, abs=2e-10)


@pytest.mark.parametrize("t", [0, 0.3, 1, 2, 7.5])
def test_the_tail_of_student_of_one_and_two_degrees_has_a_closed_form(t: float) -> None:
    assert t_tail(t, 1) == near(0.5 - math.atan(t) / math.pi, abs=1e-14)
    assert t_tail(t, 2) == near((1 - t / math.sqrt(2 + t * t)) / 2, abs=1e-14)


@pytest.mark.parametrize("x", [0.01, 0.2, 0.5, 0.77, 0.99])
def test_the_incomplete_beta_function_has_closed_forms(x: float) -> None:
    assert incomplete_beta(1, 1, x) == near(x)
    assert incomplete_beta(1, 3, x) == near(1 - (1 - x) ** 3)
    assert incomplete_beta(4, 1, x) == near(x**4)
    assert incomplete_beta(2, 2, x) == near(3 * x**2 - 2 * x**3)
    assert incomplete_beta(0.5, 0.5, x) == near(2 / math.pi * math.asin(math.sqrt(x)))
    assert incomplete_beta(3, 5, x) == near(sum(math.comb(7, k) * x**k * (1 - x) ** (7 - k) for k in range(3, 8)))


def test_the_incomplete_beta_function_begins_with_nothing_and_ends_with_all() -> None:
    assert [incomplete_beta(2, 3, x) for x in (-1, 0, 1, 2)] == [0, 0, 1, 1]


def test_moments_are_those_of_arithmetic() -> None:
    assert Sample.of([7.0, 1.0, 4.0]).moments == (3, 4.0, near(9.0))
    assert list(Sample.of([7.0, 1.0, 4.0]).values) == [1.0, 4.0, 7.0]
    assert Sample.of([]).moments == (0, None, None)
    assert Sample.of([5.0]).moments == (1, 5.0, None)
    assert Sample.of([5.0, 5.0]).moments == (2, 5.0, 0.0)
    assert Sample.of([-1e300, 1e300]).moments == (2, 0.0, math.inf)
    assert Sample.of([1.5e308, 1.7e308]).mean == near(1.6e308)


@pytest.mark.parametrize(
    ("first", "second", "estimate", "margin"),
    [
        ([0, 2], [10, 12], 10, T_TWO_DEGREES * math.sqrt(2)),  # errors 1 and 1, two degrees
        ([0, 3, 6], [1, 4, 7], 1, T_FOUR_DEGREES * math.sqrt(6)),  # errors 3 and 3, four degrees
        ([5, 5, 5], [0, 3, 6], -2, T_TWO_DEGREES * math.sqrt(3)),  # all error is in the second, two degrees
        ([0, 3, 6], [5, 5, 5, 5, 5], 2, T_TWO_DEGREES * math.sqrt(3)),
    ],
)
def test_the_interval_of_means_is_the_one_on_paper(
    first: list[float], second: list[float], estimate: float, margin: float
) -> None:
    found = bounds_of(means(Sample.of(first).moments, Sample.of(second).moments))
    assert found == near((estimate, estimate - margin, estimate + margin), rel=1e-9)


def test_what_has_no_bounds_says_so() -> None:
    for first, second in (
        (Moments(2, 1.0, math.inf), Moments(2, 4.0, 1.0)),
        (Moments(1, 1.0, None), Moments(2, 4.0, 1.0)),
        (Moments(2, 1.0, 1.0), Moments(1, 4.0, None)),
    ):
        found = means(first, second)
        assert bounds_of(found) == (3.0, None, None)
        assert found is not None
        assert found.p is None
    assert means(Moments(2, 1.0, 1.0), Moments(0, None, None)) is None
    assert bounds_of(medians(Sample.of([1.0]), Sample.of([4.0, 9.0]))) == (5.5, None, None)
    assert bounds_of(medians(Sample.of([3.0] * 9), Sample.of([float(n) for n in range(9)]))) == (1.0, None, None)
    assert medians(Sample.of([1.0]), Sample.of([])) is None


def test_the_error_of_a_median_is_the_one_on_paper() -> None:
    """Of four values, Beta(1, 2) weighs 7, 5, 3 and 1 of 16; of five, Beta(2, 2) 13, 31, 37, 31 and 13 of 125."""
    values = [2.0, 3.0, 5.0, 11.0]
    weights = [7 / 16, 5 / 16, 3 / 16, 1 / 16]
    mean = sum(w * v for w, v in zip(weights, values, strict=True))
    squares = sum(w * v * v for w, v in zip(weights, values, strict=True))
    assert median_error(values) == near(math.sqrt(squares - mean**2))
    assert median_error([-2.0, -1.0, 0.0, 1.0, 2.0]) == near(math.sqrt((13 * 4 + 31 + 31 + 13 * 4) / 125))
    assert median_error([1.0, 2.0, 3.0]) == 0
    assert median_error([-1.5e308, 0.0, 0.0, 1.5e308]) == 0, "no float has their difference"


def test_p_and_interval_of_a_contrast_agree() -> None:
    found = Contrast(3.0, 1.5, 4.0)  # t = 2
    assert found.p == near(0.116117, abs=1e-6)  # 2 P(T > 2) of four degrees: 1 - 2 sqrt(4 + 4) (4 + 6) / 64 ...
    assert found.interval(1 - 0.116116).low == near(0.0, abs=1e-4)
    assert Contrast(-1.959963985, 1.0).p == near(0.05)
    assert Contrast(-1.959963985, 1.0).interval(0.95).high == near(0.0, abs=1e-8)


@pytest.mark.parametrize(
    ("first", "second", "u", "delta", "p"),
    [
        ([1], [2], 1, 1, 1),
        ([1, 2], [3, 4], 4, 1, 2 / 6),
        ([1, 2, 3], [4, 5, 6], 9, 1, 2 / 20),
        ([4, 5, 6], [1, 2, 3], 0, -1, 2 / 20),
        ([1, 2, 3, 4, 7], [5, 6, 8, 9, 10], 23, 21 / 25, 8 / 252),  # the tables' 2 of 25: significant at 5 %
        ([1, 2, 3, 4, 8], [5, 6, 7, 9, 10], 22, 19 / 25, 14 / 252),  # the tables' 3 of 25: not significant
        ([1, 1], [1, 2], 3, 0.5, 1),
        ([1, 1, 1], [2, 2, 2], 9, 1, 2 / 20),
        ([3, 3], [3, 3, 3], 3, 0, 1),
    ],
)
def test_few_values_have_the_p_of_the_tables(
    first: list[float], second: list[float], u: float, delta: float, p: float
) -> None:
    assert rank_test(first, second) == (u, near(delta), near(p, rel=1e-12), True)


def test_more_values_than_are_counted_are_approximated() -> None:
    half = EXACT_SIZE // 2
    exact = rank_test(range(half), range(half, 2 * half))
    assert exact is not None
    assert exact.is_exact
    assert exact.p == near(2 / math.comb(40, 20), rel=1e-12)
    found = rank_test(range(half), range(half, 2 * half + 1))  # 420 of 420 pairs, variance 20 * 21 * 42 / 12 = 1470
    z = (420 - 210 - 0.5) / math.sqrt(1470)
    assert found == (420, 1, near(math.erfc(z / math.sqrt(2)), rel=1e-12), False)


def test_ties_narrow_the_approximation() -> None:
    """30 zeros and 10 ones against 10 and 30: U = 30 * 30 + (30 * 10 + 10 * 30) / 2; 40 values are tied, twice."""
    found = rank_test([0] * 30 + [1] * 10, [0] * 10 + [1] * 30)
    variance = 1600 / 12 * (81 - 2 * (40**3 - 40) / (80 * 79))
    z = (1200 - 800 - 0.5) / math.sqrt(variance)
    assert found == (1200, 0.5, near(math.erfc(z / math.sqrt(2)), rel=1e-9), False)
    even = rank_test([0] * 21 + [1] * 21, [0] * 21 + [1] * 21)
    assert even == (21 * 42, 0, 1, False), "no correction for continuity beyond the middle"


@pytest.mark.parametrize(
    ("delta", "word"),
    [
        (0, "negligible"), (0.1469, "negligible"), (0.147, "small"), (-0.147, "small"), (0.3299, "small"),
        (0.33, "medium"), (0.4739, "medium"), (-0.474, "large"), (1, "large"),
    ],
)  # fmt: skip
def test_an_effect_at_a_border_has_the_larger_word(delta: float, word: str) -> None:
    assert size_in_words(delta) == word


def test_false_discoveries_are_adjusted_in_the_order_given() -> None:
    assert adjusted([0.01, 0.04, 0.03, 0.005]) == near([0.02, 0.04, 0.04, 0.02])
    assert adjusted([0.9, 0.6]) == near([0.9, 0.9])
    assert adjusted([0.02]) == [0.02]
    assert adjusted([]) == []


@pytest.mark.parametrize(
    ("hits", "size", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718),
        (10, 10, 0.7225, 1.0),
    ],
)  # fmt: skip
def test_the_interval_of_a_share_is_wilsons(hits: int, size: int, low: float, high: float) -> None:
    """Newcombe 1998, Two-sided confidence intervals for the single proportion, table I."""
    assert wilson(Share(hits, size)) == (hits / size, near(low, abs=5.1e-5), near(high, abs=5.1e-5))


@pytest.mark.parametrize(
    ("first", "second", "p"),
    [
        (Share(1, 4), Share(3, 4), 34 / 70),  # Fisher's lady who tastes tea
        (Share(0, 4), Share(4, 4), 2 / 70),
        (Share(3, 10), Share(6, 10), 0.3698),  # 4.5 expected: exact
        (Share(3, 10), Share(7, 10), 0.0736),  # 5 expected: z = 0.4 / sqrt(0.25 / 5); the exact test would say 0.1789
        (Share(7, 10), Share(3, 10), 0.0736),
        (Share(0, 5), Share(0, 9), 1.0),
        (Share(5, 5), Share(9, 9), 1.0),
    ],
)
def test_equal_shares_are_tested_exactly_where_few_are_expected(first: Share, second: Share, p: float) -> None:
    assert share_test(first, second) == near(p, abs=5.1e-5)


def test_nothing_has_no_share_and_no_interval() -> None:
    assert Share(0, 0).value is None
    assert wilson(Share(0, 0)) is None
    assert share_difference(Share(1, 1), Share(0, 0)) is None
    assert share_contrast(Share(1, 1), Share(0, 0)) is None
    assert share_test(Share(1, 2), Share(0, 0)) is None
    assert Share(1, 4).value == 0.25


def test_strata_of_constants_have_no_interval() -> None:
    constant = Sample.of([1.0, 1.0]).moments, Sample.of([3.0, 3.0]).moments
    assert bounds_of(within_strata([constant])) == (2.0, None, None)
    weighted = [(Moments(2, 0.0, 1.0), Moments(2, 1.0, 1.0)), (Moments(6, 0.0, 3.0), Moments(3, 4.0, 3.0))]
    margin = 1.959963985 * math.sqrt((1 / 3) ** 2 * (1 / 2 + 1 / 2) + (2 / 3) ** 2 * (3 / 6 + 3 / 3))
    assert bounds_of(within_strata(weighted)) == near((3.0, 3 - margin, 3 + margin))
