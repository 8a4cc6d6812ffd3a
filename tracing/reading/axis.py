"""The marks of a time axis: round numbers, few enough to be read."""

from typing import NamedTuple

MOST_TICKS = 6
LAST_PERCENT = 95  # so that its label ends within the axis
ROUND_STEPS = (1, 2, 5, 10, 20, 50)  # times a power of ten


class TimeMark(NamedTuple):
    """A mark of the axis, at a place in percent of its length."""

    ms: int
    percent: float


def time_marks(duration_ms: int | None) -> list[TimeMark]:
    """Return the marks for so many milliseconds, from 0 on, MOST_TICKS at most. None for a length that is unknown."""
    if not duration_ms or duration_ms < 1:
        return []
    power = 10 ** max(0, len(str(duration_ms)) - 2)
    step = next(step * power for step in ROUND_STEPS if duration_ms / (step * power) < MOST_TICKS)
    ticks = (TimeMark(ms, round(ms / duration_ms * 100, 2)) for ms in range(0, duration_ms, step))
    return [tick for tick in ticks if tick.percent <= LAST_PERCENT]
