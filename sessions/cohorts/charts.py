"""Distributions of several groups on shared axes, as plain geometry: bars, lines and ticks.

The chart is COMPARISON_CHART_WIDTH x COMPARISON_CHART_HEIGHT. Bins have round edges, and know the inclusive bounds
with which the list shows exactly a bar's sessions."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from projects.quantiles import quantile
from sessions.cohorts.statistics import Sample
from sessions.models.properties import PropertyKind

COMPARISON_CHART_WIDTH, COMPARISON_CHART_HEIGHT = 720, 200
LEFT, RIGHT, TOP, BOTTOM = 44, 30, 8, 24
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
WHOLE_NUMBER_KINDS = (PropertyKind.DURATION, PropertyKind.NUMBER)


@dataclass(frozen=True)
class HistogramBin:
    """Values from `low` to `high`, both included."""

    low: Decimal
    high: Decimal
    counts: list[int]  # of each group


@dataclass(frozen=True, kw_only=True)
class HistogramBar:
    """The bar of one group in one bin."""

    place: int
    bin: int
    x: float
    y: float
    width: float
    height: float
    count: int
    share: float


@dataclass(frozen=True)
class Tick:
    """A mark on the axis with its text."""

    at: float
    value: Decimal


@dataclass(frozen=True, kw_only=True)
class ComparisonChart:
    """The `bars` of a histogram (share of each group's sessions), or `lines` of cumulative shares."""

    is_logarithmic: bool
    bins: list[HistogramBin]
    bars: list[HistogramBar]
    lines: list[str]  # points of a polyline, group by group
    ticks: list[Tick]
    levels: list[Tick]  # of the vertical axis, shares

    @property
    def words(self) -> str:
        """What the chart shows, for a reader who does not see it."""
        kind = "cumulative share" if self.lines else "share"
        return f"{kind} of each group's sessions{', logarithmic axis' if self.is_logarithmic else ''}"


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
    bins = _bins(samples, edges, kind)
    highest = 1.0 if is_cumulative else _highest(bins, samples)
    ticks, places = _ticks(edges)
    if is_cumulative:
        return ComparisonChart(
            is_logarithmic=is_logarithmic,
            bins=bins,
            bars=[],
            lines=[_line(s, edges, places) for s in samples],
            ticks=ticks,
            levels=_levels(highest),
        )
    return ComparisonChart(
        is_logarithmic=is_logarithmic,
        bins=bins,
        bars=_bars(bins, samples, places, highest),
        lines=[],
        ticks=ticks,
        levels=_levels(highest),
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


def _highest(bins: Sequence[HistogramBin], samples: Sequence[Sample]) -> float:
    shares = [one.counts[place] / len(s) for one in bins for place, s in enumerate(samples) if len(s)]
    top = max(shares, default=1.0)
    return next((level for level in (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8) if level >= top), 1.0)


def _ticks(edges: Sequence[Decimal]) -> tuple[list[Tick], list[float]]:
    """Return the ticks of the edges that have room for their text; bins are equally wide."""
    width = (COMPARISON_CHART_WIDTH - LEFT - RIGHT) / (len(edges) - 1)
    places = [round(LEFT + number * width, 1) for number in range(len(edges))]
    every = max(1, math.ceil(64 / width))
    ticks = [Tick(places[number], edges[number]) for number in range(0, len(edges), every)]
    return ticks, places


def _levels(highest: float) -> list[Tick]:
    shares = [Decimal(str(round(highest * part / 2, 3))) for part in range(3)]
    return [Tick(round(_y(float(share) / highest), 1), share) for share in shares]


def _y(share_of_highest: float) -> float:
    return TOP + (COMPARISON_CHART_HEIGHT - TOP - BOTTOM) * (1 - share_of_highest)


def _bars(
    bins: Sequence[HistogramBin], samples: Sequence[Sample], places: Sequence[float], highest: float
) -> list[HistogramBar]:
    bars = []
    for number, one in enumerate(bins):
        whole = places[number + 1] - places[number]
        width = whole * 0.84 / len(samples)
        for place, size in enumerate(map(len, samples)):
            if one.counts[place]:
                share = one.counts[place] / size
                y = _y(share / highest)
                x = places[number] + whole * 0.08 + place * width
                height = max(COMPARISON_CHART_HEIGHT - BOTTOM - y, 1.0)
                bars.append(
                    HistogramBar(
                        place=place,
                        bin=number,
                        x=_1(x),
                        y=_1(COMPARISON_CHART_HEIGHT - BOTTOM - height),
                        width=_1(width),
                        height=_1(height),
                        count=one.counts[place],
                        share=share,
                    )
                )
    return bars


def _line(sample: Sample, edges: Sequence[Decimal], places: Sequence[float]) -> str:
    """Return the line of the share of values at or below each point."""
    if not sample.values:
        return ""
    points, bounds = [], [float(edge) for edge in edges]
    within = max(1, POINTS // (len(edges) - 1))
    for number in range(len(edges) - 1):
        for step in range(within + (number == len(edges) - 2)):
            part = step / within
            value = bounds[number] + (bounds[number + 1] - bounds[number]) * part
            x = places[number] + (places[number + 1] - places[number]) * part
            points.append(f"{_1(x)},{_1(_y(bisect_right(sample.values, value) / len(sample)))}")
    return " ".join(points)


def _1(number: float) -> float:
    return round(number, 1)
