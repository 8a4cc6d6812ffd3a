"""Bars as plain geometry; each links to its sessions."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sessions.dashboard.latencies import Latencies
from sessions.dashboard.links import Links
from sessions.dashboard.numbers import DashboardScore, Facts, ScoreBin
from sessions.dashboard.steps import TimeStep
from sessions.query.grammar import All, FieldComparison, Nested, Operator
from tracing.formatting import bounded, count, decimal, duration, money
from tracing.store.latency import FIRST_TOKEN, WHOLE_CALL

DASHBOARD_CHART_WIDTH, DASHBOARD_CHART_HEIGHT = 600, 90
BAR_GAP_UNITS = 1.5
MIN_BAR_HEIGHT = 1.5  # what is there can be seen, however little it is


@dataclass(frozen=True, kw_only=True)
class DashboardBar:
    """A bar as it is drawn; `query` is that of its sessions, or empty if it has none."""

    x: float
    y: float
    width: float
    height: float
    label: str
    value: str
    query: str


@dataclass(frozen=True, kw_only=True)
class DashboardChart:
    """Bars over time, or over values; `noun` heads the first column of the chart's table."""

    title: str
    help: str
    bars: list[DashboardBar]
    highest: str
    noun: str = "Time"


@dataclass(frozen=True, kw_only=True)
class Top:
    """A frequent value.

    `query` is that of its sessions, `share` is a percentage of the most frequent value's count, or of all."""

    value: str
    count: int
    share: int
    query: str


@dataclass(frozen=True, kw_only=True)
class ChartValue:
    """A bar before it is drawn."""

    label: str
    amount: float | Decimal | None
    value: str
    query: str


Measure = tuple[str, str, Callable[[Facts], Any], Callable[[Facts], str]]


def _cost(facts: Facts) -> str:
    return bounded(money(facts.total_cost), facts.unpriced_count, is_known=facts.total_cost > 0)


def _tokens(facts: Facts) -> str:
    return bounded(count(facts.total_tokens), facts.unmeasured_count, is_known=facts.total_tokens > 0)


# Title, explanation, what of a step, and how it is written.
MEASURES: tuple[Measure, ...] = (
    ("Sessions", "Sessions that began.", lambda facts: facts.session_count, lambda facts: count(facts.session_count)),
    ("Sessions with errors", "How many of the sessions that began had an error.", lambda facts: facts.failed,
     lambda facts: count(facts.failed)),
    ("Active users", "Distinct users of the sessions that began.", lambda facts: facts.user_count,
     lambda facts: count(facts.user_count)),
    ("Cost", "USD of the sessions that began.", lambda facts: facts.total_cost, _cost),
    ("Tokens", "Tokens of the sessions that began.", lambda facts: facts.total_tokens, _tokens),
    ("Median duration", "Half of the sessions took at most this long.", lambda facts: facts.median,
     lambda facts: duration(facts.median or 0)),
    ("p95 duration", "95 of 100 sessions took at most this long.", lambda facts: facts.high,
     lambda facts: duration(facts.high or 0)),
)  # fmt: skip
LATENCIES = (
    ("Median latency", "Half of the model calls took at most this long.", WHOLE_CALL, 0.5),
    ("p95 latency", "95 of 100 model calls took at most this long.", WHOLE_CALL, 0.95),
    ("Median time to first token", "Half of the model calls had their first token within this time.", FIRST_TOKEN, 0.5),
    ("p95 time to first token", "95 of 100 model calls had their first token within this time.", FIRST_TOKEN, 0.95),
)
LATENCY_FIELD_NAMES = {WHOLE_CALL: "duration", FIRST_TOKEN: "first_token"}  # in a query


def charts_of(links: Links, steps: Sequence[TimeStep], facts: Sequence[Facts]) -> list[DashboardChart]:
    """Draw the charts of facts over time."""
    queries = [links.to(step.began) for step in steps]
    return [_of_sessions(steps, queries, facts, *measure) for measure in MEASURES]


def latency_charts(links: Links, latencies: Latencies) -> list[DashboardChart]:
    """Draw the charts of latencies that are known."""
    charts = [_of_calls(links, latencies, *declared) for declared in LATENCIES]
    return [chart for chart in charts if any(bar.value for bar in chart.bars)]


def trend_of(links: Links, steps: Sequence[TimeStep], score: DashboardScore) -> DashboardChart:
    """Draw a score's mean over time."""
    given = FieldComparison("scores", Operator.HAS, (score.name,))
    columns = [
        ChartValue(label=step.label, amount=scored.mean, value=decimal(scored.mean), query=links.to(step.began, given))
        for step, scored in zip(steps, score.steps, strict=True)
    ]
    return drawn("Mean", f"Mean of {score.name} of the sessions that began.", columns)


