"""The whole session on one strip: a bar for each turn, or for several, with long waits shortened.

Whatever the session, the database draws at most BARS bars from at most MAX_TIMELINE_TURNS turns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from django.db import connection

from sessions.models import Session

MAX_TIMELINE_TURNS = 50_000
BARS = 240
IDLE_CUT = timedelta(seconds=30)
GAP_WIDTH = 4.0  # percent of the strip that a long wait takes, while there are few of them
GAPS_WIDTH = 40.0  # percent that all of them take together
MAX_WAIT_LABELS = 8  # of the longest waits
LABEL_PERCENT, LABEL_PERCENT_OF_A_PHONE = 7.0, 25.0  # of the strip, that a label takes
MIN_BAR_PERCENT = 0.2

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
        max(stop) - min(start) AS spent, gap
    FROM told, scaled
    GROUP BY gap, floor((waits * gap + (start - waited - origin) * scale) * %(bars)s / 100)
)
SELECT number, last, turn_id, bars.left, bars.right, errors, failed, spent, wait, gap
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


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineBar:
    """One turn or several.

    `left` and `width` are percent of the strip, `failed` is the share of them that has errors."""

    number: int
    last: int
    turn_id: str  # of the first one
    left: float
    width: float
    error_count: int
    failed: float
    duration_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A long wait between two bars."""

    left: float
    width: float
    idle_ms: int
    is_labelled: bool
    is_tight: bool  # its label would touch another on a phone

    @property
    def middle(self) -> float:
        """Return the middle of the gap in percent."""
        return round(self.left + self.width / 2, 2)


@dataclass(frozen=True, slots=True)
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
    rows = _drawn(session, first - 1, min(max(last, first) - first + 1, MAX_TIMELINE_TURNS))
    if not rows:
        return Timeline(bars=[], gaps=[], first=1, last=0, total=session.turn_count)
    last = first + rows[-1].last - 1
    return Timeline(
        bars=[_bar(row, first) for row in rows],
        gaps=_gaps(rows),
        first=first,
        last=last,
        total=max(session.turn_count, last),
    )


def _drawn(session: Session, skipped: int, limit: int) -> list[Drawn]:
    asked: dict[str, Any] = {"project_id": session.project_id, "session_id": session.session_id}
    drawing = {"cut": IDLE_CUT, "gap": GAP_WIDTH, "gaps": GAPS_WIDTH, "bars": BARS}
    with connection.cursor() as cursor:
        cursor.execute(_statement(session), asked | drawing | {"skipped": skipped, "limit": limit})
        return [Drawn(*row) for row in cursor.fetchall()]


def _statement(session: Session) -> str:
    if session.turn_count == session.trace_count:
        return DRAWN.format(turns=TRACES_AS_TURNS, order=ORDER_OF_TRACES)
    return DRAWN.format(turns=EXCHANGES_AS_TURNS, order=ORDER_OF_EXCHANGES)


def _bar(row: Drawn, first: int) -> TimelineBar:
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
    )


def _gaps(rows: Sequence[Drawn]) -> list[Gap]:
    waits = [row for row in rows if row.wait]
    middles = {row.number: row.left - row.gap / 2 for row in waits}
    roomy = _apart(waits, middles, LABEL_PERCENT_OF_A_PHONE, set())
    labelled = _apart(waits, middles, LABEL_PERCENT, roomy)
    return [
        Gap(
            left=round(row.left - row.gap, 2),
            width=round(row.gap, 2),
            idle_ms=round((row.wait or 0) * 1000),
            is_labelled=row.number in labelled,
            is_tight=row.number not in roomy,
        )
        for row in waits
    ]


def _apart(waits: Sequence[Drawn], middles: dict[int, float], least: float, before: set[int]) -> set[int]:
    """Add the longest waits whose labels do not touch if each takes `least` percent to those before.

    They are named by the number of their bar."""
    chosen = set(before)
    for row in sorted(waits, key=lambda row: -(row.wait or 0)):
        is_free = all(abs(middles[row.number] - middles[other]) >= least for other in chosen - {row.number})
        if len(chosen) < MAX_WAIT_LABELS and is_free:
            chosen.add(row.number)
    return chosen
