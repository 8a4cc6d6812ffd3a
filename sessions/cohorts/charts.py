"""Distributions of several groups on a shared axis: bins with round edges, medians, and cumulative lines.

Bins know the inclusive bounds with which the list shows exactly a bar's sessions. The axis goes from 0 to 1."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from projects.quantiles import quantile
from sessions.cohorts.statistics import Sample
from sessions.models.properties import PropertyKind

LINEAR_AXIS_BINS = 20  # of a linear axis, about
SKEWED = 50  # from where on the largest is so many medians away that a linear axis shows one bar
DECIMALS = 12  # of a sum of money and of a score's mean
FRACTION = Decimal(1).scaleb(-DECIMALS)
TICK_STEPS = (1, 2, 5)
SECOND, MINUTE, HOUR, DAY_MS = 1000, 60_000, 3_600_000, 86_400_000
ROUND_TIMES = [
    *(step * 10**power for power in range(3) for step in TICK_STEPS),
    *(unit * times for unit in (SECOND, MINUTE) for times in (1, 2, 5, 10, 20, 30)),
    *(HOUR * times for times in (1, 2, 5, 12)),
    *(DAY_MS * times for times in (1, 2, 4)),
    *(DAY_MS * step * 10**power for power in range(1, 11) for step in TICK_STEPS),
]
POINTS = 80  # of a cumulative line
MAX_TICKS = 6
WHOLE_NUMBER_KINDS = (PropertyKind.DURATION, PropertyKind.NUMBER)


@dataclass(frozen=True)
class HistogramBin:
    """Values from `low` to `high`, both included."""

    low: Decimal
    high: Decimal
    counts: list[int]  # of each group


@dataclass(frozen=True)
class Tick:
    """A mark on the axis, with its value."""

    at: float
    value: Decimal


@dataclass(frozen=True)
class GroupCourse:
    """Where the median of one group lies, and the share of its values at or below each point of the axis."""

    size: int
    median: float | None
    median_at: float
    curve: list[tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class ComparisonChart:
    """Equally wide bins, which hold the values of all groups, and the courses of each."""

    is_logarithmic: bool
    is_cumulative: bool  # whether it shows the curves instead of the bins
    bins: list[HistogramBin]
    courses: list[GroupCourse]
    ticks: list[Tick]


def chart_of(samples: Sequence[Sample], kind: PropertyKind, *, is_cumulative: bool = False) -> ComparisonChart | None:
    """Return the chart of several samples, or None if they have fewer than two different values."""
    spread = sorted(value for sample in samples for value in _ends(sample))
    if not spread or spread[0] == spread[-1] or max(abs(spread[0]), abs(spread[-1])) > 1e18:
        return None
    positive = [above for sample in samples if (above := sample.values[bisect_right(sample.values, 0) :])]
    is_logarithmic = spread[0] >= 0 and _is_skewed(positive)
    if is_logarithmic:
        edges = _logarithmic_edges(spread[0], min(values[0] for values in positive), spread[-1], kind)
    else:
        edges = _round_edges(spread[0], spread[-1], kind)
    return ComparisonChart(
        is_logarithmic=is_logarithmic,
        is_cumulative=is_cumulative,
        bins=_bins(samples, edges, kind),
        courses=[_course(sample, edges, has_curve=is_cumulative) for sample in samples],
        ticks=_ticks(edges),
    )


def _ends(sample: Sample) -> Sequence[float]:
    return (sample.values[0], sample.values[-1]) if sample.values else ()


def _is_skewed(positive: Sequence[Sequence[float]]) -> bool:
    """Return whether the axis is logarithmic, as money and durations often need."""
    return bool(positive) and max(v[-1] for v in positive) / min(quantile(v, 0.5) for v in positive) > SKEWED


def _round_edges(lowest: float, highest: float, kind: PropertyKind) -> list[Decimal]:
    """Return rising edges; the first is at or below all values, the last above them."""
    rough = Decimal(highest) - Decimal(lowest)
    power = Decimal(1).scaleb(math.floor(math.log10(float(rough) / LINEAR_AXIS_BINS)))
    step = next(power * times for times in (*TICK_STEPS, 10) if power * times * LINEAR_AXIS_BINS >= rough)
    step = max(step, Decimal(1)) if kind in WHOLE_NUMBER_KINDS else max(step, FRACTION)
    first = math.floor(Decimal(lowest) / step)
    edges = [first * step]
    while edges[-1] <= highest:
        edges.append((first + len(edges)) * step)
    return edges


def _logarithmic_edges(lowest: float, positive: float, highest: float, kind: PropertyKind) -> list[Decimal]:
    """Return edges each of which is a multiple of the one before; `positive` is the smallest value above zero."""
    least = max(positive, 1.0 if kind in WHOLE_NUMBER_KINDS else max(highest / 1e8, float(FRACTION)))
    powers = range(math.floor(math.log10(least)), math.ceil(math.log10(highest)) + 1)
    steps = [Decimal(times).scaleb(power) for power in powers for times in TICK_STEPS]
    if kind == PropertyKind.DURATION:
        steps = [Decimal(step) for step in ROUND_TIMES]
    first = max(bisect_right(steps, Decimal(least)) - 1, 0)
    edges = steps[first : bisect_right(steps, Decimal(highest)) + 1]
    return [Decimal(0), *edges] if lowest < edges[0] else edges


def _bins(samples: Sequence[Sample], edges: Sequence[Decimal], kind: PropertyKind) -> list[HistogramBin]:
    below = [[bisect_left(sample.values, float(edge)) for edge in edges] for sample in samples]
    least = Decimal(1) if kind in WHOLE_NUMBER_KINDS else FRACTION
    return [
        HistogramBin(edges[at], edges[at + 1] - least, [of[at + 1] - of[at] for of in below])
        for at in range(len(edges) - 1)
    ]


def _ticks(edges: Sequence[Decimal]) -> list[Tick]:
    """Return at most MAX_TICKS ticks; bins are equally wide."""
    last = len(edges) - 1
    every = max(1, math.ceil(last / (MAX_TICKS - 1)))
    return [Tick(number / last, edges[number]) for number in range(0, last + 1, every)]


def _course(sample: Sample, edges: Sequence[Decimal], *, has_curve: bool) -> GroupCourse:
    bounds, median = [float(edge) for edge in edges], sample.quantile(0.5)
    return GroupCourse(
        size=len(sample),
        median=median,
        median_at=0.0 if median is None else _across(median, bounds),
        curve=_curve(sample, bounds) if has_curve else [],
    )


def _across(value: float, bounds: Sequence[float]) -> float:
    """Return where a value lies on the axis, whose bins are equally wide."""
    number = min(max(bisect_right(bounds, value) - 1, 0), len(bounds) - 2)
    part = (value - bounds[number]) / (bounds[number + 1] - bounds[number])
    return (number + min(max(part, 0.0), 1.0)) / (len(bounds) - 1)


def _curve(sample: Sample, bounds: Sequence[float]) -> list[tuple[float, float]]:
    if not sample.values:
        return []
    points, last = [], len(bounds) - 1
    within = max(1, POINTS // last)
    for number in range(last):
        for step in range(within + (number == last - 1)):
            part = step / within
            value = bounds[number] + (bounds[number + 1] - bounds[number]) * part
            points.append(((number + part) / last, bisect_right(sample.values, value) / len(sample)))
    return points
