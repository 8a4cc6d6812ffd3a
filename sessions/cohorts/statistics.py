"""Statistics of two or more sets of numbers or shares, in plain Python: pure functions, each with its source.

Samples are sorted finite floats. Intervals are 95 %, differences are second minus first. What too few or too equal
values cannot show is None, never zero."""

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from random import Random
from statistics import NormalDist
from typing import NamedTuple

from projects.quantiles import interpolate, quantile, quantile_position

CONFIDENCE = 0.95
Z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
DRAWS = 1000  # of a bootstrap: its own error is then far below the interval's width
SEED = 20_011  # fixed, so that the same page shows the same interval
MANY_DEGREES_OF_FREEDOM = 300  # degrees of freedom
LARGEST_SQUARE = 1e150  # beyond it a square is no float any more


class Interval(NamedTuple):
    """An estimate with its 95 % interval; bounds are None if the data do not bound it."""

    estimate: float
    low: float | None
    high: float | None


class Moments(NamedTuple):
    """The size, mean and variance of a sample; `variance` estimates that of the population (n - 1)."""

    size: int
    mean: float | None
    variance: float | None


@dataclass(frozen=True)
class Sample:
    """Sorted values with their first two moments."""

    values: Sequence[float]
    mean: float | None
    variance: float | None

    @classmethod
    def of(cls, values: Sequence[float]) -> "Sample":
        """Sort the values and compute their moments."""
        ordered = sorted(values)
        count = len(ordered)
        if not count:
            return cls(ordered, None, None)
        if ordered[0] == ordered[-1]:
            return cls(ordered, ordered[0], 0.0 if count > 1 else None)
        try:
            mean = math.fsum(ordered) / count
        except OverflowError:
            mean = math.fsum([value / count for value in ordered])
        spread = math.dist(ordered, [mean] * count) / math.sqrt(count - 1)
        return cls(array("d", ordered), mean, spread * spread if spread < LARGEST_SQUARE else math.inf)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def moments(self) -> Moments:
        return Moments(len(self.values), self.mean, self.variance)

    def quantile(self, share: float) -> float | None:
        """Return a quantile (projects/quantiles.py), or None of no values."""
        return quantile(self.values, share) if self.values else None


def mean_difference(first: Moments, second: Moments) -> Interval | None:
    """Return Welch's interval for unequal variances (Welch 1947; degrees of freedom: Satterthwaite 1946)."""
    if first.mean is None or second.mean is None:
        return None
    estimate = second.mean - first.mean
    if first.variance is None or second.variance is None:
        return Interval(estimate, None, None)
    errors = [first.variance / first.size, second.variance / second.size]
    total = sum(errors)
    if not math.isfinite(total):
        return Interval(estimate, None, None)
    if total == 0:  # constants: no variation was seen, which is no proof that there is none
        return Interval(estimate, None, None)
    parts = [(error / total) ** 2 / (size - 1) for error, size in zip(errors, (first.size, second.size), strict=True)]
    margin = t_quantile(0.5 + CONFIDENCE / 2, 1 / sum(parts)) * math.sqrt(total)
    return Interval(estimate, estimate - margin, estimate + margin)


def quantile_difference(first: Sample, second: Sample, share: float) -> Interval | None:
    """Return the difference of two quantiles with its percentile bootstrap interval (Efron 1979).

    A quantile of a resample is an order statistic whose position is Beta distributed (Maritz and Jarrett 1978), so
    that positions are drawn instead of samples: the same distribution without touching every value DRAWS times."""
    low, high = first.quantile(share), second.quantile(share)
    if low is None or high is None:
        return None
    if min(len(first), len(second)) < 2:
        return Interval(high - low, None, None)
    befores = map(_resampled, repeat(first.values), positions(len(first), share, SEED))
    afters = map(_resampled, repeat(second.values), positions(len(second), share, SEED + 1))
    drawn = sorted(map(float.__sub__, afters, befores))
    tail = (1 - CONFIDENCE) / 2
    return Interval(high - low, quantile(drawn, tail), quantile(drawn, 1 - tail))


@lru_cache(maxsize=64)  # sizes: each takes 200 kB
def positions(size: int, share: float, seed: int) -> tuple[tuple[int, int, float], ...]:
    """Draw the positions of a quantile in DRAWS resamples.

    Each is two places of the sorted sample between which the quantile lies, and how far it is on the way from one to
    the other."""
    random = Random(seed)
    below, _, weight = quantile_position(share, size)
    rank = below + 1
    drawn = []
    for _ in range(DRAWS):
        before, gap = random.gammavariate(rank, 1), random.expovariate(1)
        after = random.gammavariate(size - rank, 1) if size > rank else 0.0
        whole = before + gap + after
        low = min(int(before / whole * size), size - 1)
        drawn.append((low, min(int((before + gap) / whole * size), size - 1) if size > rank else low, weight))
    return tuple(drawn)


def _resampled(ordered: Sequence[float], position: tuple[int, int, float]) -> float:
    low, high, weight = position
    return interpolate(ordered[low], ordered[high], weight)


def t_quantile(share: float, degrees: float) -> float:
    """Return a quantile of Student's t above one half.

    By bisection of its distribution, and for many degrees of freedom by the expansion Abramowitz and Stegun 26.7.5,
    which then is as good."""
    if degrees > MANY_DEGREES_OF_FREEDOM:
        z = NormalDist().inv_cdf(share)
        terms = ((z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96, (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384)
        return z + sum(term / degrees**power for power, term in enumerate(terms, start=1))
    low, high = 0.0, 2.0
    while t_tail(high, degrees) > 1 - share:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if t_tail(middle, degrees) > 1 - share else (low, middle)
    return (low + high) / 2


def t_tail(t: float, degrees: float) -> float:
    """Return P(T > t) for t >= 0, by the incomplete beta function (DLMF 8.17.5 with x = v / (v + t²))."""
    return incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t)) / 2


def incomplete_beta(a: float, b: float, x: float) -> float:
    """Return I_x(a, b), regularized: the continued fraction DLMF 8.17.22, evaluated as in Lentz (1976)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):  # where the fraction converges slowly its mirror converges fast
        return 1 - incomplete_beta(b, a, 1 - x)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)) / a
    tiny = 1e-300
    value, c, d = 1.0, 1.0, 0.0
    for step in range(400):
        half = step // 2
        if step == 0:
            term = 1.0
        elif step % 2:
            term = -(a + half) * (a + b + half) * x / ((a + 2 * half) * (a + 2 * half + 1))
        else:
            term = half * (b - half) * x / ((a + 2 * half - 1) * (a + 2 * half))
        d = 1 / (1 + term * d or tiny)
        c = 1 + term / c or tiny
        value *= c * d
        if step and abs(1 - c * d) < 1e-15:
            break
    return front * (value - 1)
