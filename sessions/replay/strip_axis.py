"""The times below the strip of a session: when its bars began, where there is room to say so."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils import timezone

WITH_SECONDS = timedelta(minutes=10)  # the longest session whose times need seconds
# The percent of the strip that a time takes in each format of dates.
TICK_PERCENTS = {"H:i:s": 11.0, "H:i": 8.0, "j M H:i": 16.0}
TIMES_AS_WIDE_ON_A_PHONE = 2.75


class StripTick(NamedTuple):
    """A time at its place, in percent of the strip."""

    left: float
    at: datetime
    is_tight: bool  # it would touch another on a phone


def clock_format(moments: Sequence[datetime]) -> str:
    """Return how times of a session are written: with seconds if it is short, with the day if it has several."""
    local = [timezone.localtime(moment) for moment in (moments[0], moments[-1])] if moments else []
    if local and local[0].date() != local[1].date():
        return "j M H:i"
    return "H:i:s" if local and local[1] - local[0] < WITH_SECONDS else "H:i"


def place_ticks(starts: Sequence[tuple[float, datetime]], clock: str) -> list[StripTick]:
    """Choose from the left what does not touch what was chosen before, and ends before the strip does."""
    width = TICK_PERCENTS[clock]
    ticks: list[StripTick] = []
    free, free_on_a_phone = 0.0, 0.0
    for left, at in starts:
        if not free <= left <= 100 - width:
            continue
        is_tight = not free_on_a_phone <= left <= 100 - width * TIMES_AS_WIDE_ON_A_PHONE
        ticks.append(StripTick(left, at, is_tight))
        free = left + width
        if not is_tight:
            free_on_a_phone = left + width * TIMES_AS_WIDE_ON_A_PHONE
    return ticks
