"""Shares of a whole as one bar, and hours of the week as a map of shades."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from django.utils.safestring import SafeString, mark_safe

from tracing.formatting import counted, whole_percents

SHADES = 5
ROOM_FOR_TEXT = 0.1  # of the whole: a narrower part has no text
SHARE_GAP = 0.4  # percent between two parts
DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HEAT_ROW_HEIGHT, HEAT_CELL_HEIGHT = 22, 19
HEAT_DAY_WIDTH = 8.0  # percent, of the names of days
HEAT_HEIGHT = HEAT_ROW_HEIGHT * len(DAY_NAMES) + 20


@dataclass(frozen=True)
class SharePart:
    """A part of a whole; `query` is that of its sessions, or empty without any."""

    label: str
    hue: str
    count: int
    query: str = ""


@dataclass(frozen=True)
class ShareRow:
    """A whole with its parts. `query` is that of all its sessions."""

    label: str
    parts: Sequence[SharePart]
    query: str = ""

    @property
    def whole(self) -> int:
        return sum(part.count for part in self.parts)

    @property
    def words(self) -> str:
        """Return the shares in words: `66% solved, 18% refund`."""
        shares = zip(self.parts, self.percents, strict=True)
        return ", ".join(f"{percent} {part.label}" for part, percent in shares if part.count)

    @property
    def percents(self) -> list[str]:
        """The share of each part. Together they are 100%."""
        return whole_percents([part.count for part in self.parts])


@dataclass(frozen=True)
class HourCell:
    """An hour of the week; `query` is empty if nothing began in it, or if its times are too many to name."""

    day: int  # Monday is 0
    hour: int
    count: int
    query: str = ""

    @property
    def day_name(self) -> str:
        return DAY_NAMES[self.day]

    @property
    def words(self) -> str:
        return f"{self.day_name} {self.hour}:00: {counted(self.count, 'session')}"


def mix_markup(row: ShareRow, address: str = "") -> SafeString:
    """Draw the parts of a whole, with links if there is an `address`."""
    drawn, left = [], 0.0
    for part, percent in zip(row.parts, row.percents, strict=True):
        if part.count:
            width = 100 * part.count / row.whole
            drawn.append(_part(part, left, width, percent, address))
            left += width
    return mark_safe(f'<svg class="plot mix" role="group" aria-label="{escape(row.words)}">{"".join(drawn)}</svg>')


def heat_markup(cells: Sequence[HourCell], address: str, zone: str) -> SafeString:
    """Draw the hours of the week; `zone` is that of the hours."""
    most = max((cell.count for cell in cells), default=0)
    days = "".join(
        f'<text x="0" y="{place * HEAT_ROW_HEIGHT + 14}">{name[:3]}</text>' for place, name in enumerate(DAY_NAMES)
    )
    hours = "".join(
        f'<text x="{_hour_left(hour) + 0.2:g}%" y="{HEAT_HEIGHT - 4}">{hour:02}</text>' for hour in (0, 6, 12, 18)
    )
    return mark_safe(
        f'<svg class="plot heat" height="{HEAT_HEIGHT}" role="group"'
        f' aria-label="Sessions by the weekday and hour in which they began, {escape(zone)}">'
        f"{days}{''.join(_cell(cell, most, address) for cell in cells)}{hours}</svg>"
    )


def shade_of(number: int, most: int) -> int:
    """Return 0 for nothing, else 1 to SHADES."""
    return math.ceil(SHADES * number / most) if number and most else 0


def _part(part: SharePart, left: float, width: float, percent: str, address: str) -> str:
    words = escape(f"{part.label}: {counted(part.count, 'session')}, {percent}")
    text = ""
    if width >= 100 * ROOM_FOR_TEXT:
        text = f'<text class="on-{part.hue}" x="{left + 1.2:.2f}%" y="50%" dy="0.35em">{escape(percent)}</text>'
    drawn = (
        f"<title>{words}</title>"
        f'<rect data-d="{part.hue}" x="{left:.2f}%" width="{max(width - SHARE_GAP, 0.3):.2f}%" height="100%" rx="2"/>'
        f"{text}"
    )
    if part.query and address:
        return f'<a href="{address}{escape(part.query)}" aria-label="{words}">{drawn}</a>'
    return f"<g>{drawn}</g>"


def _cell(cell: HourCell, most: int, address: str) -> str:
    words = escape(cell.words)
    drawn = (
        f'<title>{words}</title><rect class="heat-cell" data-h="{shade_of(cell.count, most)}"'
        f' x="{_hour_left(cell.hour):g}%" width="3.5%" y="{cell.day * HEAT_ROW_HEIGHT}" height="{HEAT_CELL_HEIGHT}"'
        ' rx="2"/>'
    )
    if cell.query and address:
        return f'<a href="{address}{escape(cell.query)}" aria-label="{words}">{drawn}</a>'
    return f"<g>{drawn}</g>"


def _hour_left(hour: int) -> float:
    return round(HEAT_DAY_WIDTH + hour * (100 - HEAT_DAY_WIDTH) / 24, 2)
