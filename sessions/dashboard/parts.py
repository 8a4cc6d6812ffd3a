"""Figures of the sessions of one step, in a form that can be added up exactly."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal, localcontext
from itertools import chain
from typing import TypeAlias

from projects.quantiles import interpolate, quantile_position

NOUGHT = Decimal(0)
EXACT_CONTEXT = Context(prec=1_000)  # digits: more than a sum of the longest means has
# Values by how often each came: many came as seldom as each other, which are added up in a fraction of the time.
Tally: TypeAlias = Mapping[int, Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class ScorePart:
    """The sessions that have scores of one name, by their mean as text, and by category.

    A session may have several categories. `sum` is that of the means."""

    session_count: int = 0
    mean_count: int = 0
    sum: Decimal = NOUGHT
    means: Tally = field(default_factory=dict)
    categories: Tally = field(default_factory=dict)


@dataclass(frozen=True)
class ModelCost:
    """What the calls of one model cost; that of `unpriced_count` of them is unknown."""

    total_cost: Decimal = NOUGHT
    unpriced_count: int = 0


@dataclass(frozen=True, kw_only=True)
class DashboardPart:
    """The figures of the sessions of one or several steps.

    `durations` in ms are one or several sorted runs; `values` says for each set how many sessions have a value,
    `hours` how many began in an hour of the week, written `1 23` for the last hour of Monday."""

    session_count: int = 0
    failed: int = 0
    trace_count: int = 0
    turn_count: int = 0
    total_cost: Decimal = NOUGHT
    unmeasured_count: int = 0
    unpriced_count: int = 0
    total_tokens: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    costs: Mapping[str, ModelCost] = field(default_factory=dict)  # by model
    durations: Sequence[Sequence[int]] = ()
    values: Mapping[str, Tally] = field(default_factory=dict)
    hours: Tally = field(default_factory=dict)
    scores: Mapping[str, ScorePart] = field(default_factory=dict)

    @property
    def user_count(self) -> int:
        """Return the number of distinct users."""
        return sum(map(len, self.values.get("user_ids", {}).values()))

    def percentile(self, share: float) -> float | None:
        """Return a percentile of durations, or None of no sessions: PostgreSQL's, to the last bit."""
        if not self.session_count:
            return None
        below, above, weight = quantile_position(share, self.session_count)
        return interpolate(float(nth(self.durations, below)), float(nth(self.durations, above)), weight)


def count_by_score(parts: Sequence[DashboardPart]) -> Counter[str]:
    """Return how many sessions of all parts have each score."""
    total: Counter[str] = Counter()
    for part in parts:
        total.update({name: score.session_count for name, score in part.scores.items()})
    return total


def together(parts: Sequence[DashboardPart], score_names: Iterable[str]) -> DashboardPart:
    """Merge parts, no two of which have a session in common.

    Scores are merged for the given names only: there may be very many."""
    set_names = dict.fromkeys(chain.from_iterable(part.values for part in parts))
    return DashboardPart(
        session_count=sum(part.session_count for part in parts),
        failed=sum(part.failed for part in parts),
        trace_count=sum(part.trace_count for part in parts),
        turn_count=sum(part.turn_count for part in parts),
        total_cost=exact_sum(part.total_cost for part in parts),
        unmeasured_count=sum(part.unmeasured_count for part in parts),
        unpriced_count=sum(part.unpriced_count for part in parts),
        total_tokens=sum(part.total_tokens for part in parts),
        input_tokens=sum(part.input_tokens for part in parts),
        output_tokens=sum(part.output_tokens for part in parts),
        costs=_costs_together(parts),
        durations=[run for part in parts for run in part.durations],
        values={name: added(part.values.get(name, {}) for part in parts) for name in set_names},
        hours=added(part.hours for part in parts),
        scores={
            name: _scores_together([part.scores[name] for part in parts if name in part.scores]) for name in score_names
        },
    )


def nth(runs: Sequence[Sequence[int]], index: int) -> int:
    """Return the value at `index` of all runs sorted together.

    That is the smallest value that at least index + 1 values are less than or equal to; bisecting values is quicker
    than sorting."""
    low, high = min(run[0] for run in runs), max(run[-1] for run in runs)
    while low < high:
        middle = (low + high) // 2
        if sum(bisect_right(run, middle) for run in runs) > index:
            high = middle
        else:
            low = middle + 1
    return low


def exact_sum(numbers: Iterable[Decimal]) -> Decimal:
    """Add decimals without rounding."""
    with localcontext(EXACT_CONTEXT):
        return sum(numbers, NOUGHT)


def tally(counts: Mapping[str, int]) -> Tally:
    """Return the values by their count."""
    found: dict[int, list[str]] = {}
    for value, count in counts.items():
        found.setdefault(count, []).append(value)
    return found


def ranked(values: Tally) -> list[tuple[str, int]]:
    """Return the values with their counts, the most frequent first."""
    return [(value, count) for count in sorted(values, reverse=True) for value in sorted(values[count])]


def added(several: Iterable[Tally]) -> Tally:
    """Add tallies."""
    alike: dict[int, list[Sequence[str]]] = {}
    for values in several:
        for count, those in values.items():
            alike.setdefault(count, []).append(those)
    total: Counter[str] = Counter()
    for count, lists in alike.items():
        times = Counter(chain.from_iterable(lists))
        total.update({value: number * count for value, number in times.items()} if count > 1 else times)
    return tally(total)


def _costs_together(parts: Sequence[DashboardPart]) -> dict[str, ModelCost]:
    by_model: dict[str, list[ModelCost]] = {}
    for model, cost in chain.from_iterable(part.costs.items() for part in parts):
        by_model.setdefault(model, []).append(cost)
    return {
        model: ModelCost(exact_sum(one.total_cost for one in costs), sum(one.unpriced_count for one in costs))
        for model, costs in by_model.items()
    }


def _scores_together(parts: Sequence[ScorePart]) -> ScorePart:
    return ScorePart(
        session_count=sum(part.session_count for part in parts),
        mean_count=sum(part.mean_count for part in parts),
        sum=exact_sum(part.sum for part in parts),
        means=added(part.means for part in parts),
        categories=added(part.categories for part in parts),
    )
