"""The numbers of the dashboard, computed from what sessions/dashboard/reading.py has read.

Counts and sums of a sample are multiplied by the number of sessions that each stands for; means, percentiles and
numbers of users are those of the sample."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_FLOOR, Decimal, localcontext

from sessions.dashboard.parts import (
    EXACT_CONTEXT,
    NOUGHT,
    DashboardPart,
    ModelCost,
    ScorePart,
    Tally,
    added,
    count_by_score,
    ranked,
    together,
)
from sessions.dashboard.queries import TOPS, Wanted
from sessions.dashboard.reading import Sessions, read
from sessions.dashboard.steps import TimeStep
from sessions.listing.listing import Listing

TOP = 8  # values of each set
MAX_DASHBOARD_SCORES = 6  # names, those that most sessions have
MAX_CATEGORIES = 20  # of a score, those that most sessions have
SCORE_BINS = 12  # of a score, roughly
SMALLEST_MEAN_DIFFERENCE = Decimal("1e-12")  # means are rounded to it


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Aggregate figures for a set of sessions. Durations are in ms; `user_count` counts distinct users."""

    session_count: int = 0
    failed: int = 0
    user_count: int = 0
    trace_count: int = 0
    turn_count: int = 0
    total_cost: Decimal = NOUGHT
    unmeasured_count: int = 0
    unpriced_count: int = 0
    total_tokens: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    costs: dict[str, ModelCost] = field(default_factory=dict)  # by model
    median: float | None = None
    high: float | None = None  # 95 of 100 sessions are no longer


@dataclass(frozen=True)
class Scored:
    """The sessions that have scores of one name; `mean` is the mean of their means."""

    session_count: int = 0
    mean_count: int = 0
    sum: Decimal = NOUGHT

    @property
    def mean(self) -> Decimal | None:
        return self.sum / self.mean_count if self.mean_count else None


@dataclass(frozen=True, kw_only=True)
class ScoreBin:
    """Sessions whose mean is from `start` until just before `end`; `low` and `high` are the outermost means."""

    start: Decimal
    end: Decimal
    session_count: int
    low: Decimal
    high: Decimal
    means: list[tuple[Decimal, int]]  # with how many sessions have each


@dataclass(frozen=True, kw_only=True)
class DashboardScore:
    """All scores of one name: in total, by step, by mean, and by category.

    `categories` are the most frequent of `category_count`."""

    name: str
    total: Scored
    steps: list[Scored]
    bins: list[ScoreBin]
    categories: list[tuple[str, int]]
    category_count: int


@dataclass(frozen=True, kw_only=True)
class DashboardNumbers:
    """Everything that a dashboard shows.

    `heat` counts sessions by weekday, Monday first, and hour. `scores` are the most frequent of `score_count` names.
    `sample_size` is 0 when every session was read."""

    facts: Facts
    steps: list[Facts]
    tops: dict[str, list[tuple[str, int]]]
    heat: list[list[int]]
    scores: list[DashboardScore]
    score_count: int
    sample_size: int

    @property
    def error(self) -> float:
        """Return how far the number of sessions may be off, in percent, in 19 of 20 cases."""
        return 196 / math.sqrt(self.sample_size) if self.sample_size else 0.0


@dataclass(frozen=True, kw_only=True)
class PeriodBefore:
    """The figures of the preceding period, without costs by model; `session_counts` are those of its steps."""

    facts: Facts
    scores: dict[str, Scored]
    session_counts: list[int]


def compute_numbers(
    listing: Listing, sessions: Sessions, steps: Sequence[TimeStep], wanted: Wanted = Wanted.EVERYTHING
) -> DashboardNumbers:
    """Compute the numbers of a dashboard from what is read of its sessions. Raises TooLong.

    What is not wanted is empty."""
    parts, weight = read(listing, sessions, steps, wanted), sessions.weight
    counts = count_by_score(parts)
    names = sorted(counts, key=lambda name: (-counts[name], name))[:MAX_DASHBOARD_SCORES]
    whole = together(parts, names)
    return DashboardNumbers(
        facts=_facts(whole, weight),
        steps=[] if wanted == Wanted.DETAILS else [_facts(part, weight) for part in parts[1:]],
        tops={name: _weighted(whole.values.get(name, {}), weight, TOP) for name in TOPS if wanted != Wanted.FIGURES},
        heat=_heat(parts, weight),
        scores=[_score(name, whole.scores[name], parts, weight) for name in names],
        score_count=len(counts),
        sample_size=whole.session_count if weight > 1 else 0,
    )


