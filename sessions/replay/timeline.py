"""The whole session on one strip: a bar for each turn, or for several, with long waits shortened.

The database draws at most BARS bars from at most MAX_TIMELINE_TURNS turns. Of few turns, each bar shows its steps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple

from django.db import connection

from sessions.models import Session
from sessions.replay.strip_axis import StripTick, clock_format, place_ticks
from sessions.replay.strip_steps import StripStep, load_steps

MAX_TIMELINE_TURNS = 50_000
BARS = 240
STEPPED_TURNS = 40  # at most; bars of more do not show their steps
GAPS_WIDTH = 40.0  # percent that all gaps take together
LABEL_PERCENT, LABEL_PERCENT_OF_A_PHONE = 6.5, 13.0  # of the strip, that the length of a wait takes
MIN_BAR_PERCENT = 0.2


class WaitScale(NamedTuple):
    """How long nobody does anything before it is a gap, and the percent of the strip that one takes of few."""

    cut: timedelta
    gap: float


MANY_TURNS, FEW_TURNS = WaitScale(timedelta(seconds=30), 8.0), WaitScale(timedelta(seconds=2), 14.0)

# The turns of a session whose traces are one each, and what they are ordered by.
TRACES_AS_TURNS = """SELECT trace_id AS turn_id, error_count, started_at, ended_at FROM trace
            WHERE project_id = %(project_id)s AND session_id = %(session_id)s
            ORDER BY started_at, trace_id OFFSET %(skipped)s LIMIT %(limit)s"""
ORDER_OF_TRACES = "started_at, turn_id"
# The same where a trace may hold several.
EXCHANGES_AS_TURNS = """SELECT coalesce(t.trace_id || ':' || (e.told->>'id'), t.trace_id) AS turn_id,
                coalesce((e.told->>'error_count')::int, t.error_count) AS error_count,
                coalesce((e.told->>'started_at')::timestamptz, t.started_at) AS started_at,
                coalesce((e.told->>'ended_at')::timestamptz, t.ended_at) AS ended_at,
                row_number() OVER (ORDER BY t.started_at, t.trace_id, e.place) AS turn_number
            FROM trace t LEFT JOIN LATERAL jsonb_array_elements(t.exchanges) WITH ORDINALITY AS e(told, place) ON true
            WHERE t.project_id = %(project_id)s AND t.session_id = %(session_id)s
            ORDER BY turn_number OFFSET %(skipped)s LIMIT %(limit)s"""
ORDER_OF_EXCHANGES = "turn_number"

# `told` walks along the turns: `wait` is the long wait that one ended, `waited` and `waits` sum up those until then.
# What is drawn is the time without them, and a gap for each. A bar is what begins in the same BARS-th of the strip.
DRAWN = """
WITH told AS MATERIALIZED (
    SELECT *, coalesce(sum(wait) OVER until, 0) AS waited, count(wait) OVER until AS waits
    FROM (
        SELECT turn_id, error_count, row_number() OVER told AS number,
            date_part('epoch', started_at) AS start, date_part('epoch', ended_at) AS stop,
            date_part('epoch', nullif(greatest(started_at - max(ended_at) OVER before, %(cut)s), %(cut)s)) AS wait
        FROM (
            {turns}
        ) AS asked
        WINDOW told AS (ORDER BY {order}),
            before AS (told ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ) AS walked
    WINDOW until AS (ORDER BY number ROWS UNBOUNDED PRECEDING)
), measured AS (
    SELECT min(start) AS origin, max(stop - waited) - min(start) AS active, max(waits) AS waits,
        coalesce(least(%(gap)s::float8, %(gaps)s::float8 / nullif(max(waits), 0)), 0) AS gap
    FROM told
), scaled AS (
    SELECT origin, gap, (100 - gap * waits) / coalesce(nullif(active, 0), 1) AS scale FROM measured
), bars AS (
    SELECT min(number) AS number, max(number) AS last, min(waits * gap + (start - waited - origin) * scale) AS left,
        max(waits * gap + (stop - waited - origin) * scale) AS right, sum(error_count) AS errors,
        count(*) FILTER (WHERE error_count > 0) AS failed,
        max(stop) - min(start) AS spent, gap, min(start) AS started
    FROM told, scaled
    GROUP BY gap, floor((waits * gap + (start - waited - origin) * scale) * %(bars)s / 100)
)
SELECT number, last, turn_id, bars.left, bars.right, errors, failed, spent, wait, gap, started
FROM bars JOIN told USING (number) ORDER BY number
"""


class Drawn(NamedTuple):
    """A row of DRAWN: positions in percent, `spent` and `wait` in seconds."""

    number: int
    last: int
    turn_id: str  # of the first one
    left: float
    right: float
    error_count: int
    failed_count: int
    spent: float
    wait: float | None  # right before the bar; one within it is not to be seen
    gap: float
    started: float  # seconds since the epoch


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineBar:
    """One turn or several.

    `left` and `width` are percent of the strip, `failed` is the share of them that has errors. Where they are many,
    the bars have no `steps`."""

    number: int
    last: int
    turn_id: str  # of the first one
    left: float
    width: float
    error_count: int
    failed: float
    duration_ms: int
    started_at: datetime
    steps: Sequence[StripStep] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A long wait between two bars."""

    left: float
    width: float
    idle_ms: int
    is_labelled: bool
    is_tight: bool  # it has no room for its label on a phone

    @property
    def right(self) -> float:
        """Return where the gap ends in percent."""
        return round(self.left + self.width, 2)

    @property
    def middle(self) -> float:
        """Return the middle of the gap in percent."""
        return round(self.left + self.width / 2, 2)


@dataclass(frozen=True)
class Timeline:
    """The turns from `first` to `last` of `total`."""

    bars: list[TimelineBar]
    gaps: list[Gap]
    first: int
    last: int
    total: int

    @property
    def is_whole(self) -> bool:
        """Return whether all turns are on it."""
        return self.first == 1 and self.last == self.total

    @property
    def has_steps(self) -> bool:
        """Return whether each bar is one turn with its steps."""
        return any(bar.steps for bar in self.bars)

    @cached_property
    def kinds(self) -> list[str]:
        """Return the kinds of steps that are on it, for a legend: failures last, the others by how often they are."""
        drawn = [step.kind for bar in self.bars for step in bar.steps]
        return sorted(set(drawn), key=lambda kind: (kind == "error", -drawn.count(kind)))

    @cached_property
    def ticks(self) -> list[StripTick]:
        """Return when bars began, as far as there is room."""
        return place_ticks([(bar.left, bar.started_at) for bar in self.bars], self.clock)

    @cached_property
    def clock(self) -> str:
        return clock_format([bar.started_at for bar in self.bars])

    @property
    def error_count(self) -> int:
        return sum(bar.error_count for bar in self.bars)

    @property
    def zoomed_in(self) -> tuple[int, int]:
        """Return the first and last turn of the middle half."""
        quarter = (self.last - self.first + 1) // 4
        return self.first + quarter, max(self.last - quarter, self.first + quarter)

    @property
    def zoomed_out(self) -> tuple[int, int]:
        """Return the first and last turn of a range twice as long."""
        half = (self.last - self.first + 1) // 2
        return max(1, self.first - half), min(self.total, self.last + half)


def compute_timeline(session: Session, first: int = 1, last: int = MAX_TIMELINE_TURNS) -> Timeline:
    """Compute the timeline of a session in one query."""
    first = max(first, 1)
    limit = min(max(last, first) - first + 1, MAX_TIMELINE_TURNS)
    is_short = min(limit, session.turn_count) <= STEPPED_TURNS
    rows = _drawn(session, first - 1, limit, FEW_TURNS if is_short else MANY_TURNS)
    if not rows:
        return Timeline(bars=[], gaps=[], first=1, last=0, total=session.turn_count)
    last = first + rows[-1].last - 1
    steps = load_steps(session, rows) if is_short else {}
    return Timeline(
        bars=[_bar(row, first, steps.get(row.turn_id, ())) for row in rows],
        gaps=[_gap(row) for row in rows if row.wait],
        first=first,
        last=last,
        total=max(session.turn_count, last),
    )


def _drawn(session: Session, skipped: int, limit: int, waits: WaitScale) -> list[Drawn]:
    asked: dict[str, Any] = {"project_id": session.project_id, "session_id": session.session_id}
    drawing = {"cut": waits.cut, "gap": waits.gap, "gaps": GAPS_WIDTH, "bars": BARS}
    with connection.cursor() as cursor:
        cursor.execute(_statement(session), asked | drawing | {"skipped": skipped, "limit": limit})
        return [Drawn(*row) for row in cursor.fetchall()]


def _statement(session: Session) -> str:
    if session.turn_count == session.trace_count:
        return DRAWN.format(turns=TRACES_AS_TURNS, order=ORDER_OF_TRACES)
    return DRAWN.format(turns=EXCHANGES_AS_TURNS, order=ORDER_OF_EXCHANGES)


def _bar(row: Drawn, first: int, steps: Sequence[StripStep]) -> TimelineBar:
    left = min(row.left, 100 - MIN_BAR_PERCENT)
    width = min(max(row.right - left, MIN_BAR_PERCENT), 100 - left)
    return TimelineBar(
        number=row.number + first - 1,
        last=row.last + first - 1,
        turn_id=row.turn_id,
        left=round(left, 2),
        width=round(width, 2),
        error_count=row.error_count,
        failed=row.failed_count / (row.last - row.number + 1),
        duration_ms=round(row.spent * 1000),
        started_at=datetime.fromtimestamp(row.started, UTC),
        steps=steps,
    )


def _gap(row: Drawn) -> Gap:
    return Gap(
        left=round(row.left - row.gap, 2),
        width=round(row.gap, 2),
        idle_ms=round((row.wait or 0) * 1000),
        is_labelled=row.gap >= LABEL_PERCENT,
        is_tight=row.gap < LABEL_PERCENT_OF_A_PHONE,
    )
