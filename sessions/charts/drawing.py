"""Plots as SVG for pages: as wide as there is room, each bucket a link.

Horizontal places are percentages, vertical ones pixels. Lines are in a drawing of their own, which is stretched."""

from collections.abc import Iterator, Sequence
from html import escape

import orjson
from django.utils.safestring import SafeString, mark_safe

from sessions.charts.axes import Axis, spaced
from sessions.charts.plots import ChartSeries, Plot, Shape

PLOT_HEIGHT = 190
PLOT_TOP, PLOT_BOTTOM = 10, 20  # room above the highest tick, and below the axis for labels
LINE_WIDTH_UNITS = 1000  # of the stretched drawing
BAR_SHARE = 0.78  # of its bucket's width, together with the grey bar behind it
BEHIND_SHIFT = 0.2  # of a bucket's width, by which a grey bar stands behind
LEAST_BAR = 1.5  # pixels: what is there can be seen, however little it is
MOST_LABELS = 10
MINOR = ' class="minor"'  # a label that narrow charts leave out
CHARACTER_WIDTH = 6.4  # pixels of a digit of a label
WIDE_CHARACTER = 7.2  # pixels of a letter, in fonts that are wide


def page_markup(plot: Plot, address: str, height: int = PLOT_HEIGHT) -> SafeString:
    """Draw the chart for a page; `address` is the list to which the queries of its buckets belong."""
    axis = plot.axis
    width = axis_width(axis)
    return mark_safe(
        f'<svg class="plot plot-y" width="{width}" height="{height}" aria-hidden="true">'
        f"{axis_labels(axis, width, height)}</svg>"
        f'<svg class="plot dashboard-series" height="{height}" role="group" aria-label="{escape(plot.said)}">'
        f"{marks(plot, axis, height)}{''.join(_links(plot, address, height))}{bucket_labels(plot, height)}</svg>"
    )


def axis_width(axis: Axis) -> int:
    """Return how wide the labels of the axis are, with the space beside them."""
    return round(max(len(text) for _, text in axis.ticks) * CHARACTER_WIDTH) + 10


def axis_labels(axis: Axis, width: int, height: int) -> str:
    return "".join(
        f'<text x="{width - 8}" y="{pixels(_y(axis, value, height) + 3.5)}" text-anchor="end">{escape(text)}</text>'
        for value, text in axis.ticks
    )


def marks(plot: Plot, axis: Axis, height: int) -> str:
    """Draw gridlines, then bars or lines."""
    grid = "".join(
        f'<line class="{"axis" if value == _base(axis) else "grid"}" x1="0" x2="100%"'
        f' y1="{pixels(_y(axis, value, height))}" y2="{pixels(_y(axis, value, height))}"/>'
        for value, _ in axis.ticks
    )
    if plot.shape in (Shape.LINE, Shape.AREA):
        return grid + _lines(plot, axis, height)
    return grid + "".join(_bars(plot, axis, height))


def bucket_labels(plot: Plot, height: int, width: float = 0) -> str:
    """Write labels below the axis, every other one only where there is room; they are cut if the `width` is known."""
    count = len(plot.buckets)
    places = spaced(count, MOST_LABELS)
    room = width / max(len(places), 1) if width else 0
    return "".join(
        f'<text x="{percents((place + 0.5) / count)}" y="{height - 3}" text-anchor="middle"'
        f"{MINOR if number % 2 else ''}>{escape(fitting(plot.buckets[place].label, room))}</text>"
        for number, place in enumerate(places)
    )


def fitting(text: str, width: float) -> str:
    """Return the text, cut to a width in pixels if that is known."""
    most = int(width / WIDE_CHARACTER) - 1
    return text if not width or len(text) <= most else f"{text[: max(most - 1, 1)]}…"


def spark(values: Sequence[float | None]) -> tuple[str, str]:
    """Return the line of a sparkline in a box of 100 x 32, and the area below it; of what is unknown nothing."""
    known = [value for value in values if value is not None]
    if len(values) < 2 or not known:
        return "", ""
    low, high, step = min(0.0, *known), max(known), 100 / (len(values) - 1)
    lines, areas = [], []
    for run in _runs(values):
        points = " L".join(
            f"{pixels(place * step)} {pixels(28 - 24 * (value - low) / ((high - low) or 1))}" for place, value in run
        )
        lines.append(f"M{points}{' h0.01' if len(run) == 1 else ''}")
        areas.append(f"M{pixels(run[0][0] * step)} 32 L{points} L{pixels(run[-1][0] * step)} 32z")
    return " ".join(lines), " ".join(areas)


