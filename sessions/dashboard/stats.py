"""The tiles at the top of the dashboard."""

from collections.abc import Sequence
from dataclasses import dataclass

from sessions.charts.drawing import spark
from sessions.charts.units import ChartUnit, written
from sessions.dashboard.charts import slow_calls
from sessions.dashboard.deltas import Change, delta_of
from sessions.dashboard.latencies import Latencies
from sessions.dashboard.links import Links
from sessions.dashboard.measures import MEASURES, Better, SessionMeasure
from sessions.dashboard.numbers import Facts, PeriodBefore
from tracing.store.latency import FIRST_TOKEN, WHOLE_CALL

DASHBOARD_TILES = ("sessions", "users", "cost", "tokens", "median", "p95", "error-rate")
TILE_LABELS = {"error-rate": "With errors"}
LATENCY_TILES = (  # key, label, what is measured, and the share of calls that took at most this long
    ("call-median", "Median model call", WHOLE_CALL, 0.5),
    ("call-p95", "p95 model call", WHOLE_CALL, 0.95),
    ("first-token", "Median first token", FIRST_TOKEN, 0.5),
)
WORDS_OF_UNKNOWN = {"cost": "price", "tokens": "usage"}


@dataclass(frozen=True, kw_only=True)
class StatTile:
    """A number with its change and its course. All of it leads to `query`."""

    key: str
    label: str
    value: str
    hint: str
    query: str
    delta: Change | None
    line: str
    area: str
    is_error: bool


def tiles_of(links: Links, facts: Facts, steps: Sequence[Facts], before: PeriodBefore | None) -> list[StatTile]:
    """Return the tiles of a dashboard."""
    was = before.facts if before and before.facts.session_count else None
    return [_tile(links, MEASURES[name], facts, steps, was) for name in DASHBOARD_TILES]


def latency_tiles(links: Links, latencies: Latencies, before: Latencies | None) -> list[StatTile]:
    """Return the tiles of the latencies that are known; they lead to the sessions with a call that took as long."""
    tiles = []
    for key, label, measure, share in LATENCY_TILES:
        [value] = latencies.totals(measure, [share])
        if value is None:
            continue
        was = before.totals(measure, [share])[0] if before else None
        courses = [latencies.of_step(place, measure, [share])[0] for place in range(len(latencies.steps))]
        line, area = spark(courses)
        tiles.append(
            StatTile(
                key=key,
                label=label,
                value=written(value, ChartUnit.DURATION),
                hint="Leads to the sessions with a call at least as long",
                query=slow_calls(links, measure, value),
                delta=delta_of(value, was, ChartUnit.DURATION, Better.LESS),
                line=line,
                area=area,
                is_error=False,
            )
        )
    return tiles


def _tile(
    links: Links, measure: SessionMeasure, facts: Facts, steps: Sequence[Facts], before: Facts | None
) -> StatTile:
    unknown = measure.unknown_of(facts)
    delta = None
    if before:
        delta = delta_of(
            measure.of(facts), measure.of(before), measure.unit, measure.better,
            unknown=(unknown, measure.unknown_of(before)),
        )  # fmt: skip
    line, area = spark([measure.value(found) for found in steps])
    return StatTile(
        key=measure.name,
        label=TILE_LABELS.get(measure.name, measure.label),
        value=measure.text(facts),
        hint=_hint(measure, unknown),
        query=links.sorted(measure.sort, *([measure.condition] if measure.condition else [])),
        delta=delta,
        line=line,
        area=area,
        is_error=measure.unit == ChartUnit.SHARE,
    )


def _hint(measure: SessionMeasure, unknown: int) -> str:
    word = WORDS_OF_UNKNOWN.get(measure.name)
    if not unknown or not word:
        return ""
    return f"At least: {unknown:,} model {'call has' if unknown == 1 else 'calls have'} no known {word}"
