"""How far a judge and people agree, in plain Python: pure functions, each with its source.

What too few or too equal answers cannot show is None, never zero."""

import math
import random
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from projects.quantiles import quantile
from sessions.cohorts.statistics import CONFIDENCE, Interval, Z

RESAMPLES = 1_000
RESAMPLED_PAIRS = 2_000  # of more pairs, so many are drawn each time
SEED = 24

Pair = tuple[Hashable, Hashable]  # what people said, what the judge said
Distance = Callable[[Hashable, Hashable], float]


@dataclass(frozen=True)
class Confusion:
    """How often people gave each answer where the judge gave each: `counts[people's, judge's]`."""

    labels: tuple[Hashable, ...]
    counts: dict[Pair, int]

    @property
    def size(self) -> int:
        return sum(self.counts.values())

    @property
    def agreed(self) -> int:
        return sum(self.counts.get((label, label), 0) for label in self.labels)

    def recall(self, label: Hashable) -> float | None:
        """Return the share of people's answers of this kind that the judge gave, too."""
        return self._share(label, sum(self.counts.get((label, other), 0) for other in self.labels))

    def precision(self, label: Hashable) -> float | None:
        """Return the share of the judge's answers of this kind that people gave, too."""
        return self._share(label, sum(self.counts.get((other, label), 0) for other in self.labels))

    def _share(self, label: Hashable, whole: int) -> float | None:
        return self.counts.get((label, label), 0) / whole if whole else None


def confusion_of(pairs: Sequence[Pair], order: Sequence[Hashable] = ()) -> Confusion:
    """Count the pairs; `order` is that of the labels, before others that occur."""
    counts = Counter(pairs)
    labels = dict.fromkeys(label for label in order if any(label in pair for pair in counts))
    labels |= dict.fromkeys(label for pair in sorted(counts, key=str) for label in pair)
    return Confusion(tuple(labels), dict(counts))


def cohen_kappa(pairs: Sequence[Pair]) -> Interval | None:
    """Return Cohen's kappa with the interval of Fleiss, Cohen and Everitt (1969), equation 13.

    None without pairs, or if everybody always gave the same answer, which leaves nothing to agree on beyond chance."""
    count = len(pairs)
    cells = Counter(pairs)
    rows, columns = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    if not count:
        return None
    observed = sum(number for (one, other), number in cells.items() if one == other) / count
    expected = sum(rows[label] * columns[label] for label in rows) / count**2
    if expected == 1:
        return None
    kappa = (observed - expected) / (1 - expected)
    spread = 0.0
    for (one, other), number in cells.items():
        share, margins = number / count, (columns[one] + rows[other]) / count
        if one == other:
            spread += share * (1 - (rows[one] + columns[one]) / count * (1 - kappa)) ** 2
        else:
            spread += (1 - kappa) ** 2 * share * margins**2
    spread -= (kappa - expected * (1 - kappa)) ** 2
    error = math.sqrt(max(spread, 0.0) / count) / (1 - expected)
    return Interval(kappa, max(kappa - Z * error, -1.0), min(kappa + Z * error, 1.0))


def nominal(one: Hashable, other: Hashable) -> float:
    """Return the distance of categories: none or all."""
    return float(one != other)


def interval(one: Hashable, other: Hashable) -> float:
    """Return the distance of numbers: the square of their difference."""
    return (float(one) - float(other)) ** 2  # type: ignore[arg-type]


def krippendorff_alpha(units: Sequence[Sequence[Hashable]], distance: Distance = nominal) -> float | None:
    """Return Krippendorff's alpha (Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability").

    `units` are the answers about each session; those with fewer than two say nothing. None if nothing varies."""
    pairable = [unit for unit in units if len(unit) > 1]
    observed = sum(sum(distance(one, other) for one in unit for other in unit) / (len(unit) - 1) for unit in pairable)
    totals = Counter(answer for unit in pairable for answer in unit)
    count = sum(totals.values())
    expected = sum(distance(a, b) * n * m for a, n in totals.items() for b, m in totals.items())
    return 1 - (count - 1) * observed / expected if expected else None


def alpha_interval(units: Sequence[Sequence[Hashable]], distance: Distance = nominal) -> Interval | None:
    """Return alpha with its percentile bootstrap interval: sessions are drawn with replacement (Efron 1979)."""
    pairable = [unit for unit in units if len(unit) > 1]
    estimate = krippendorff_alpha(pairable, distance)
    if estimate is None:
        return None
    chance = random.Random(SEED)
    size = min(len(pairable), RESAMPLED_PAIRS)
    drawn = (krippendorff_alpha(chance.choices(pairable, k=size), distance) for _ in range(_resamples(size)))
    known = sorted(alpha for alpha in drawn if alpha is not None)
    if len(known) < 2:
        return Interval(estimate, None, None)
    tail = (1 - CONFIDENCE) / 2
    return Interval(estimate, quantile(known, tail), quantile(known, 1 - tail))


def kappa_difference(before: Sequence[Pair], after: Sequence[Pair]) -> Interval | None:
    """Return how much higher kappa is for the second of two judges on the same sessions, by paired bootstrap.

    Both sequences are about the same sessions, in the same order."""
    first, second = cohen_kappa(before), cohen_kappa(after)
    if first is None or second is None:
        return None
    chance = random.Random(SEED)
    both = list(zip(before, after, strict=True))
    differences = []
    for _ in range(_resamples(len(both))):
        drawn = chance.choices(both, k=len(both))
        one, other = cohen_kappa([pair for pair, _ in drawn]), cohen_kappa([pair for _, pair in drawn])
        if one is not None and other is not None:
            differences.append(other.estimate - one.estimate)
    tail = (1 - CONFIDENCE) / 2
    differences.sort()
    bounds = (quantile(differences, tail), quantile(differences, 1 - tail)) if len(differences) > 1 else (None, None)
    return Interval(second.estimate - first.estimate, *bounds)


def _resamples(size: int) -> int:
    """Return how often to draw: a page waits for it."""
    return max(100, min(RESAMPLES, 200_000 // max(size, 1)))


def strength_of(kappa: float) -> str:
    """Return the size of a kappa in words: 0.6 and 0.8 as in McHugh (2012)."""
    return "strong" if kappa >= 0.8 else "good" if kappa >= 0.6 else "weak"
