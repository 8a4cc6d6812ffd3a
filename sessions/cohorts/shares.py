"""Statistics of shares and of strata, in plain Python: pure functions, each with its source.

Intervals are 95 % where nothing else is asked for, differences are second minus first."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import NamedTuple

from sessions.cohorts.contrasts import Contrast
from sessions.cohorts.statistics import Interval, Moments, Z

MIN_EXPECTED_COUNT = 5  # expected in a cell: below it the normal approximation of the test does not hold
FURTHEST_Z = 60.0  # standard deviations: no share of a sample that fits into a page is further from another
WIDEST = 2.0  # times as wide an interval becomes at most, where the exact test says less than the approximation


class Share(NamedTuple):
    """`hits` out of `size`."""

    hits: int
    size: int

    @property
    def value(self) -> float | None:
        """Return the share from 0 to 1, or None of nothing."""
        return self.hits / self.size if self.size else None


def wilson(share: Share, z: float = Z) -> Interval | None:
    """Return the score interval of a share (Wilson 1927), which stays in 0..1 and is valid for few and for none."""
    if not share.size:
        return None
    size, value = share.size, share.hits / share.size
    centre = value + z * z / (2 * size)
    margin = z * math.sqrt(value * (1 - value) / size + z * z / (4 * size * size))
    whole = 1 + z * z / size
    low = 0.0 if share.hits == 0 else (centre - margin) / whole
    return Interval(value, low, 1.0 if share.hits == size else (centre + margin) / whole)


def share_difference(first: Share, second: Share, z: float = Z) -> Interval | None:
    """Return the hybrid score interval of a difference (Newcombe 1998, method 10)."""
    before, after = wilson(first, z), wilson(second, z)
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


def _bound(value: float, size: int, z: float) -> float:
    """Return the upper end of the score interval of a share, or for a negative z the lower one."""
    centre = value + z * z / (2 * size)
    margin = z * math.sqrt(value * (1 - value) / size + z * z / (4 * size * size))
    return (centre + margin) / (1 + z * z / size)


@dataclass(frozen=True)
class ShareContrast:
    """The difference of two shares with its test, and intervals that agree with it.

    They are Newcombe's, stretched as test-based limits are (Miettinen 1976): the one that ends at zero has the
    confidence that the test leaves."""

    first: Share
    second: Share

    @property
    def estimate(self) -> float:
        return self.second.hits / self.second.size - self.first.hits / self.first.size

    @cached_property
    def p(self) -> float | None:
        """Return the two-sided p-value of equal shares."""
        return share_test(self.first, self.second)

    def interval(self, confidence: float) -> Interval | None:
        """Return the interval of this confidence."""
        p = self.p
        if p is None:
            return None
        z, touching = NormalDist().inv_cdf((1 + confidence) / 2), self._touching
        tested = -NormalDist().inv_cdf(max(p, 1e-300) / 2)
        if p < 1 - confidence:
            return share_difference(self.first, self.second, z * touching / tested)
        stretched = z * min(touching / tested, WIDEST) if tested > 0 else z
        return share_difference(self.first, self.second, max(stretched, touching))

    @cached_property
    def _touching(self) -> float:
        """Return for which z Newcombe's interval ends at zero.

        Its end there is as far from the difference as the score intervals of both shares reach to each other."""
        pairs = ((share.hits / share.size, share.size) for share in (self.first, self.second))
        (less, less_size), (more, more_size) = sorted(pairs)
        low, high = 0.0, FURTHEST_Z
        for _ in range(50):
            z = (low + high) / 2
            reach = math.hypot(more - _bound(more, more_size, -z), _bound(less, less_size, z) - less)
            low, high = (low, z) if reach >= more - less else (z, high)
        return high


def share_contrast(first: Share, second: Share) -> ShareContrast | None:
    """Contrast two shares, or return None if one of them is a share of nothing."""
    return ShareContrast(first, second) if first.size and second.size else None


def share_test(first: Share, second: Share) -> float | None:
    """Return the two-sided p-value of equal shares.

    By the pooled z test (Pearson's chi-squared of the fourfold table), or Fisher's exact test (1922) if fewer than
    MIN_EXPECTED_COUNT are expected in a cell."""
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
    """Return the sum of the probabilities of all tables that are no likelier than this one, margins fixed."""
    hits = first.hits + second.hits
    possible = range(max(0, hits - first.size), min(hits, second.size) + 1)
    logs = [_log_ways(second.size, taken) + _log_ways(first.size, hits - taken) for taken in possible]
    whole = _log_ways(first.size + second.size, hits)
    seen = logs[second.hits - possible.start] + 1e-7  # equally likely tables differ by rounding
    return min(1.0, math.fsum(math.exp(value - whole) for value in logs if value <= seen))


def _log_ways(size: int, taken: int) -> float:
    return math.lgamma(size + 1) - math.lgamma(taken + 1) - math.lgamma(size - taken + 1)


def within_strata(strata: Sequence[tuple[Moments, Moments]]) -> Contrast | None:
    """Contrast means within strata, weighted by n₁n₂/(n₁+n₂) as in Cochran (1954).

    Strata in which one side is empty do not count. The variance of a single value is taken as that within all others
    (the mean square within groups of Fisher 1925)."""
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
    error = math.sqrt(math.fsum(errors))
    return Contrast(estimate, error if 0 < error < math.inf else None)


def _variance_within(cells: Sequence[Moments]) -> float:
    """Return the variance within cells, infinite if no cell has two values."""
    known = [(one.size - 1, one.variance) for one in cells if one.variance is not None]
    return math.fsum(size * variance for size, variance in known) / sum(s for s, _ in known) if known else math.inf
