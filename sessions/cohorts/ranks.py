"""Tests and effects that look at order alone, in plain Python: pure functions, each with its source."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

EXACT_SIZE = 40  # values of both samples together up to which the test is exact
FINE = 5000  # values of a sample whose ranks are taken


class RankTest(NamedTuple):
    """`u` counts the pairs in which the second is larger (half of the equal ones); `delta` is -1..1; `p` two-sided."""

    u: float
    delta: float
    p: float
    is_exact: bool


def rank_test(first: Sequence[float], second: Sequence[float]) -> RankTest | None:
    """Mann and Whitney (1947): does one sample tend to be larger? Both sorted.

    Exact up to EXACT_SIZE values, ties included, by counting the subsets of midranks; beyond that the normal
    approximation with the correction for ties (Lehmann 1975) and for continuity, ranks taken of FINE values each."""
    if not first or not second:
        return None
    some, others = _thinned(first), _thinned(second)
    merged = sorted([*some, *others])
    highest = dict(zip(merged, range(1, len(merged) + 1), strict=True))
    lowest = highest
    if len(highest) < len(merged):
        lowest = dict(zip(reversed(merged), range(len(merged), 0, -1), strict=True))
    twice_ranks = sum(map(lowest.__getitem__, others)) + sum(map(highest.__getitem__, others))
    above = twice_ranks / 2 - len(others) * (len(others) + 1) / 2
    delta, pairs = 2 * above / (len(some) * len(others)) - 1, len(first) * len(second)
    u = above * (pairs / (len(some) * len(others)))
    if len(highest) == 1:
        return RankTest(u, 0.0, 1.0, is_exact=True)
    if len(merged) <= EXACT_SIZE:
        doubled = [lowest[value] + highest[value] for value in merged]
        return RankTest(u, delta, _exact_p(doubled, len(second), twice_ranks), is_exact=True)
    whole, ties = len(first) + len(second), 0.0
    if lowest is not highest:
        weights = len(first) / len(some), len(second) / len(others)
        ties = _ties(Counter(some), Counter(others), weights)
    deviation = math.sqrt(pairs / 12 * (whole + 1 - ties / (whole * (whole - 1))))
    z = max(abs(u - pairs / 2) - 0.5, 0) / deviation
    return RankTest(u, delta, math.erfc(z / math.sqrt(2)), is_exact=False)


def _thinned(ordered: Sequence[float]) -> Sequence[float]:
    """FINE evenly spaced values of more: the share of pairs then is wrong by 1 / FINE at most, and by much less than
    chance makes it wrong."""
    if len(ordered) <= FINE:
        return ordered
    return [ordered[(2 * place + 1) * len(ordered) // (2 * FINE)] for place in range(FINE)]


def _ties(some: Counter[float], others: Counter[float], weights: tuple[float, float]) -> float:
    """The sum of t³ - t over values that occur t times, each sample's values standing for so many."""
    groups = Counter((some[value], others[value]) for value in some.keys() | others.keys())
    sizes = ((one * weights[0] + other * weights[1], times) for (one, other), times in groups.items())
    return sum(times * (size**3 - size) for size, times in sizes)


def _exact_p(doubled_ranks: Sequence[int], size: int, observed: int) -> float:
    """Twice the smaller tail of the sum of `size` ranks out of all. Sums are counted as the coefficients of a
    polynomial that is held in one integer, 64 bits each, so that adding polynomials is adding integers."""
    sums = [1] + [0] * size
    for rank in doubled_ranks:
        for chosen in range(size, 0, -1):
            sums[chosen] += sums[chosen - 1] << (64 * rank)
    packed = sums[size].to_bytes(8 * (sum(doubled_ranks) + 1), "little")
    counts = memoryview(packed).cast("Q")
    ways = math.comb(len(doubled_ranks), size)
    tail = min(sum(counts[: observed + 1]), sum(counts[observed:]))
    return min(1.0, 2 * tail / ways)


def size_in_words(delta: float) -> str:
    """Cliff's delta in words: the bounds of Romano, Kromrey, Coraggio and Skowronek (2006)."""
    words = ((0.147, "negligible"), (0.33, "small"), (0.474, "medium"))
    return next((word for bound, word in words if abs(delta) < bound), "large")


def adjusted(p_values: Sequence[float]) -> list[float]:
    """Benjamini and Hochberg (1995): the smallest rate of false discoveries at which each would be one, in order."""
    count = len(p_values)
    smallest, found = 1.0, [1.0] * count
    for rank, place in reversed(list(enumerate(sorted(range(count), key=p_values.__getitem__), start=1))):
        smallest = min(smallest, p_values[place] * count / rank)
        found[place] = smallest
    return found
