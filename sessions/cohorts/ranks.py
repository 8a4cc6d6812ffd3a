"""Tests and effect sizes that depend on order alone, in plain Python: pure functions, each with its source."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import compress
from typing import NamedTuple

EXACT_SIZE = 40  # values of both samples together up to which the test is exact
FINE = 3000  # values of a sample whose ranks are taken


class RankTest(NamedTuple):
    """The result of a rank test.

    `u` counts the pairs in which the second is larger (half of the equal ones); `delta` is -1..1; `p` is two-sided."""

    u: float
    delta: float
    p: float
    is_exact: bool


def rank_test(first: Sequence[float], second: Sequence[float]) -> RankTest | None:
    """Test whether one of two sorted samples tends to be larger (Mann and Whitney 1947).

    Exact up to EXACT_SIZE values, ties included, by counting the subsets of midranks; beyond that the normal
    approximation with the correction for ties (Lehmann 1975) and for continuity, with ranks of FINE values each."""
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
        tied = compress(highest, map(int.__sub__, highest.values(), reversed(lowest.values())))
        ties = _ties(tied, (first, second), (some, others))
    deviation = math.sqrt(pairs / 12 * (whole + 1 - ties / (whole * (whole - 1))))
    z = max(abs(u - pairs / 2) - 0.5, 0) / deviation
    return RankTest(u, delta, math.erfc(z / math.sqrt(2)), is_exact=False)


def _thinned(ordered: Sequence[float]) -> Sequence[float]:
    """Return at most FINE evenly spaced values of a larger sample, at least half of it.

    The share of pairs is then wrong by 1 / FINE at most, and by much less than by chance."""
    step = -(-len(ordered) // FINE)
    return ordered if step <= 1 else ordered[(len(ordered) % step + step) // 2 :: step]


SamplePair = tuple[Sequence[float], Sequence[float]]


def _ties(tied: Iterable[float], whole: SamplePair, thinned: SamplePair) -> float:
    """Return the sum of t³ - t over values that occur t times.

    Each value of a thinned sample stands for several."""
    weights = [len(all_of) / len(some) for all_of, some in zip(whole, thinned, strict=True)]
    times = [Counter(some) for some in thinned]
    sizes = (times[0][value] * weights[0] + times[1][value] * weights[1] for value in tied)
    return sum(size**3 - size for size in sizes)


def _exact_p(doubled_ranks: Sequence[int], size: int, observed: int) -> float:
    """Return twice the smaller tail of the sum of `size` ranks out of all.

    Sums are counted as the coefficients of a polynomial that is held in one integer, 64 bits each, so that adding
    polynomials is adding integers."""
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
    """Return Cliff's delta in words (bounds: Romano, Kromrey, Coraggio and Skowronek 2006)."""
    words = ((0.147, "negligible"), (0.33, "small"), (0.474, "medium"))
    return next((word for bound, word in words if abs(delta) < bound), "large")


def adjusted(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values for the false discovery rate, and return them in order (Benjamini and Hochberg 1995)."""
    count = len(p_values)
    smallest, found = 1.0, [1.0] * count
    for rank, place in reversed(list(enumerate(sorted(range(count), key=p_values.__getitem__), start=1))):
        smallest = min(smallest, p_values[place] * count / rank)
        found[place] = smallest
    return found
