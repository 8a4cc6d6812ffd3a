"""The charts of the dashboard; each bucket links to its sessions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from sessions.charts.plots import BEFORE_HUE, ERROR_HUE, OTHER_HUE, SERIES_HUES, ChartBucket, ChartSeries, Plot, Shape
from sessions.charts.units import ChartUnit, written
from sessions.dashboard.latencies import Latencies
from sessions.dashboard.links import Links
from sessions.dashboard.measures import MEASURES, SessionMeasure, stated
from sessions.dashboard.numbers import Facts
from sessions.dashboard.parts import ModelCost
from sessions.dashboard.steps import TimeStep
from sessions.query.grammar import All, FieldComparison, Nested, Node, Operator
from tracing.store.latency import FIRST_TOKEN, WHOLE_CALL

MOST_MODELS = 4  # in the chart of costs; what is left is one more part
LATENCY_FIELD_NAMES = {WHOLE_CALL: "duration", FIRST_TOKEN: "first_token"}  # in a query
LATENCY_SERIES = (("Median", 0.5, "1"), ("p95", 0.95, "2"))  # label, share and hue
NO_COST = ModelCost()


@dataclass(frozen=True)
class Top:
    """A frequent value.

    `query` is that of its sessions, `share` is a percentage of the most frequent value's count, or of all."""

    value: str
    count: int
    share: int
    query: str


def charts_of(
    links: Links, steps: Sequence[TimeStep], facts: Sequence[Facts], whole: Facts, before: Sequence[int] | None
) -> list[Plot]:
    """Return the charts of facts over time. `before` counts the sessions of the steps of the preceding period."""
    buckets = buckets_of(links, steps)
    charts = [
        _sessions(buckets, facts, whole, before),
        _costs(buckets, facts, whole),
        _of("duration", "Duration", buckets, facts, whole, {"median": "1", "p95": "2"}, Shape.LINE, ("Median", "p95")),
        _of("error-rate", "Error rate", buckets, facts, whole, {"error-rate": ERROR_HUE}, Shape.AREA),
        _tokens(buckets, facts, whole),
        _of("cost-each", "Cost per session", buckets, facts, whole, {"cost-each": "2"}, Shape.AREA),
        _of("users", "Active users", buckets, facts, whole, {"users": "1"}, Shape.STACK),
    ]
    return [replace(chart, noun=noun_of(steps)) for chart in charts]


def latency_charts(links: Links, latencies: Latencies, notes: Sequence[str] = ()) -> list[Plot]:
    """Return the charts of latencies that are known."""
    charts = [
        _calls(links, latencies, "latency", "Model-call latency", WHOLE_CALL, notes),
        _calls(links, latencies, "first-token", "Time to first token", FIRST_TOKEN, notes),
    ]
    return [chart for chart in charts if not chart.is_empty]


def tops_of(links: Links, field: str, values: Sequence[tuple[str, int]], *, most: int = 0) -> list[Top]:
    """Return frequent values with their shares, of `most` or of the first one's count."""
    return [
        Top(value, number, round(100 * number / (most or values[0][1])), links.to_value(field, value))
        for value, number in values
    ]


def buckets_of(links: Links, steps: Sequence[TimeStep], *conditions: Node) -> list[ChartBucket]:
    """Return the steps as buckets, with the sessions that began in each."""
    return [ChartBucket(step.short, step.label, links.to(step.began, *conditions), step.code) for step in steps]


def noun_of(steps: Sequence[TimeStep]) -> str:
    return "Hour" if steps and steps[0].is_hourly else "Day"


def measured(measure: SessionMeasure, facts: Sequence[Facts], whole: Facts, hue: str, label: str = "") -> ChartSeries:
    """Return a measure of each step as a series, with that of all sessions in the legend."""
    return ChartSeries(
        label=label or measure.label,
        hue=hue,
        values=[measure.value(found) for found in facts],
        texts=[measure.text(found) for found in facts],
        total=measure.text(whole),
    )


def _of(
    key: str,
    title: str,
    buckets: Sequence[ChartBucket],
    facts: Sequence[Facts],
    whole: Facts,
    hues: dict[str, str],
    shape: Shape,
    labels: Sequence[str] = ("",),
) -> Plot:
    measures = [MEASURES[name] for name in hues]
    series = [
        measured(measure, facts, whole, hues[measure.name], label)
        for measure, label in zip(measures, labels, strict=True)
    ]
    return Plot(
        key=key, title=title, help=" ".join(measure.help for measure in measures), unit=measures[0].unit, shape=shape,
        buckets=buckets, series=series,
    )  # fmt: skip


def _sessions(
    buckets: Sequence[ChartBucket], facts: Sequence[Facts], whole: Facts, before: Sequence[int] | None
) -> Plot:
    parts: list[tuple[str, str, Callable[[Facts], int]]] = [
        ("Without errors", "1", lambda found: found.session_count - found.failed),
        ("With errors", ERROR_HUE, lambda found: found.failed),
    ]
    series = [
        ChartSeries(
            label=label, hue=hue, values=[of(found) for found in facts], total=written(of(whole), ChartUnit.COUNT)
        )
        for label, hue, of in parts
    ]
    behind = None
    if before and any(before) and len(before) == len(buckets):
        behind = ChartSeries(
            label="Period before", hue=BEFORE_HUE, values=before, total=written(sum(before), ChartUnit.COUNT)
        )
    return Plot(
        key="sessions", title="Sessions", help="Sessions that began.", unit=ChartUnit.COUNT, shape=Shape.STACK,
        buckets=buckets, series=series, behind=behind, total=_total("sessions", facts, whole),
    )  # fmt: skip