def compute_before(
    listing: Listing,
    sessions: Sessions,
    steps: Sequence[TimeStep],
    score_names: Sequence[str],
    wanted: Wanted = Wanted.EVERYTHING,
) -> PeriodBefore:
    """Compute what another period is compared with. Raises TooLong."""
    parts, weight = read(listing, sessions, steps, wanted, is_brief=True), sessions.weight
    whole = together(parts, score_names)
    return PeriodBefore(
        facts=replace(_facts(whole, weight), costs={}),
        scores={name: _scored(score, weight) for name, score in whole.scores.items()},
        session_counts=[part.session_count * weight for part in parts[1:]],
    )


def _heat(parts: Sequence[DashboardPart], weight: int) -> list[list[int]]:
    heat = [[0] * 24 for _ in range(7)]
    for at, count in ranked(added(part.hours for part in parts[1:])):
        day, hour = map(int, at.split())
        heat[day - 1][hour] = count * weight
    return heat


def _score(name: str, score: ScorePart, parts: Sequence[DashboardPart], weight: int) -> DashboardScore:
    return DashboardScore(
        name=name,
        total=_scored(score, weight),
        steps=[_scored(part.scores.get(name), weight) for part in parts[1:]],
        bins=_bins(score.means, weight),
        categories=_weighted(score.categories, weight, MAX_CATEGORIES),
        category_count=sum(map(len, score.categories.values())),
    )


def _facts(part: DashboardPart, weight: int) -> Facts:
    if not part.session_count:
        return Facts()
    return Facts(
        session_count=part.session_count * weight,
        failed=part.failed * weight,
        user_count=part.user_count,
        trace_count=part.trace_count * weight,
        turn_count=part.turn_count * weight,
        total_cost=part.total_cost * weight,
        unmeasured_count=part.unmeasured_count * weight,
        unpriced_count=part.unpriced_count * weight,
        total_tokens=part.total_tokens * weight,
        input_tokens=part.input_tokens * weight,
        output_tokens=part.output_tokens * weight,
        costs={
            model: ModelCost(cost.total_cost * weight, cost.unpriced_count * weight)
            for model, cost in part.costs.items()
        },
        median=part.percentile(0.5),
        high=part.percentile(0.95),
    )


def _scored(score: ScorePart | None, weight: int) -> Scored:
    if not score:
        return Scored()
    return Scored(score.session_count * weight, score.mean_count * weight, score.sum * weight)


def _weighted(values: Tally, weight: int, most: int) -> list[tuple[str, int]]:
    """Return the most frequent values with their counts."""
    return [(value, count * weight) for value, count in ranked(values)[:most]]


def _bins(means: Tally, weight: int) -> list[ScoreBin]:
    """Return the bins of means, including empty ones between others."""
    if not means:
        return []
    with localcontext(EXACT_CONTEXT):
        values = sorted((Decimal(mean), count) for mean, count in ranked(means))
        width = _width(values[0][0], values[-1][0])
        by_place: dict[int, list[tuple[Decimal, int]]] = {}
        for value, count in values:
            place = int((value / width).to_integral_value(ROUND_FLOOR))
            by_place.setdefault(place, []).append((value, count))
        return [
            _bin(width, place, by_place.get(place, []), weight) for place in range(min(by_place), max(by_place) + 1)
        ]


def _width(low: Decimal, high: Decimal) -> Decimal:
    """Return a width of bins that is 1, 2 or 5 times a power of ten and gives about SCORE_BINS of them."""
    rough = (high - low) / SCORE_BINS or Decimal(1)
    power = max(Decimal(1).scaleb(rough.adjusted()), SMALLEST_MEAN_DIFFERENCE)
    return next((power * times for times in (1, 2, 5) if rough <= power * times), power * 10).normalize()


def _bin(width: Decimal, place: int, values: Sequence[tuple[Decimal, int]], weight: int) -> ScoreBin:
    start, end = width * place, width * (place + 1)
    count = sum(count for _, count in values) * weight
    return ScoreBin(
        start=start,
        end=end,
        session_count=count,
        low=values[0][0] if values else start,
        high=values[-1][0] if values else start,
        means=[(mean, number * weight) for mean, number in values],
    )
