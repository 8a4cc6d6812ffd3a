"""What a chart shows, before it is drawn."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from sessions.charts.axes import Axis, axis_of
from sessions.charts.units import ChartUnit, written

ERROR_HUE, BEFORE_HUE, OTHER_HUE = "error", "before", "6"
SERIES_HUES = ("1", "2", "3", "4", "5")  # of the first series; what is left of the values has OTHER_HUE


class Shape(StrEnum):
    """How the values of a plot are drawn."""

    STACK = "stack"  # bars on top of each other: parts of a sum
    GROUP = "group"  # bars side by side
    LINE = "line"
    AREA = "area"  # one line with what is below it


@dataclass(frozen=True, kw_only=True)
class ChartSeries:
    """The values of one colour, bucket by bucket; None where nothing is known.

    `texts` are the values as people read them, if they are more than numbers, such as `≥ $2`. `total` is that of the
    legend."""

    label: str
    hue: str
    values: Sequence[float | None]
    texts: Sequence[str] = ()
    total: str = ""

    def told(self, unit: ChartUnit) -> Sequence[str]:
        """Return the values for people, bucket by bucket."""
        return self.texts or [written(value, unit) for value in self.values]


@dataclass(frozen=True)
class ChartBucket:
    """A stretch of the horizontal axis.

    `label` is written below it, `name` is said of it, `query` is that of its sessions, or empty without any, and
    `code` is how programs read it, if not by its name."""

    label: str
    name: str = ""
    query: str = ""
    code: str = ""

    @property
    def said(self) -> str:
        return self.name or self.label


@dataclass(frozen=True, kw_only=True)
class Plot:
    """A chart: series over buckets. `key` names it in addresses, `noun` heads the first column of its table.

    `behind` is drawn in grey behind the bars, for comparison. `total` is what the bars of a stack come to: it is in
    the table, but not drawn."""

    key: str
    title: str
    name: str = ""  # of several charts with one title
    about: str = ""  # beside the title
    help: str = ""
    unit: ChartUnit
    shape: Shape
    buckets: Sequence[ChartBucket]
    series: Sequence[ChartSeries]
    behind: ChartSeries | None = None
    total: ChartSeries | None = None
    noun: str = "Day"
    notes: Sequence[str] = field(default_factory=list)

    @cached_property
    def axis(self) -> Axis:
        values = [value for one in self.all_series for value in one.values]
        if self.shape == Shape.STACK:
            stacked = [
                sum(found or 0 for found in column) for column in zip(*(s.values for s in self.series), strict=True)
            ]
            values = [*stacked, *(self.behind.values if self.behind else ())]
        return axis_of(values, self.unit, may_be_logarithmic=self.shape == Shape.LINE)

    @property
    def all_series(self) -> list[ChartSeries]:
        """Return every series of the legend."""
        return [*self.series, *([self.behind] if self.behind else [])]

    @cached_property
    def told(self) -> list[ChartSeries]:
        """Return every series of the table, and of what is said of a bucket."""
        return [*self.series, *(one for one in (self.total, self.behind) if one)]

    @cached_property
    def texts(self) -> list[tuple[str, ...]]:
        """Return what is told of each bucket, series by series."""
        return list(zip(*(one.told(self.unit) for one in self.told), strict=True))

    @property
    def has_legend(self) -> bool:
        return len(self.all_series) > 1 or any(one.total for one in self.series)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(value is not None for one in self.series for value in one.values)

    @property
    def said(self) -> str:
        """Return the chart in words, for a reader who does not see it."""
        scale = ", logarithmic scale" if self.axis.is_logarithmic else ""
        return f"{self.title}{f' {self.about}' if self.about else ''}{scale}. {self.help}".strip()

    def numbers(self) -> list[list[str]]:
        """Return the table for programs: plain numbers, and beside them whether each is a lower bound."""
        head, bounds = [self.noun], [any(text.startswith("≥") for text in one.texts) for one in self.told]
        for one, has_bounds in zip(self.told, bounds, strict=True):
            head += [one.label, *([f"{one.label}, at least"] if has_bounds else [])]
        rows = [head]
        for place, bucket in enumerate(self.buckets):
            row = [bucket.code or bucket.said]
            for one, has_bounds in zip(self.told, bounds, strict=True):
                value = one.values[place]
                row.append("" if value is None else f"{value:.15g}")
                if has_bounds:
                    row.append("yes" if one.texts[place].startswith("≥") else "")
            rows.append(row)
        return rows

    def rows(self) -> list[list[str]]:
        """Return the table of the chart, with its head."""
        head = [self.noun, *(one.label for one in self.told)]
        return [head, *([bucket.said, *texts] for bucket, texts in zip(self.buckets, self.texts, strict=True))]