def _links(plot: Plot, address: str, height: int) -> Iterator[str]:
    width = 1 / max(len(plot.buckets), 1)
    size = f'width="{percents(width)}" y="0" height="{height - PLOT_BOTTOM}"'
    looks = [(one.label, one.hue) for one in plot.told]
    for place, (bucket, texts) in enumerate(zip(plot.buckets, plot.texts, strict=True)):
        rows = [(label, text or "none", hue) for (label, hue), text in zip(looks, texts, strict=True)]
        title = escape(bucket.said)
        words = f"{title}: {escape(', '.join([f'{label} {value}' for label, value, _ in rows]))}"
        tip = f'data-tip-title="{title}" data-tip-rows="{escape(orjson.dumps(rows).decode())}"'
        inside = f'<title>{words}</title><rect class="hit" x="{percents(place * width)}" {size}/>'
        if bucket.query:
            yield f'<a href="{address}{escape(bucket.query)}" aria-label="{words}" {tip}>{inside}</a>'
        else:
            yield f"<g {tip}>{inside}</g>"


def _bars(plot: Plot, axis: Axis, height: int) -> Iterator[str]:
    width = 1 / max(len(plot.buckets), 1)
    wide = width * (BAR_SHARE - (BEHIND_SHIFT if plot.behind else 0))
    for place in range(len(plot.buckets)):
        left = place * width + width * (1 - BAR_SHARE) / 2
        if plot.behind and (before := plot.behind.values[place]):
            yield _bar(axis, height, left + width * BEHIND_SHIFT, wide, (0, before), 'class="before-mark"')
        if plot.shape == Shape.GROUP:
            each = wide / len(plot.series)
            for number, one in enumerate(plot.series):
                if value := one.values[place]:
                    yield _bar(axis, height, left + number * each, each, (0, value), f'data-d="{one.hue}"')
        else:
            yield from _stack(plot.series, place, axis, height, left, wide)


def _stack(
    series: Sequence[ChartSeries], place: int, axis: Axis, height: int, left: float, width: float
) -> Iterator[str]:
    reached = 0.0
    for one in series:
        if value := one.values[place]:
            yield _bar(axis, height, left, width, (reached, reached + value), f'data-d="{one.hue}"')
            reached += value


def _bar(axis: Axis, height: int, left: float, width: float, ends: tuple[float, float], look: str) -> str:
    from_, to = (_y(axis, value, height) for value in ends)
    tall = max(abs(from_ - to), LEAST_BAR)
    top = from_ - tall if to <= from_ else from_
    return f'<rect {look} x="{percents(left)}" width="{percents(width)}" y="{pixels(top)}" height="{pixels(tall)}"/>'


def _lines(plot: Plot, axis: Axis, height: int) -> str:
    drawn = []
    for one in reversed(plot.series):
        runs = _runs(one.values)
        if plot.shape == Shape.AREA:
            base = pixels(_y(axis, _base(axis), height))
            areas = " ".join(
                f"M{_x(run[0][0], plot)} {base} L{_points(run, plot, axis, height)} L{_x(run[-1][0], plot)} {base}z"
                for run in runs
            )
            drawn.append(f'<path class="area" data-d="{one.hue}" d="{areas}"/>')
        lines = " ".join(f"M{_points(run, plot, axis, height)}{' h0.01' if len(run) == 1 else ''}" for run in runs)
        drawn.append(f'<path class="line" data-d="{one.hue}" d="{lines}"/>')
    return (
        f'<svg class="overlay" viewBox="0 0 {LINE_WIDTH_UNITS} {height}" preserveAspectRatio="none" width="100%"'
        f' height="{height}" aria-hidden="true">{"".join(drawn)}</svg>'
    )


def _runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """Return the stretches of a line without gaps."""
    runs: list[list[tuple[int, float]]] = []
    for place, value in enumerate(values):
        if value is None:
            continue
        if runs and runs[-1][-1][0] == place - 1:
            runs[-1].append((place, value))
        else:
            runs.append([(place, value)])
    return runs


def _points(run: Sequence[tuple[int, float]], plot: Plot, axis: Axis, height: int) -> str:
    return " L".join(f"{_x(place, plot)} {pixels(_y(axis, value, height))}" for place, value in run)


def _x(place: int, plot: Plot) -> str:
    return pixels((place + 0.5) / len(plot.buckets) * LINE_WIDTH_UNITS)


def _y(axis: Axis, value: float, height: int) -> float:
    return height - PLOT_BOTTOM - axis.place(value) * (height - PLOT_BOTTOM - PLOT_TOP)


def _base(axis: Axis) -> float:
    return axis.low if axis.is_logarithmic else 0.0


def pixels(number: float) -> str:
    """Write pixels."""
    return f"{round(number, 1):g}"


def percents(share: float) -> str:
    """Write a share of the width as SVG has it: `12.5%`."""
    return f"{round(share * 100, 2):g}%"
