"""Counters and timers of this process. Nothing is counted while no CONFAB_METRICS_TOKEN is set.

A process adds what it counted to the sums in Redis every few seconds (reporting.py)."""

import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import ClassVar, NamedTuple

from django.conf import settings

# Upper bounds, in seconds; what takes longer is in a last bucket of its own.
TIMER_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
SUM_PART = "sum"


class Series(NamedTuple):
    """One sum: the metric, its part (a bucket of a timer, or its sum of seconds), and the values of its labels."""

    name: str
    part: str
    values: tuple[str, ...]


class UnreportedCounts:
    """What this process has counted and not yet added to the sums of all."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._held: defaultdict[Series, float] = defaultdict(float)

    def add(self, *amounts: tuple[Series, float]) -> None:
        """Add some amounts at once."""
        with self._lock:
            for series, amount in amounts:
                self._held[series] += amount

    def take(self) -> dict[Series, float]:
        """Return everything, and hold nothing any more."""
        with self._lock:
            taken, self._held = self._held, defaultdict(float)
        return dict(taken)


counts = UnreportedCounts()


def is_counting() -> bool:
    """Return whether anybody may read the counts."""
    return bool(settings.METRICS_TOKEN)


@dataclass(frozen=True)
class Metric:
    """Something that is counted, by the name and the labels that Prometheus shows."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    kind: ClassVar[str] = ""

    def _series(self, part: str, values: dict[str, object]) -> Series:
        return Series(self.name, part, tuple(str(values[label]) for label in self.labels))


@dataclass(frozen=True)
class CountedMetric(Metric):
    """A number that only grows."""

    kind: ClassVar[str] = "counter"

    def add(self, amount: float = 1, **values: object) -> None:
        """Add `amount` to the sum with these values of the labels."""
        if amount and is_counting():
            counts.add((self._series("", values), amount))


@dataclass(frozen=True)
class TimedMetric(Metric):
    """How long something takes, by classes of duration."""

    kind: ClassVar[str] = "histogram"

    def note(self, seconds: float, **values: object) -> None:
        """Count one duration."""
        if is_counting():
            bucket = bisect_left(TIMER_BUCKETS, seconds)
            counts.add((self._series(str(bucket), values), 1), (self._series(SUM_PART, values), seconds))

    @contextmanager
    def timed(self, **values: object) -> Iterator[None]:
        """Count the duration of the block, also of one that fails."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.note(time.perf_counter() - began, **values)
