"""How values of several groups are spread, as SVG: a strip of bars for each group, or cumulative lines, on one axis."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from django.utils.safestring import SafeString, mark_safe

from sessions.charts.drawing import LINE_WIDTH_UNITS, MINOR, percents, pixels
from sessions.charts.units import share

STRIP_HEIGHT, STRIP_HEAD = 72, 18  # pixels of a group's strip, and of the line for its median above the bars
CURVES_HEIGHT = 148  # pixels of cumulative lines
TICKS_HEIGHT = 20  # pixels of the texts below
BAR_GAP = 0.12  # of a bin's width
MEDIAN_TURNS_AT = 0.6  # of the width: a median behind it has its text on its left
LAST_TICK = 0.95  # of the width: a tick behind it ends where it stands
DASHES = {"2": "6 3", "3": "2 3", "4": "8 3 2 3"}  # a colour never stands alone


@dataclass(frozen=True, kw_only=True)
class GroupDistribution:
    """The values of one group: how many are in each bin, and the query of those. Its size is known."""

    letter: str
    label: str
    hue: str
    size: int
    counts: Sequence[int]
    queries: Sequence[str]
    median: str  # as people read it, or empty of no values
    median_at: float
    curve: Sequence[tuple[float, float]]  # the share of values up to each point

    def share(self, place: int) -> float:
        """Return the share of values in a bin."""
        return self.counts[place] / self.size if self.size else 0.0


@dataclass(frozen=True, kw_only=True)
class DistributionPlot:
    """Groups on one axis, whose places are from 0 to 1. It shows curves if `is_cumulative`, otherwise bins."""

    key: str
    title: str
    bins: Sequence[str]  # as people read them
    ticks: Sequence[tuple[float, str]]
    groups: Sequence[GroupDistribution]
    is_cumulative: bool
    is_logarithmic: bool

    @property
    def height(self) -> int:
        """Return the height in pixels, with the texts of the axis."""
        return self._plain_height + TICKS_HEIGHT

    @property
    def about(self) -> str:
        """Return what is drawn, in words."""
        kind = "cumulative share" if self.is_cumulative else "share"
        return f"{kind} of each group's sessions{', logarithmic axis' if self.is_logarithmic else ''}"

    @property
    def _plain_height(self) -> int:
        return CURVES_HEIGHT if self.is_cumulative else STRIP_HEIGHT * len(self.groups)

    def marks(self, address: str = "") -> SafeString:
        """Draw everything inside of the frame. With an `address` of a list, each bar leads to its sessions."""
        drawn = self._curves() if self.is_cumulative else self._strips(address)
        return mark_safe("".join([*drawn, *self._ticks()]))

    def _ticks(self) -> Iterator[str]:
        for number, (at, text) in enumerate(self.ticks):
            anchor = "start" if not number else "end" if at > LAST_TICK else "middle"
            minor = MINOR if number % 2 else ""
            yield (
                f'<text{minor} x="{percents(at)}" y="{self.height - 4}" text-anchor="{anchor}">{escape(text)}</text>'
            )

    def _curves(self) -> Iterator[str]:
        for level, text in ((0, ""), (CURVES_HEIGHT // 2, "50%"), (CURVES_HEIGHT, "")):
            line = f'<line class="grid" x1="0" x2="100%" y1="{level}" y2="{level}"/>'
            yield f'{line}<text x="0" y="{level - 3}">{text}</text>'
        lines = "".join(_curve(group) for group in self.groups if group.curve)
        yield (
            f'<svg class="overlay" viewBox="0 0 {LINE_WIDTH_UNITS} {CURVES_HEIGHT}" preserveAspectRatio="none"'
            f' width="100%" height="{CURVES_HEIGHT}" aria-hidden="true">{lines}</svg>'
        )

    def _strips(self, address: str) -> Iterator[str]:
        places = range(len(self.bins))
        highest = max((group.share(place) for group in self.groups for place in places), default=0.0) or 1.0
        for number, group in enumerate(self.groups):
            base = STRIP_HEIGHT * (number + 1)
            for place in places:
                if group.counts[place]:
                    yield self._bar(group, place, base, highest, address)
            yield f'<line class="axis" x1="0" x2="100%" y1="{base}" y2="{base}"/>'
            if group.median:
                yield _median(group, base)

    def _bar(self, group: GroupDistribution, place: int, base: int, highest: float, address: str) -> str:
        height = max((STRIP_HEIGHT - STRIP_HEAD) * group.share(place) / highest, 1.0)
        width = 1 / len(self.bins)
        across = f'x="{percents(width * (place + BAR_GAP / 2))}" width="{percents(width * (1 - BAR_GAP))}"'
        drawn = (
            f'<rect class="bar" data-d="{group.hue}" data-bar="{group.letter}-{place}" {across}'
            f' y="{pixels(base - height)}" height="{pixels(height)}"/>'
        )
        if not address:
            return drawn
        number, part = f"{group.counts[place]:,}", share(group.share(place))
        rows = escape(json.dumps([("Share", part, group.hue), ("Sessions", number, group.hue)]))
        title = escape(f"{group.letter}, {self.bins[place]}")
        hit = f'<rect class="hit" {across} y="{base - STRIP_HEIGHT}" height="{STRIP_HEIGHT}"/>'
        inside = f"<title>{group.letter}: {number} ({part})</title>{drawn}{hit}"
        return (
            f'<a href="{address}{escape(group.queries[place])}" tabindex="-1" aria-hidden="true"'
            f' data-tip-title="{title}" data-tip-rows="{rows}">{inside}</a>'
        )


def distribution_markup(plot: DistributionPlot, address: str) -> SafeString:
    """Draw the chart for a page. A program reads its table, which has the same links."""
    said = escape(f"{plot.title}: {plot.about}. The table below has the numbers.")
    return mark_safe(
        f'<svg class="plot" height="{plot.height}" role="group" aria-label="{said}">{plot.marks(address)}</svg>'
    )


def _median(group: GroupDistribution, base: int) -> str:
    top, across = base - STRIP_HEIGHT, percents(group.median_at)
    is_left = group.median_at > MEDIAN_TURNS_AT
    return (
        f'<line class="median" x1="{across}" x2="{across}" y1="{top + 4}" y2="{base}"/>'
        f'<text class="median-label" x="{across}" dx="{-4 if is_left else 4}" y="{top + 13}"'
        f' text-anchor="{"end" if is_left else "start"}">{group.letter} median {escape(group.median)}</text>'
    )


def _curve(group: GroupDistribution) -> str:
    points = " L".join(f"{pixels(x * LINE_WIDTH_UNITS)} {pixels((1 - y) * CURVES_HEIGHT)}" for x, y in group.curve)
    dashes = f' stroke-dasharray="{DASHES[group.hue]}"' if group.hue in DASHES else ""
    return f'<path class="line" data-d="{group.hue}" data-group="{group.letter}"{dashes} d="M{points}"/>'
