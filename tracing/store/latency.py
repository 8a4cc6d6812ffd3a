"""Latencies of model calls as histograms that can be added up: percentiles are off by at most RELATIVE_ERROR.

The slots grow by a constant factor, as in Masson, Rim, Lee, "DDSketch" (VLDB 2019): the middle of a slot differs by at
most RELATIVE_ERROR from every value in it."""

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
MAX_LATENCY = timedelta(days=1)  # longer durations count as this one
MILLISECOND = timedelta(milliseconds=1)
WHOLE_CALL, FIRST_TOKEN = "whole", "first_token"  # time until the end, and until the first token

Slots: TypeAlias = dict[str, int]  # number of values by slot; keys are text, as in JSON


def latencies_of(spans: Sequence[SpanRow]) -> dict[str, Slots]:
    """Return the histograms of model calls with a start and an end, or a time of the first token."""
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
    """Return the histogram slot for a duration. Durations below 1 ms share slot 0."""
    return str(math.ceil(math.log(max(min(length, MAX_LATENCY) / MILLISECOND, 1), GROWTH)))


def added(several: Iterable[Mapping[str, int]]) -> Slots:
    """Return the sum of several histograms."""
    total: Slots = {}
    so_far = total.get
    for slots in several:
        for slot, count in slots.items():
            total[slot] = so_far(slot, 0) + count
    return total


def percentiles(slots: Mapping[str, int], shares: Sequence[float]) -> list[float | None]:
    """Return percentiles in milliseconds, interpolated like PostgreSQL's `percentile_cont`, or None without data."""
    if not slots:
        return [None] * len(shares)
    ordered = sorted(zip(map(int, slots), slots.values(), strict=True))
    ends = list(accumulate([count for _, count in ordered]))
    return [_percentile(ordered, ends, share) for share in shares]


def _percentile(ordered: Sequence[tuple[int, int]], ends: Sequence[int], share: float) -> float:
    below, above, weight = quantile_position(share, ends[-1])
    low, high = (_middle(ordered[bisect_right(ends, place)][0]) for place in (below, above))
    return interpolate(low, high, weight)


def _middle(slot: int) -> float:
    return float(2 * GROWTH**slot / (GROWTH + 1))
