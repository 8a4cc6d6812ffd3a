"""Statistics of shares and of strata, in plain Python: pure functions, each with its source.

Intervals are 95 %, differences are second minus first."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from sessions.cohorts.statistics import Interval, Moments, Z

MIN_EXPECTED_COUNT = 5  # expected in a cell: below it the normal approximation of the test does not hold


class Share(NamedTuple):
    """`hits` of `size`."""

    hits: int
    size: int

    @property
    def value(self) -> float | None:
        return self.hits / self.size if self.size else None


def wilson(share: Share) -> Interval | None:
    """The score interval (Wilson 1927), which keeps to 0..1 and holds for few and for none."""
    if not share.size:
        return None
    size, value = share.size, share.hits / share.size
    centre = value + Z * Z / (2 * size)
    margin = Z * math.sqrt(value * (1 - value) / size + Z * Z / (4 * size * size))
    whole = 1 + Z * Z / size
    low = 0.0 if share.hits == 0 else (centre - margin) / whole
    return Interval(value, low, 1.0 if share.hits == size else (centre + margin) / whole)


def share_difference(first: Share, second: Share) -> Interval | None:
    """The hybrid score interval (Newcombe 1998, method 10), from the two Wilson intervals."""
    before, after = wilson(first), wilson(second)
    if before is None or after is None:
        return None
    assert before.low is not None
    assert before.high is not None
    assert after.low is not None
    assert after.high is not None
    estimate = after.estimate - before.estimate
    down = math.hypot(after.estimate - after.low, before.high - before.estimate)
    up = math.hypot(after.high - after.estimate, before.estimate - before.low)
    return Interval(estimate, estimate - down, estimate + up)


def share_test(first: Share, second: Share) -> float | None:
    """Two-sided p of equal shares: the pooled z test (Pearson's chi-squared of the fourfold table), and Fisher's exact
    test (1922) where fewer than MIN_EXPECTED_COUNT are expected in a cell."""
    if not first.size or not second.size:
        return None
    hits, size = first.hits + second.hits, first.size + second.size
    if hits in (0, size):
        return 1.0
    if min(hits, size - hits) * min(first.size, second.size) / size < MIN_EXPECTED_COUNT:
        return _fisher(first, second)
    pooled = hits / size
    deviation = math.sqrt(pooled * (1 - pooled) * (1 / first.size + 1 / second.size))
    z = (second.hits / second.size - first.hits / first.size) / deviation
    return math.erfc(abs(z) / math.sqrt(2))


def _fisher(first: Share, second: Share) -> float:
    """The sum of the tables that are no likelier than the one seen, margins fixed."""
    hits = first.hits + second.hits
    possible = range(max(0, hits - first.size), min(hits, second.size) + 1)
    logs = [_log_ways(second.size, taken) + _log_ways(first.size, hits - taken) for taken in possible]
    whole = _log_ways(first.size + second.size, hits)
    seen = logs[second.hits - possible.start] + 1e-7  # equally likely tables differ by rounding
    return min(1.0, math.fsum(math.exp(value - whole) for value in logs if value <= seen))


def _log_ways(size: int, taken: int) -> float:
    return math.lgamma(size + 1) - math.lgamma(taken + 1) - math.lgamma(size - taken + 1)


def stratified_mean_difference(strata: Sequence[tuple[Moments, Moments]]) -> Interval | None:
    """The difference of means within strata, weighted by n₁n₂/(n₁+n₂) as Cochran (1954) does: how the two differ where
    they are alike. Strata in which one has nothing say nothing; for the variance of a single value stands that within
    all others (the mean square within groups of Fisher 1925)."""
    pairs = [(first, second) for first, second in strata if first.size and second.size]
    if not pairs:
        return None
    weights = [first.size * second.size / (first.size + second.size) for first, second in pairs]
    whole = math.fsum(weights)
    differences = [(second.mean or 0.0) - (first.mean or 0.0) for first, second in pairs]
    estimate = math.fsum(weight * found for weight, found in zip(weights, differences, strict=True)) / whole
    usual = _variance_within([one for pair in pairs for one in pair])
    errors = [
        (weight / whole) ** 2 * (one.variance if one.variance is not None else usual) / one.size
        for weight, pair in zip(weights, pairs, strict=True)
        for one in pair
    ]
    margin = Z * math.sqrt(math.fsum(errors))
    bounded = 0 < margin < math.inf
    return Interval(estimate, estimate - margin if bounded else None, estimate + margin if bounded else None)


def _variance_within(cells: Sequence[Moments]) -> float:
    """Infinite where no cell has two values."""
    known = [(one.size - 1, one.variance) for one in cells if one.variance is not None]
    return math.fsum(size * variance for size, variance in known) / sum(s for s, _ in known) if known else math.inf