def _costs(buckets: Sequence[ChartBucket], facts: Sequence[Facts], whole: Facts) -> Plot:
    """Cost by model; calls without a model, and models that cost less, are together."""
    ranked = sorted(whole.costs, key=lambda model: (-whole.costs[model].total_cost, model))
    shown = [model for model in ranked[:MOST_MODELS] if whole.costs[model].total_cost or len(ranked) <= MOST_MODELS]
    series = [
        _cost_series(model, hue, [found.costs.get(model, NO_COST) for found in [whole, *facts]])
        for model, hue in zip(shown, SERIES_HUES, strict=False)
    ]
    rest = [_rest(found, shown) for found in [whole, *facts]]
    if not shown or any(one != NO_COST for one in rest):
        series.append(_cost_series("Other" if shown else "Cost", OTHER_HUE if shown else SERIES_HUES[0], rest))
    return Plot(
        key="cost", title="Cost by model", help="What the model calls of the sessions that began cost, in USD.",
        unit=ChartUnit.MONEY, shape=Shape.STACK, buckets=buckets, series=series, total=_total("cost", facts, whole),
    )  # fmt: skip


def _rest(facts: Facts, shown: Sequence[str]) -> ModelCost:
    others = [facts.costs[model] for model in shown if model in facts.costs]
    return ModelCost(
        facts.total_cost - sum((one.total_cost for one in others), Decimal(0)),
        facts.unpriced_count - sum(one.unpriced_count for one in others),
    )


def _cost_series(label: str, hue: str, costs: Sequence[ModelCost]) -> ChartSeries:
    """Return a series of all costs but the first, which is their total."""
    texts = [stated(cost.total_cost, ChartUnit.MONEY, cost.unpriced_count) for cost in costs]
    values = [None if cost.unpriced_count and not cost.total_cost else float(cost.total_cost) for cost in costs]
    return ChartSeries(label=label, hue=hue, values=values[1:], texts=texts[1:], total=texts[0])


def _tokens(buckets: Sequence[ChartBucket], facts: Sequence[Facts], whole: Facts) -> Plot:
    """Input and output; what an SDK reports as a total alone is a part of its own."""
    series = [
        measured(MEASURES["input-tokens"], facts, whole, "1", "Input"),
        measured(MEASURES["output-tokens"], facts, whole, "5", "Output"),
    ]
    unsplit = [found.total_tokens - found.input_tokens - found.output_tokens for found in [whole, *facts]]
    if unsplit[0] > 0:
        total = written(unsplit[0], ChartUnit.COUNT)
        series.append(ChartSeries(label="Not split", hue=OTHER_HUE, values=unsplit[1:], total=total))
    return Plot(
        key="tokens", title="Tokens", help="Tokens of the sessions that began.", unit=ChartUnit.COUNT,
        shape=Shape.STACK, buckets=buckets, series=series, total=_total("tokens", facts, whole),
    )  # fmt: skip


def _total(name: str, facts: Sequence[Facts], whole: Facts) -> ChartSeries:
    return measured(MEASURES[name], facts, whole, "", "Total")


def _calls(links: Links, latencies: Latencies, key: str, title: str, measure: str, notes: Sequence[str]) -> Plot:
    steps, shares = latencies.steps, [share for _, share, _ in LATENCY_SERIES]
    values = zip(*(latencies.of_step(place, measure, shares) for place in range(len(steps))), strict=True)
    totals = latencies.totals(measure, shares)
    series = [
        ChartSeries(label=label, hue=hue, values=each, total=written(total, ChartUnit.DURATION))
        for (label, _, hue), each, total in zip(LATENCY_SERIES, values, totals, strict=True)
    ]
    buckets = [
        ChartBucket(step.short, step.label, slow_calls(links, measure, series[0].values[place], step), step.code)
        for place, step in enumerate(steps)
    ]
    return Plot(
        key=key, title=title, help="A mark leads to the sessions with a call at least as long as the median.",
        unit=ChartUnit.DURATION, shape=Shape.LINE, buckets=buckets, series=series, notes=notes,
    )  # fmt: skip


def slow_calls(links: Links, measure: str, length: float | None, step: TimeStep | None = None) -> str:
    """Return the query of sessions in which a model call took at least so many ms; of a step, in a turn of that time.

    Without a length there is none."""
    if length is None:
        return ""
    slow = FieldComparison(LATENCY_FIELD_NAMES[measure], Operator.AT_LEAST, (f"{int(length)}ms",))
    call = Nested("span", All((FieldComparison("kind", Operator.HAS, ("generation",)), slow)))
    if step is None:
        return links.to(call)
    return links.to(Nested("trace", All((FieldComparison("started", Operator.HAS, (step.when,)), call))))
