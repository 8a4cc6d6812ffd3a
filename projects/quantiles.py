"""Quantiles, linear between order statistics (Hyndman and Fan 1996, type 7): those of PostgreSQL's percentile_cont."""

import math
from collections.abc import Sequence
from typing import NamedTuple


class QuantilePosition(NamedTuple):
    """Where a quantile lies: between two places of the sorted values, and how far on the way from one to the other."""

    below: int
    above: int
    weight: float


def quantile_position(share: float, count: int) -> QuantilePosition:
    """Return where the quantile of `count` sorted values lies that `share` of them do not exceed."""
    place = share * (count - 1)
    below = math.floor(place)
    return QuantilePosition(below, math.ceil(place), place - below)


def interpolate(low: float, high: float, weight: float) -> float:
    """Return what lies between two values, never outside of them, whatever rounding does.

    To the last bit as PostgreSQL has it, and where their difference is too large for a float, what is closest."""
    difference = high - low
    between = low + weight * difference if math.isfinite(difference) else low * (1 - weight) + high * weight
    return min(max(between, low), high)


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return the quantile of sorted values, of which there is at least one."""
    below, above, weight = quantile_position(share, len(ordered))
    return interpolate(ordered[below], ordered[above], weight)
