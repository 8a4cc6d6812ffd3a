"""How long model calls take, as counts that can be added up: a percentile of any number of traces comes out of their
sums, and is off by RELATIVE_ERROR at most.

Lengths are counted in slots that grow by a constant factor, as in Masson, Rim, Lee, "DDSketch" (VLDB 2019): the middle
of a slot is off by no more than RELATIVE_ERROR from whatever fell into it."""

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import accumulate
from typing import TypeAlias

from projects.quantiles import interpolate, quantile_position
from tracing.records import Kind
from tracing.store.rows import SpanRow

RELATIVE_ERROR = 0.05
GROWTH = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
MAX_LATENCY = timedelta(days=1)  # more than that is no call; it counts as this long
MILLISECOND = timedelta(milliseconds=1)
WHOLE_CALL, FIRST_TOKEN = "whole", "first_token"  # how long until the end, and until the first token

Slots: TypeAlias = dict[str, int]  # how often a length fell into each; keys as JSON has them


def latencies_of(spans: Sequence[SpanRow]) -> dict[str, Slots]:
    """Of the model calls that say when they started and when they ended, or when their first token came."""
    found: dict[str, Slots] = {}
    for span in spans:
        if span.kind != Kind.GENERATION or span.started_at is None:
            continue
        for measure, until in ((WHOLE_CALL, span.ended_at), (FIRST_TOKEN, span.completion_started_at)):
            if until is not None and until >= span.started_at:
                slots, slot = found.setdefault(measure, {}), slot_of(until - span.started_at)
                slots[slot] = slots.get(slot, 0) + 1
    return found


def slot_of(length: timedelta) -> str:
    """Below a millisecond all is one."""
    return str(math.ceil(math.log(max(min(length, MAX_LATENCY) / MILLISECOND, 1), GROWTH)))


def added(several: Iterable[Mapping[str, int]]) -> Slots:
    total: Slots = {}
    so_far = total.get
    for slots in several:
        for slot, count in slots.items():
            total[slot] = so_far(slot, 0) + count
    return total


def percentile(slots: Mapping[str, int], share: float) -> float | None:
    """Milliseconds, between two lengths where none is exactly there, as PostgreSQL's `percentile_cont`."""
    if not slots:
        return None
    ordered = sorted((int(slot), count) for slot, count in slots.items())
    ends = list(accumulate(count for _, count in ordered))
    below, above, weight = quantile_position(share, ends[-1])
    low, high = (_middle(ordered[bisect_right(ends, place)][0]) for place in (below, above))
    return interpolate(low, high, weight)


def _middle(slot: int) -> float:
    return float(2 * GROWTH**slot / (GROWTH + 1))
