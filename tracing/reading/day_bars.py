"""The drawing of amounts per day as stacked bars: a y axis with round numbers, a label for some days, exact values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import orjson

from tracing.formatting import count

DAY_PLOT_HEIGHT = 130  # of the bars; 20 more for the labels
PLOT_TOP = 10
DAYS_BETWEEN_LABELS = 5


@dataclass(frozen=True)
class BarPart:
    """One colour of a bar, in percent of the width and in pixels."""

    colour: str
    top: float
    height: float


@dataclass(frozen=True)
class PlottedDay:
    """A bar: where it stands, its parts, and its values in words."""

    day: date
    left: str
    width: str
    middle: str
    hit_left: str
    hit_width: str
    parts: tuple[BarPart, ...]
    values: tuple[int, ...]
    words: str
    tip_rows: str  # JSON for static/js/charts.js
    is_labelled: bool


@dataclass(frozen=True)
class DayPlot:
    """The whole chart. `series` are names and colours, from the bottom up."""

    title: str
    series: tuple[tuple[str, str], ...]
    days: tuple[PlottedDay, ...]
    ticks: tuple[tuple[float, str], ...]

    @property
    def is_empty(self) -> bool:
        return not any(any(day.values) for day in self.days)


def day_plot(
    title: str, series: Sequence[tuple[str, str]], days: Mapping[date, Sequence[int]], *, written: str = "{:,}"
) -> DayPlot:
    """Return the chart of `days`, which have one value for each series."""
    top = _round_up(max((sum(values) for values in days.values()), default=0))
    share = 100 / max(len(days), 1)
    plotted = []
    for place, (day, values) in enumerate(sorted(days.items())):
        parts, below = [], 0.0
        for (_, colour), value in zip(series, values, strict=True):
            height = value / top * (DAY_PLOT_HEIGHT - PLOT_TOP)
            below += height
            parts.append(BarPart(colour, round(DAY_PLOT_HEIGHT - below, 2), round(height, 2)))
        tips = [(name, written.format(value), colour) for (name, colour), value in zip(series, values, strict=True)]
        said = ", ".join(f"{name} {value}" for name, value, _ in tips)
        plotted.append(
            PlottedDay(
                day,
                f"{share * (place + 0.11):.2f}%",
                f"{share * 0.78:.2f}%",
                f"{share * (place + 0.5):.2f}%",
                f"{share * place:.2f}%",
                f"{share:.2f}%",
                tuple(part for part in parts if part.height),
                tuple(values),
                f"{day.day} {day:%b}: {said}",
                orjson.dumps(tips).decode(),
                place % DAYS_BETWEEN_LABELS == 0,
            )
        )
    steps = [step for step in range(5) if top % 4 == 0 or step in (0, 4)]
    ticks = [(DAY_PLOT_HEIGHT - step / 4 * (DAY_PLOT_HEIGHT - PLOT_TOP), count(top * step // 4)) for step in steps]
    return DayPlot(title, tuple(series), tuple(plotted), tuple(ticks))


def _round_up(value: int) -> int:
    """Return 1, 2, 4 or 8 times a power of ten that is at least `value`."""
    if value <= 4:
        return 4
    power = Decimal(10) ** (len(str(value)) - 1)
    return int(next(step * power for step in (1, 2, 4, 8, 10) if step * power >= value))
