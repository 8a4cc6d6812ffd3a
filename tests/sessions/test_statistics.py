"""Every statistic against scipy, on samples that people would not think of."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped]

from sessions.cohorts import contrasts, ranks, shares, statistics
from sessions.cohorts.shares import Share
from sessions.cohorts.statistics import Sample

LEAST = 1e-12
few = st.integers(0, 5).map(float)  # ties
ordinary = st.floats(-1e6, 1e6, allow_subnormal=False).map(lambda value: round(value, 3))
huge = st.floats(-1e300, 1e300, allow_nan=False, allow_subnormal=False)
samples: Any = st.one_of(*(st.lists(values, min_size=1, max_size=60) for values in (few, ordinary, huge)))
tame: Any = st.one_of(*(st.lists(values, min_size=2, max_size=60) for values in (few, ordinary)))
tables: Any = st.tuples(st.integers(0, 60), st.integers(1, 60), st.integers(0, 60), st.integers(1, 60)).map(
    lambda t: (Share(min(t[0], t[1]), t[1]), Share(min(t[2], t[3]), t[3]))
)
levels = st.sampled_from([0.9, 0.95, 0.99, 0.9987])
checked = settings(max_examples=120, deadline=None)


@checked
@given(samples)
def test_a_sample_is_described_as_numpy_does(values: list[float]) -> None:
    numpy: Any = pytest.importorskip("numpy")
    sample = Sample.of(values)

    assert sample.mean == pytest.approx(
        math.fsum(v / len(values) for v in values), rel=1e-9, abs=LEAST * max(map(abs, values))
    )
    for share in (0.5, 0.95):
        found = sample.quantile(share)
        assert found is not None
        assert min(values) <= found <= max(values)
        with numpy.errstate(over="ignore", invalid="ignore"):
            expected = float(numpy.quantile(numpy.array(values), share))
        if math.isfinite(expected):
            assert found == pytest.approx(expected, rel=1e-9, abs=1e-9 * max(map(abs, values)))
    largest = max(map(abs, values))
    if len(values) > 1 and largest < 1e100:
        rounding = (LEAST * largest) ** 2
        assert sample.variance == pytest.approx(float(numpy.var(values, ddof=1)), rel=1e-9, abs=rounding)


@checked
@given(tame, tame, levels)
def test_means_are_tested_and_bounded_as_welch_does(first: list[float], second: list[float], level: float) -> None:
    found = contrasts.means(Sample.of(first).moments, Sample.of(second).moments)

    assert found is not None
    if len({*first}) == len({*second}) == 1:
        assert found.p is None
        assert found.interval(level)[1:] == (None, None)
        return
    if max(Sample.of(first).variance or 0, Sample.of(second).variance or 0) < 1e-9:
        return
    expected = stats.ttest_ind(second, first, equal_var=False)
    bounds = expected.confidence_interval(level)
    assert found.p == pytest.approx(expected.pvalue, rel=1e-6, abs=1e-12)
    assert found.interval(level)[1:] == pytest.approx((bounds.low, bounds.high), rel=1e-6, abs=1e-6)


@checked
@given(tame)
def test_the_error_of_a_median_is_maritz_and_jarretts(values: list[float]) -> None:
    if len(values) < 4:
        assert contrasts.median_error(sorted(values)) == 0
        return
    [expected] = stats.mstats.mjci(values, prob=[0.5])
    rounding = 1e-7 * max(map(abs, values))  # scipy subtracts squares
    assert contrasts.median_error(sorted(values)) == pytest.approx(float(expected), rel=1e-6, abs=rounding)


@pytest.mark.parametrize("size", [201, 202, 5000])
def test_many_values_are_weighed_as_well(size: int) -> None:
    values = sorted(stats.lognorm(1.2).rvs(size, random_state=size).tolist())

    [expected] = stats.mstats.mjci(values, prob=[0.5])
    assert contrasts.median_error(values) == pytest.approx(float(expected), rel=2e-3)


@pytest.mark.parametrize(("n", "m"), [(40, 61), (500, 300)])
def test_the_interval_of_medians_is_about_the_bootstraps(n: int, m: int) -> None:
    numpy: Any = pytest.importorskip("numpy")
    first = stats.lognorm(1).rvs(n, random_state=3)
    second = stats.lognorm(1.1, scale=1.4).rvs(m, random_state=4)
    found = contrasts.medians(Sample.of(first.tolist()), Sample.of(second.tolist()))

    def difference(after: Any, before: Any, axis: int = 0) -> Any:
        return numpy.median(after, axis=axis) - numpy.median(before, axis=axis)

    drawn = stats.bootstrap((second, first), difference, method="percentile", n_resamples=20_000, rng=5)
    assert found is not None
    assert found.estimate == pytest.approx(difference(second, first))
    assert found.error == pytest.approx(drawn.standard_error, rel=0.1)


@checked
@given(tables, levels)
def test_an_interval_of_shares_leaves_out_zero_exactly_if_the_test_says_so(
    table: tuple[Share, Share], level: float
) -> None:
    found = shares.share_contrast(*table)

    assert found is not None
    assert found.p is not None
    bounds = found.interval(level)
    assert bounds is not None
    assert bounds.low is not None
    assert bounds.high is not None
    assert bounds.low <= bounds.estimate <= bounds.high
    if abs(found.p - (1 - level)) > 1e-9:
        assert (found.p > 1 - level) == (bounds.low <= 0 <= bounds.high)


def test_intervals_of_shares_are_about_newcombes_where_many_are_expected() -> None:
    first, second = Share(480, 800), Share(560, 700)
    found, plain = shares.ShareContrast(first, second).interval(0.95), shares.share_difference(first, second)

    assert found is not None
    assert plain is not None
    assert found == pytest.approx(plain, abs=2e-3)


@checked
@given(samples, samples)
def test_the_rank_test_is_mann_and_whitneys(first: list[float], second: list[float]) -> None:
    found = ranks.rank_test(sorted(first), sorted(second))

    assert found is not None
    assert 0 <= found.p <= 1
    assert -1 <= found.delta <= 1
    u, whole = float(stats.mannwhitneyu(second, first).statistic), [*first, *second]
    assert found.u == u
    if len(set(whole)) == 1:
        assert found.p == 1
    elif not found.is_exact:
        assert found.p == pytest.approx(stats.mannwhitneyu(second, first, method="asymptotic").pvalue, rel=1e-6)
    elif len(set(whole)) == len(whole):
        assert found.p == pytest.approx(stats.mannwhitneyu(second, first, method="exact").pvalue, rel=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.lists(few, min_size=2, max_size=6), st.lists(few, min_size=2, max_size=6))
def test_the_rank_test_is_exact_with_ties_too(first: list[float], second: list[float]) -> None:
    found = ranks.rank_test(sorted(first), sorted(second))
    method = stats.PermutationMethod(n_resamples=10_000)  # more than there are: each is looked at

    assert found is not None
    assert found.is_exact
    assert found.p == pytest.approx(stats.mannwhitneyu(second, first, method=method).pvalue, rel=1e-9)


def test_a_thousand_random_values_are_tested_as_scipy_does() -> None:
    random = stats.norm(10, 3).rvs(1500, random_state=1).tolist()
    ties = stats.poisson(9).rvs(900, random_state=2).tolist()
    found = ranks.rank_test(sorted(random), sorted(map(float, ties)))

    expected = stats.mannwhitneyu(ties, random)
    assert found is not None
    assert found.u == expected.statistic
    assert found.p == pytest.approx(expected.pvalue, rel=1e-9)


@pytest.mark.parametrize("is_tied", [False, True])
def test_many_values_are_tested_by_evenly_spaced_ones_as_well(*, is_tied: bool) -> None:
    first, second = (stats.lognorm(1, scale=s).rvs(n, random_state=n) for n, s in ((20_000, 10), (9_000, 10.4)))
    first, second = (sample.round() if is_tied else sample for sample in (first, second))
    found = ranks.rank_test(sorted(first.tolist()), sorted(second.tolist()))

    expected = stats.mannwhitneyu(second, first)
    assert found is not None
    assert found.delta == pytest.approx(2 * expected.statistic / (20_000 * 9_000) - 1, abs=2e-4)
    assert stats.norm.isf(found.p / 2) == pytest.approx(stats.norm.isf(expected.pvalue / 2), abs=0.03)


@checked
@given(samples, samples)
def test_medians_of_anything_can_be_compared(first: list[float], second: list[float]) -> None:
    found = contrasts.medians(Sample.of(first), Sample.of(second))

    assert found is not None
    bounds = found.interval(0.95)
    if bounds.low is not None and bounds.high is not None:
        assert bounds.low <= found.estimate <= bounds.high
        assert found.p is not None


@checked
@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_many_tests_are_adjusted_as_benjamini_and_hochberg_do(p_values: list[float]) -> None:
    assert ranks.adjusted(p_values) == pytest.approx(stats.false_discovery_control(p_values).tolist(), abs=LEAST)


@checked
@given(st.floats(0.51, 0.9999), st.floats(1, 1e6))
def test_students_quantiles_are_right(share: float, degrees: float) -> None:
    assert statistics.t_quantile(share, degrees) == pytest.approx(stats.t.ppf(share, degrees), rel=1e-7)


@checked
@given(tables)
def test_shares_have_wilsons_interval_and_the_fitting_test(table: tuple[Share, Share]) -> None:
    first, second = table
    found, p = shares.wilson(first), shares.share_test(first, second)
    cells = [[first.hits, first.size - first.hits], [second.hits, second.size - second.hits]]

    assert found is not None
    assert p is not None
    expected = stats.binomtest(first.hits, first.size).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-9)
    if first.hits + second.hits in (0, first.size + second.size):
        assert p == 1
    elif stats.contingency.expected_freq(cells).min() < shares.MIN_EXPECTED_COUNT:
        assert p == pytest.approx(stats.fisher_exact(cells).pvalue, abs=1e-9)
    else:
        assert p == pytest.approx(stats.chi2_contingency(cells, correction=False).pvalue, abs=1e-9)


def test_the_interval_of_a_difference_of_shares_is_newcombes() -> None:
    """Newcombe 1998, table II: 56/70 and 48/80, and 9/10 and 3/10."""
    for second, first, low, high in (
        (Share(56, 70), Share(48, 80), 0.0524, 0.3339),
        (Share(9, 10), Share(3, 10), 0.1705, 0.8090),
        (Share(0, 10), Share(0, 20), -0.1611, 0.2775),
        (Share(10, 10), Share(0, 10), 0.6075, 1.0),
    ):
        found = shares.share_difference(first, second)
        assert found is not None
        assert (found.low, found.high) == pytest.approx((low, high), abs=6e-5)


def _bounds(found: contrasts.Contrast | None) -> statistics.Interval:
    assert found is not None
    return found.interval(0.95)


def test_strata_undo_what_a_different_mix_does() -> None:
    """Within each stratum the second is 5 higher; the first has more of the dear stratum, so that it looks higher."""
    cheap, dear = [1.0, 2.0, 3.0], [100.0, 101.0, 102.0]
    plus = [[value + 5 for value in values] for values in (cheap, dear)]
    samples = [[cheap, plus[0] * 9], [dear * 9, plus[1]]]
    strata = [(Sample.of(first).moments, Sample.of(second).moments) for first, second in samples]
    found = _bounds(shares.within_strata(strata))

    assert found.low is not None
    assert found.high is not None
    assert found.estimate == pytest.approx(5)
    assert found.low < 5 < found.high
    assert shares.within_strata([(Sample.of([]).moments, Sample.of([1.0]).moments)]) is None


def test_a_stratum_with_a_single_value_borrows_the_variance_of_the_others() -> None:
    pair = Sample.of([1.0, 2.0, 3.0]).moments, Sample.of([4.0, 6.0, 8.0]).moments  # variances of 1 and 4
    alone = Sample.of([5.0]).moments, Sample.of([9.0]).moments
    found = _bounds(shares.within_strata([pair, alone]))

    assert found.high is not None
    error = (1.5 / 2) ** 2 * (1 / 3 + 4 / 3) + (0.5 / 2) ** 2 * (2.5 + 2.5)
    assert found.high - found.estimate == pytest.approx(stats.norm.ppf(0.975) * math.sqrt(error))
    assert _bounds(shares.within_strata([alone])) == (4.0, None, None)


def test_nothing_is_said_of_nothing() -> None:
    empty, one = Sample.of([]), Sample.of([3.0])

    assert contrasts.means(empty.moments, one.moments) is None
    assert contrasts.medians(empty, one) is None
    assert ranks.rank_test([], [3.0]) is None
    assert shares.share_test(Share(0, 0), Share(1, 1)) is None
    assert shares.share_difference(Share(0, 0), Share(1, 1)) is None
    assert _bounds(contrasts.means(one.moments, one.moments)) == (0.0, None, None)


def test_effects_have_words() -> None:
    assert [ranks.size_in_words(d) for d in (0.1, -0.2, 0.4, -0.9)] == ["negligible", "small", "medium", "large"]


@pytest.mark.parametrize("degrees", [301, 400, 1000])
def test_students_quantiles_are_right_where_the_expansion_begins(degrees: int) -> None:
    """Far out and with few degrees of freedom, each of its terms can be told from its absence."""
    assert statistics.t_quantile(0.9999, degrees) == pytest.approx(stats.t.ppf(0.9999, degrees), rel=1e-7)
