"""How much a number has changed since the period before, in words."""

from dataclasses import dataclass
from decimal import Decimal

from sessions.charts.units import ChartUnit
from sessions.dashboard.measures import Better, stated

ALIKE = 0.005  # a change below half a percent is none


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change: `direction` is up, down or empty, `words` say how much, and `before` what it was.

    `tone` is good or bad where less or more is better, and otherwise empty."""

    direction: str
    words: str
    before: str
    tone: str = ""


def delta_of(
    now: float | Decimal | None,
    before: float | Decimal | None,
    unit: ChartUnit,
    better: Better,
    *,
    unknown: tuple[int, int] = (0, 0),
) -> Change | None:
    """Return the change from `before` to `now`, or None if either of them is unknown.

    Of lower bounds nobody knows the change: only what it was before is said then."""
    if now is None or before is None:
        return None
    was = stated(before, unit, unknown[1])
    if any(unknown) or not before:
        return Change(direction="", words="", before=was)
    change = float(now) - float(before)
    if abs(change) / abs(float(before)) < ALIKE:
        return Change(direction="", words="no change", before=was)
    direction = "up" if change > 0 else "down"
    words = f"{_points(abs(change))} points" if unit == ChartUnit.SHARE else f"{_percent(change / abs(float(before)))}%"
    return Change(direction=direction, words=words, before=was, tone=_tone(direction, better))


def _tone(direction: str, better: Better) -> str:
    if better == Better.NEITHER:
        return ""
    return "good" if (direction == "up") == (better == Better.MORE) else "bad"


def _percent(share: float) -> str:
    return f"{abs(share) * 100:,.0f}"


def _points(share: float) -> str:
    return f"{share * 100:.1f}"
