"""The numbers of the dashboard, out of what sessions/dashboard/reading.py has read. Counts and sums of a sample are
multiplied by what each of its sessions stands for; means, percentiles and different users are its own."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sessions.dashboard.reading import TOPS, Sessions, read, read_facts
from sessions.dashboard.steps import Step
from sessions.listing import Listing

NOUGHT = Decimal(0)


@dataclass(frozen=True)
class Facts:
    """What some sessions come to. Durations in ms; `user_count` of different users."""

    session_count: int = 0
    failed: int = 0
    user_count: int = 0
    trace_count: int = 0
    total_cost: Decimal = NOUGHT
    unpriced_count: int = 0
    total_tokens: int = 0
    median: float | None = None
    high: float | None = None  # 95 of 100 sessions are no longer


@dataclass(frozen=True)
class Scored:
    """The sessions that have scores of one name. `mean` is that of their means."""

    session_count: int = 0
    mean_count: int = 0
    sum: Decimal = NOUGHT

    @property
    def mean(self) -> Decimal | None:
        return self.sum / self.mean_count if self.mean_count else None


@dataclass(frozen=True)
class Bin:
    """Sessions whose mean is from `start` until just before `end`, of which `low` and `high` are the outermost."""

    start: Decimal
    end: Decimal
    session_count: int
    low: Decimal
    high: Decimal


@dataclass(frozen=True)
class Score:
    """All about the scores of one name: in total, by step, by mean, and how many sessions have each category."""

    name: str
    total: Scored
    steps: list[Scored]
    bins: list[Bin]
    categories: list[tuple[str, int]]


@dataclass(frozen=True)
class Numbers:
    """`heat` counts sessions by weekday, Monday first, and hour. `sample_size` is 0 when every session was read."""

    facts: Facts
    steps: list[Facts]
    tops: dict[str, list[tuple[str, int]]]
    heat: list[list[int]]
    scores: list[Score]
    sample_size: int

    @property
    def error(self) -> float:
        """How far the number of sessions may be off, in percent, in 19 of 20 cases."""
        return 196 / math.sqrt(self.sample_size) if self.sample_size else 0.0


def numbers_of(listing: Listing, sessions: Sessions, steps: Sequence[Step]) -> Numbers:
    """Raises TooLong."""
    found = read(listing.project.pk, sessions, [step.start for step in steps])
    weight, places = sessions.weight, range(1, len(steps) + 1)
    by_step, people = found["steps"] or {}, found["people_by_step"] or {}
    heat = [[0] * 24 for _ in range(7)]
    for day, hour, count in found["heat"] or ():
        heat[day - 1][hour] = int(count) * weight
    return Numbers(
        _facts(found["facts"], found["people"], weight),
        [_facts(by_step.get(str(place)), people.get(str(place), 0), weight) for place in places],
        {name: [(value, int(count) * weight) for value, count in found[name] or ()] for name in TOPS},
        heat,
        [_score(name, found, weight, places) for name in _names(found)],
        found["facts"]["session_count"] if weight > 1 else 0,
    )


def before_of(listing: Listing, sessions: Sessions) -> tuple[Facts, dict[str, Scored]]:
    """What another period is compared with, and its scores by name. Raises TooLong."""
    found = read_facts(listing.project.pk, sessions)
    totals = {name: _total(found["scores"], name, sessions.weight) for name in _names(found)}
    return _facts(found["facts"], found["people"], sessions.weight), totals


def _facts(row: Mapping[str, Any] | None, users: int, weight: int) -> Facts:
    if not row or not row["session_count"]:
        return Facts()
    median, high = row["ends"]
    return Facts(
        row["session_count"] * weight,
        row["failed"] * weight,
        int(users),
        int(row["trace_count"]) * weight,
        Decimal(row["total_cost"]) * weight,
        int(row["unpriced_count"]) * weight,
        int(row["total_tokens"]) * weight,
        float(median),
        float(high),
    )


def _names(found: Mapping[str, Any]) -> list[str]:
    """The most frequent first."""
    counts: dict[str, int] = {}
    for row in found["scores"] or ():
        counts[row["name"]] = counts.get(row["name"], 0) + row["session_count"]
    return sorted(counts, key=lambda name: (-counts[name], name))


def _score(name: str, found: Mapping[str, Any], weight: int, places: Sequence[int]) -> Score:
    of_step = {row["step"]: _scored(row, weight) for row in found["scores"] if row["name"] == name}
    return Score(
        name,
        _total(found["scores"], name, weight),
        [of_step.get(place, Scored()) for place in places],
        _bins([row for row in found["bins"] or () if row["name"] == name], weight),
        [(category, int(count) * weight) for owner, category, count in found["categories"] or () if owner == name],
    )


def _total(rows: Sequence[Mapping[str, Any]] | None, name: str, weight: int) -> Scored:
    own = [_scored(row, weight) for row in rows or () if row["name"] == name]
    return Scored(
        sum(row.session_count for row in own), sum(row.mean_count for row in own), sum((row.sum for row in own), NOUGHT)
    )


def _scored(row: Mapping[str, Any], weight: int) -> Scored:
    return Scored(row["session_count"] * weight, row["mean_count"] * weight, Decimal(row["sum"] or 0) * weight)


def _bins(rows: Sequence[Mapping[str, Any]], weight: int) -> list[Bin]:
    """Empty ones too."""
    if not rows:
        return []
    width = Decimal(rows[0]["width"]).normalize()
    by_place = {int(row["place"]): row for row in rows}
    return [
        Bin(
            width * place, width * (place + 1), row["session_count"] * weight if row else 0,
            Decimal(row["low"] if row else width * place), Decimal(row["high"] if row else width * place),
        )
        for place in range(min(by_place), max(by_place) + 1)
        for row in [by_place.get(place)]
    ]  # fmt: skip
