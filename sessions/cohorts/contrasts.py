"""Differences of means and of medians with one standard error each, in plain Python: pure functions with sources.

A contrast gives its p-value and its interval from the same error, so that an interval leaves out zero exactly if the
p-value is below what the interval leaves open. Differences are second minus first."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

from sessions.cohorts.statistics import Interval, Moments, Sample, incomplete_beta, t_quantile, t_tail

NORMAL = math.inf  # degrees of freedom of a normal distribution
MAX_EXACT_WEIGHTS = 200  # values up to which weights are areas of the density, beyond that its heights
REACH = 8  # standard deviations: further from the middle a weight is zero


@dataclass(frozen=True)
class Contrast:
    """An estimated difference, its standard error (None if the data do not show it) and the degrees of freedom."""

    estimate: float
    error: float | None
    degrees: float = NORMAL

    @property
    def p(self) -> float | None:
        """Return the two-sided p-value of no difference."""
        if not self.error:
            return None
        t = abs(self.estimate) / self.error
        return math.erfc(t / math.sqrt(2)) if self.degrees == NORMAL else min(1.0, 2 * t_tail(t, self.degrees))

    def interval(self, confidence: float) -> Interval:
        """Return the interval of this confidence."""
        if not self.error:
            return Interval(self.estimate, None, None)
        share = (1 + confidence) / 2
        spread = NormalDist().inv_cdf(share) if self.degrees == NORMAL else t_quantile(share, self.degrees)
        return Interval(self.estimate, self.estimate - spread * self.error, self.estimate + spread * self.error)


def means(first: Moments, second: Moments) -> Contrast | None:
    """Contrast means of unequal variances (Welch 1947; degrees of freedom: Satterthwaite 1946)."""
    if first.mean is None or second.mean is None:
        return None
    estimate = second.mean - first.mean
    if first.variance is None or second.variance is None:
        return Contrast(estimate, None)
    errors = [first.variance / first.size, second.variance / second.size]
    total = sum(errors)
    if not math.isfinite(total) or total == 0:  # constants: no variation was seen, which is no proof that there is none
        return Contrast(estimate, None)
    parts = [(error / total) ** 2 / (size - 1) for error, size in zip(errors, (first.size, second.size), strict=True)]
    return Contrast(estimate, math.sqrt(total), 1 / sum(parts))


def medians(first: Sample, second: Sample) -> Contrast | None:
    """Contrast medians by their standard errors of Maritz and Jarrett (1978).

    If one of them has none, because most of its values are equal, the difference has none either."""
    before, after = first.quantile(0.5), second.quantile(0.5)
    if before is None or after is None:
        return None
    errors = [median_error(sample.values) for sample in (first, second)]
    return Contrast(after - before, math.hypot(*errors) if all(errors) else None)


def median_error(ordered: Sequence[float]) -> float:
    """Return the standard error of the median of sorted values: the deviation of the medians of all resamples.

    Zero if most of the values are equal, or if there are too few to tell."""
    size = len(ordered)
    if size < 4 or not math.isfinite(ordered[-1] - ordered[0]):
        return 0.0
    start, weights = _median_weights(size)
    middle = ordered[size // 2]
    steps = [value - middle for value in ordered[start : start + len(weights)]]
    mean = math.fsum(map(float.__mul__, weights, steps))
    return math.hypot(*(math.sqrt(weight) * (step - mean) for weight, step in zip(weights, steps, strict=True)))


@lru_cache(maxsize=64)  # sizes: of 30,000 values each takes 1,400 floats
def _median_weights(size: int) -> tuple[int, tuple[float, ...]]:
    """Return the first place that counts, and from there on the probability that the value is the median."""
    rank = int(size / 2 + 0.5)
    above, below = rank - 1, size - rank
    if size <= MAX_EXACT_WEIGHTS:
        areas = [incomplete_beta(above, below, place / size) for place in range(size + 1)]
        return 0, tuple(areas[place + 1] - areas[place] for place in range(size))
    reach = math.ceil(REACH * math.sqrt(size) / 2)
    start, end = max(0, rank - reach), min(size, rank + reach)
    heights = [_log_height((place + 0.5) / size, above, below) for place in range(start, end)]
    highest = max(heights)
    weights = [math.exp(height - highest) for height in heights]
    whole = math.fsum(weights)
    return start, tuple(weight / whole for weight in weights)


def _log_height(x: float, above: int, below: int) -> float:
    """Return the logarithm of the density of Beta(above, below), up to a constant."""
    return (above - 1) * math.log(x) + (below - 1) * math.log1p(-x)
