"""Scores by their type: yes or no as shares, categories as bars, numbers as a distribution."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sessions.charts.mixes import SharePart, ShareRow
from sessions.charts.plots import ChartBucket, ChartSeries, Plot, Shape
from sessions.charts.units import ChartUnit, written
from sessions.dashboard.charts import Top, buckets_of, noun_of, tops_of
from sessions.dashboard.deltas import Change, delta_of
from sessions.dashboard.links import Links
from sessions.dashboard.measures import Better
from sessions.dashboard.numbers import DashboardScore, PeriodBefore, ScoreBin, Scored
from sessions.dashboard.steps import TimeStep
from sessions.models import DataType
from sessions.query.grammar import FieldComparison, Operator

YES, NO = Decimal(1), Decimal(0)


@dataclass(frozen=True, kw_only=True)
class ScorePanel:
    """Everything that is shown of one score; only what its type has is filled."""

    score: DashboardScore
    kind: str  # in words
    query: str
    mean: str = ""
    mean_label: str = "Mean"
    delta: Change | None = None
    trend: Plot | None = None
    distribution: Plot | None = None
    answers: ShareRow | None = None
    categories: list[Top] = field(default_factory=list)
    other_categories: int = 0


def panel_of(
    links: Links,
    steps: Sequence[TimeStep],
    score: DashboardScore,
    *,
    data_type: str,
    before: PeriodBefore | None,
) -> ScorePanel:
    """Return what is shown of a score."""
    was = before.scores.get(score.name, Scored()) if before else Scored()
    unit = ChartUnit.SHARE if data_type == DataType.BOOLEAN else ChartUnit.NUMBER
    total = score.total
    has_means = bool(total.mean_count)
    categories = tops_of(links, f"score.{score.name}", score.categories, most=total.session_count)
    return ScorePanel(
        score=score,
        kind=_kind(data_type, score),
        query=links.to(_given(score.name)),
        mean=written(total.mean, unit),
        mean_label="Yes" if unit == ChartUnit.SHARE else "Mean",
        delta=delta_of(total.mean, was.mean, unit, Better.NEITHER),
        trend=trend_of(links, steps, score, unit) if has_means else None,
        distribution=distribution_of(links, score) if has_means and unit == ChartUnit.NUMBER else None,
        answers=answers_of(links, score) if has_means and unit == ChartUnit.SHARE else None,
        categories=categories,
        other_categories=score.category_count - len(categories),
    )


def trend_of(
    links: Links, steps: Sequence[TimeStep], score: DashboardScore, unit: ChartUnit = ChartUnit.NUMBER
) -> Plot:
    """Return a score's mean, or the share of yes, over time."""
    values = [None if found.mean is None else float(found.mean) for found in score.steps]
    label = "Yes" if unit == ChartUnit.SHARE else "Mean"
    series = ChartSeries(
        label=label, hue="1", values=values, texts=[written(found.mean, unit) for found in score.steps]
    )
    return Plot(
        key="trend", title=f"{label} over time", name=f"{score.name}: {label} over time",
        help=f"{score.name} of the sessions that began.", unit=unit,
        shape=Shape.LINE, buckets=buckets_of(links, steps, _given(score.name)), series=[series], noun=noun_of(steps),
    )  # fmt: skip


def distribution_of(links: Links, score: DashboardScore) -> Plot:
    """Return a bar for each value if there are few, otherwise for each bin."""
    are_values = all(bin.low == bin.high for bin in score.bins)
    shown = [bin for bin in score.bins if bin.session_count or not are_values]
    buckets = [_of_value(links, score.name, bin) if are_values else _of_bin(links, score.name, bin) for bin in shown]
    series = ChartSeries(label="Sessions", hue="1", values=[bin.session_count for bin in shown])
    return Plot(
        key="distribution", title="Sessions by their mean", name=f"{score.name}: sessions by their mean",
        help=f"{score.name}.", unit=ChartUnit.COUNT,
        shape=Shape.STACK, buckets=buckets, series=[series], noun="Mean",
    )  # fmt: skip


def answers_of(links: Links, score: DashboardScore) -> ShareRow:
    """Return how many sessions have yes, no, or both."""
    counts = {"Yes": 0, "No": 0, "Both": 0}
    for bin in score.bins:
        for mean, number in bin.means:
            counts["Yes" if mean == YES else "No" if mean == NO else "Both"] += number
    name = score.name
    queries = {
        "Yes": links.to(_compared(name, Operator.IS, YES)),
        "No": links.to(_compared(name, Operator.IS, NO)),
        "Both": links.to(_compared(name, Operator.ABOVE, NO), _compared(name, Operator.BELOW, YES)),
    }
    hues = {"Yes": "3", "No": "2", "Both": "6"}
    parts = [
        SharePart(label, hues[label], number, queries[label] if number else "") for label, number in counts.items()
    ]
    return ShareRow("All sessions", parts, links.to(_given(name)))


def _kind(data_type: str, score: DashboardScore) -> str:
    if data_type in DataType.values and data_type != DataType.TEXT:
        return str(DataType(data_type).label)
    return str((DataType.CATEGORICAL if score.categories else DataType.NUMERIC).label)


def _given(name: str) -> FieldComparison:
    return FieldComparison("scores", Operator.HAS, (name,))


def _compared(name: str, operator: Operator, value: Decimal) -> FieldComparison:
    return FieldComparison("score", operator, (_plain(value),), name)


def _of_value(links: Links, name: str, bin: ScoreBin) -> ChartBucket:
    return ChartBucket(_plain(bin.low), query=links.to(_compared(name, Operator.IS, bin.low)))


def _of_bin(links: Links, name: str, bin: ScoreBin) -> ChartBucket:
    query = links.to(_compared(name, Operator.AT_LEAST, bin.start), _compared(name, Operator.BELOW, bin.end))
    return ChartBucket(_plain(bin.start), f"{_plain(bin.start)} to below {_plain(bin.end)}", query)


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