def distribution_of(links: Links, score: DashboardScore) -> DashboardChart:
    """Draw a bar for each value if there are few, otherwise for each bin."""
    are_values = all(bin.low == bin.high for bin in score.bins)
    columns = [
        _of_value(links, score.name, bin) if are_values else _of_bin(links, score.name, bin)
        for bin in score.bins
        if bin.session_count or not are_values
    ]
    return drawn("Sessions by their mean", f"Sessions by their mean of {score.name}.", columns, noun="Mean")


def tops_of(links: Links, field: str, values: Sequence[tuple[str, int]], *, most: int = 0) -> list[Top]:
    """Return frequent values with their shares, of `most` or of the first one's count."""
    return [
        Top(
            value=value,
            count=number,
            share=round(100 * number / (most or values[0][1])),
            query=links.to_value(field, value),
        )
        for value, number in values
    ]


def drawn(title: str, help: str, columns: Sequence[ChartValue], *, noun: str = "Time") -> DashboardChart:
    """Draw bars from the line of zero, which is inside the chart if there are amounts on both sides of it."""
    amounts = [float(column.amount or 0) for column in columns]
    high, low = max(amounts, default=0.0), min([0.0, *amounts])
    top = max(high, 0.0)
    scale = DASHBOARD_CHART_HEIGHT / ((top - low) or 1)
    width = DASHBOARD_CHART_WIDTH / max(len(columns), 1)
    bars = []
    for place, (column, size) in enumerate(zip(columns, amounts, strict=True)):
        height = max(abs(size) * scale, MIN_BAR_HEIGHT) if size else 0.0
        nought = top * scale
        y = min(nought if size < 0 else nought - height, DASHBOARD_CHART_HEIGHT - height)
        bars.append(
            DashboardBar(
                x=round(place * width, 2), y=round(max(y, 0.0), 2), width=round(max(width - BAR_GAP_UNITS, 0.5), 2),
                height=round(height, 2), label=column.label, value=column.value, query=column.query,
            )
        )  # fmt: skip
    highest = next((column.value for column, size in zip(columns, amounts, strict=True) if size == high), "")
    return DashboardChart(title=title, help=help, bars=bars, highest=highest, noun=noun)


def _of_sessions(
    steps: Iterable[TimeStep],
    queries: Iterable[str],
    facts: Iterable[Facts],
    title: str,
    help: str,
    of: Callable[[Facts], Any],
    written: Callable[[Facts], str],
) -> DashboardChart:
    columns = [
        ChartValue(label=step.label, amount=of(found), value=written(found), query=query)
        for step, query, found in zip(steps, queries, facts, strict=True)
    ]
    return drawn(title, help, columns)


def _of_calls(links: Links, latencies: Latencies, title: str, help: str, measure: str, share: float) -> DashboardChart:
    columns = []
    for place, step in enumerate(latencies.steps):
        length = latencies.of_step(place, measure, share)
        columns.append(
            ChartValue(
                label=step.label, amount=length, value=duration(length), query=_calls(links, step, measure, length)
            )
        )
    return drawn(title, help, columns)


def _calls(links: Links, step: TimeStep, measure: str, length: float | None) -> str:
    """Return the query of sessions with a turn of that time in which a model call took at least as long."""
    if length is None:
        return ""
    slow = FieldComparison(LATENCY_FIELD_NAMES[measure], Operator.AT_LEAST, (f"{int(length)}ms",))
    call = Nested("span", All((FieldComparison("kind", Operator.HAS, ("generation",)), slow)))
    return links.to(Nested("trace", All((FieldComparison("started", Operator.HAS, (step.when,)), call))))


def _of_value(links: Links, name: str, bin: ScoreBin) -> ChartValue:
    asked = FieldComparison("score", Operator.IS, (_plain(bin.low),), name)
    return ChartValue(
        label=_plain(bin.low), amount=bin.session_count, value=count(bin.session_count), query=links.to(asked)
    )


def _of_bin(links: Links, name: str, bin: ScoreBin) -> ChartValue:
    low = FieldComparison("score", Operator.AT_LEAST, (_plain(bin.start),), name)
    high = FieldComparison("score", Operator.BELOW, (_plain(bin.end),), name)
    label = f"{_plain(bin.start)} to below {_plain(bin.end)}"
    return ChartValue(label=label, amount=bin.session_count, value=count(bin.session_count), query=links.to(low, high))


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
