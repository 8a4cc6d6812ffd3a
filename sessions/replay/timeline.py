"""The whole session on one strip: a bar for each trace, or for a few that lie together, with long waits cut short.

Bounded whatever the session: at most BARS bars are drawn out of at most MOST traces."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sessions.models import Session
from sessions.replay.turns import traces_of

MOST = 50_000
BARS = 240
IDLE_CUT = timedelta(seconds=30)
GAP_WIDTH = 4.0  # percent of the strip that a long wait takes, while there are few of them
GAPS_WIDTH = 40.0  # percent that all of them take together
LABELS = 8  # of the longest waits
NARROWEST = 0.2


class Point(NamedTuple):
    """What is read of a trace."""

    trace_id: str
    started_at: datetime
    ended_at: datetime
    error_count: int


@dataclass(frozen=True, slots=True)
class Bar:
    """One trace or several; `left` and `width` in percent of the strip."""

    number: int
    last: int
    trace_id: str
    left: float
    width: float
    error_count: int
    started_at: datetime
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Gap:
    left: float
    width: float
    idle_ms: int
    is_labelled: bool

    @property
    def middle(self) -> float:
        return round(self.left + self.width / 2, 2)


@dataclass(frozen=True, slots=True)
class Timeline:
    """The turns from `first` to `last` out of `total`."""

    bars: list[Bar]
    gaps: list[Gap]
    first: int
    last: int
    total: int

    @property
    def is_whole(self) -> bool:
        return self.first == 1 and self.last == self.total

    @property
    def error_count(self) -> int:
        return sum(bar.error_count for bar in self.bars)

    @property
    def zoomed_in(self) -> tuple[int, int]:
        """The middle half."""
        quarter = (self.last - self.first + 1) // 4
        return self.first + quarter, max(self.last - quarter, self.first + quarter)

    @property
    def zoomed_out(self) -> tuple[int, int]:
        half = (self.last - self.first + 1) // 2
        return max(1, self.first - half), min(self.total, self.last + half)


def timeline_of(session: Session, first: int = 1, last: int = MOST) -> Timeline:
    """One query."""
    first = max(first, 1)
    columns = ("trace_id", "started_at", "ended_at", "error_count")
    rows = traces_of(session).order_by("started_at", "trace_id").values_list(*columns)
    points = [Point(*row) for row in rows[first - 1 : min(max(last, first), first + MOST)]]
    last = first + len(points) - 1
    if not points:
        return Timeline([], [], 1, 0, session.trace_count)
    return _drawn(points, first, last, max(session.trace_count, last))


def _drawn(points: Sequence[Point], first: int, last: int, total: int) -> Timeline:
    waits, active = _waits(points)
    gap_width = min(GAP_WIDTH, GAPS_WIDTH / len(waits)) if waits else 0.0
    scale = (100 - gap_width * len(waits)) / (active or 1.0)
    shown = set(sorted(waits, key=lambda place: -waits[place])[:LABELS])
    gaps: list[Gap] = []
    bars: list[Bar] = []
    edge, ended_at = 0.0, points[0].started_at
    for place, point in enumerate(points):
        if place in waits:
            gaps.append(Gap(round(edge, 2), round(gap_width, 2), round(waits[place] * 1000), place in shown))
            left = edge = edge + gap_width
            ended_at = point.started_at
        else:
            left = edge - (ended_at - point.started_at).total_seconds() * scale
        right = left + (point.ended_at - point.started_at).total_seconds() * scale
        _add(bars, point, first + place, max(left, 0.0), right)
        if point.ended_at > ended_at:
            edge, ended_at = right, point.ended_at
    return Timeline(bars, gaps, first, last, total)


def _waits(points: Sequence[Point]) -> tuple[dict[int, float], float]:
    """Seconds of each long wait, by the place of the trace that ends it, and the seconds of everything else."""
    waits: dict[int, float] = {}
    ended_at, active = points[0].started_at, 0.0
    for place, point in enumerate(points):
        wait = point.started_at - ended_at
        if wait > IDLE_CUT:
            waits[place] = wait.total_seconds()
            ended_at = point.started_at
        active += max((point.ended_at - ended_at).total_seconds(), 0.0)
        ended_at = max(ended_at, point.ended_at)
    return waits, active


def _add(bars: list[Bar], point: Point, number: int, left: float, right: float) -> None:
    """A bar of its own, or a part of the last one when they cannot be told apart."""
    left, width = round(min(left, 99.8), 2), max(right - left, NARROWEST)
    duration_ms = round((point.ended_at - point.started_at).total_seconds() * 1000)
    if bars and int(left * BARS / 100) == int(bars[-1].left * BARS / 100):
        before = bars.pop()
        width = max(before.left + before.width, left + width) - before.left
        left, errors = before.left, before.error_count + point.error_count
        ended_ms = round((point.ended_at - before.started_at).total_seconds() * 1000)
        spent = max(before.duration_ms, ended_ms)
        bars.append(
            Bar(before.number, number, before.trace_id, left, round(width, 2), errors, before.started_at, spent)
        )
        return
    width = round(min(width, 100 - left), 2)
    bars.append(Bar(number, number, point.trace_id, left, width, point.error_count, point.started_at, duration_ms))
