"""Samples, intervals and the distributions behind them, in plain Python: pure functions, each with its source.

Samples are sorted finite floats. What too few or too equal values cannot show is None, never zero."""

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import NamedTuple

from projects.quantiles import quantile

CONFIDENCE = 0.95
Z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
MANY_DEGREES_OF_FREEDOM = 300  # degrees of freedom
LARGEST_SQUARE = 1e150  # beyond it a square is no float any more


class Interval(NamedTuple):
    """An estimate with its interval; bounds are None if the data do not bound it."""

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
