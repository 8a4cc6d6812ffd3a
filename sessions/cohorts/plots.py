"""The charts of a comparison as they are drawn: with texts, and with the queries of the sessions behind each bar."""

from collections.abc import Sequence
from decimal import Decimal

from django.http import QueryDict

from sessions.charts.distributions import DistributionPlot, GroupDistribution
from sessions.cohorts.charts import ComparisonChart, GroupCourse
from sessions.cohorts.groups import Group
from sessions.cohorts.narrowing import asking, narrowed
from sessions.cohorts.results import CohortComparison, Measure
from sessions.formatting import axis_label, quantity
from sessions.query.grammar import FieldComparison, Operator
from tracing.formatting import percent


def plots_of(comparison: CohortComparison) -> dict[str, DistributionPlot]:
    """Return the charts of all measures that have one, by the anchor of the measure."""
    found = {measure.anchor: plot_of(measure) for measure in comparison.measures}
    return {anchor: plot for anchor, plot in found.items() if plot}


def plot_of(measure: Measure) -> DistributionPlot | None:
    """Return the chart of a measure, or None if its values are too few or all alike."""
    chart = measure.chart
    if chart is None:
        return None
    groups = [summary.group for summary in measure.summaries]
    return DistributionPlot(
        key=measure.anchor,
        title=measure.label,
        bins=[f"{_written(one.low, measure)} to {_written(one.high, measure)}" for one in chart.bins],
        ticks=[(tick.at, _on_axis(tick.value, measure)) for tick in chart.ticks],
        groups=[_group(measure, chart, group, course) for group, course in zip(groups, chart.courses, strict=True)],
        is_cumulative=chart.is_cumulative,
        is_logarithmic=chart.is_logarithmic,
    )


def bar_queries(group: Group, measure: Measure) -> list[str]:
    """Return for each bar the query string of exactly the group's sessions in it."""
    bins = measure.chart.bins if measure.chart else []
    if measure.is_score:
        return ["?" + _scored(group, measure.name, f"{one.low:f}", f"{one.high:f}").urlencode() for one in bins]
    low, high = f"{measure.name}__gte", f"{measure.name}__lte"
    if low in group.params or high in group.params:
        bounds = [{low: f"{one.low:f}", high: f"{one.high:f}"} for one in bins]
        return ["?" + narrowed(group.params, **each).urlencode() for each in bounds]
    start = group.query_string.rstrip("?") + ("&" if group.params else "?")
    return [f"{start}{low}={one.low:f}&{high}={one.high:f}" for one in bins]


def _group(measure: Measure, chart: ComparisonChart, group: Group, course: GroupCourse) -> GroupDistribution:
    return GroupDistribution(
        letter=group.letter,
        label=group.label,
        hue=str(group.colour),
        size=course.size,
        counts=_counts(chart, group.place),
        queries=bar_queries(group, measure),
        median="" if course.median is None else _written(course.median, measure),
        median_at=course.median_at,
        curve=course.curve,
    )


def _counts(chart: ComparisonChart, place: int) -> Sequence[int]:
    return [one.counts[place] for one in chart.bins]


def _written(value: float | Decimal, measure: Measure) -> str:
    return percent(value) if measure.kind is None else quantity(float(value), measure.kind)


def _on_axis(value: Decimal, measure: Measure) -> str:
    return f"{value:.0%}" if measure.kind is None else axis_label(value, measure.kind)


def _scored(group: Group, name: str, low: str, high: str) -> QueryDict:
    at_least = FieldComparison("score", Operator.AT_LEAST, (low,), name)
    return asking(group.params, at_least, FieldComparison("score", Operator.AT_MOST, (high,), name))
