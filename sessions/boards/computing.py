"""Computes what a tile shows, by its chart."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from django.http import QueryDict

from projects.models import Project
from sessions.boards.content import ListedSession, Ranked, TileContent
from sessions.boards.reading import Measured, TileNumbers, listing_of, read_parts, read_tile
from sessions.boards.specs import TileSpec, query_fault
from sessions.charts.drawing import spark
from sessions.charts.mixes import SharePart, ShareRow
from sessions.charts.plots import ERROR_HUE, OTHER_HUE, SERIES_HUES, ChartSeries, Plot, Shape
from sessions.charts.units import ChartUnit, written
from sessions.dashboard.charts import buckets_of, noun_of
from sessions.dashboard.deltas import delta_of
from sessions.dashboard.heat import cells_of
from sessions.dashboard.links import Links
from sessions.dashboard.measures import WITH_ERRORS, stated
from sessions.dashboard.numbers import compute_numbers
from sessions.dashboard.page import earlier, edges
from sessions.dashboard.queries import Wanted
from sessions.dashboard.reading import choose_sessions
from sessions.dashboard.steps import TimeStep, steps_between
from sessions.listing.listing import Listing
from sessions.models import DataType, Session, TileChart
from sessions.models.properties import PropertyKind, properties_of
from sessions.query.grammar import FieldComparison, Node, Not, Operator
from sessions.query.rewrite import value_of
from tracing.lists.bounded import TooLong

MAX_TILE_SERIES = 5
MAX_RANKED = 10
MAX_SHARE_ROWS = 6
LISTED_SESSIONS = 6
TILE_TOO_LONG = "This takes too long to add up. Choose a shorter time, or add a condition."
PARTS_OF_ERRORS = {"without": ("Without errors", "3"), "with": ("With errors", ERROR_HUE)}
PARTS_OF_YES = {"Yes": ("Yes", "3"), "No": ("No", "2"), "Both": ("Both", OTHER_HUE)}
UNIT_OF_KIND = {
    PropertyKind.MONEY: ChartUnit.MONEY,
    PropertyKind.DURATION: ChartUnit.DURATION,
    PropertyKind.NUMBER: ChartUnit.COUNT,
}


def content_of(project: Project, spec: TileSpec, board_query: str, times: QueryDict) -> TileContent:
    """Compute what a tile shows."""
    if spec.chart == TileChart.TEXT:
        return TileContent(spec=spec)
    if faults := [*spec.faults(project.pk).values(), *filter(None, [query_fault(board_query, project.pk)])]:
        return TileContent(spec=spec, fault=faults[0])
    listing = listing_of(project, spec, board_query, times)
    if listing.errors:
        return TileContent(spec=spec, fault=next(reason for reasons in listing.errors.values() for reason in reasons))
    try:
        found = CONTENTS[spec.chart](project, spec, listing)
    except TooLong:
        found = TileContent(spec=spec, fault=TILE_TOO_LONG)
    sort = spec.measured.sort if spec.chart == TileChart.SESSIONS else ""
    condition = [spec.measured.condition] if spec.measured.condition and spec.chart != TileChart.SHARES else []
    return replace(found, query=Links(listing).sorted(sort, *condition))


def _number(project: Project, spec: TileSpec, listing: Listing) -> TileContent:
    first, last = edges(project, listing)
    steps, measure = steps_between(first, last), spec.measured
    found = read_tile(listing, spec, steps, most=1)
    now = found.totals.get("", Measured(0 if measure.is_additive else None))
    change = None
    if before := earlier(project, listing, first, last):
        was = read_tile(before[0], spec, [], most=1).totals.get("", Measured())
        change = delta_of(now.value, was.value, measure.unit, measure.better, unknown=(now.unknown, was.unknown))
    line, area = spark([_drawn(one, is_sum=measure.is_additive) for one in found.course("", len(steps))])
    value = stated(now.value, measure.unit, now.unknown) or "none"
    plot = _plot(spec, steps, listing, found, {"": measure.label}, Shape.AREA)
    return TileContent(
        spec=spec, value=value, change=change, line=line, area=area, notes=_notes(spec, found, 0), plot=plot
    )


def _chart(project: Project, spec: TileSpec, listing: Listing) -> TileContent:
    steps = steps_between(*edges(project, listing))
    found = read_tile(listing, spec, steps, most=MAX_TILE_SERIES)
    order = sorted(found.totals, key=lambda value: (-float(found.totals[value].value or 0), value))
    labels = {value: value or spec.measured.label for value in order}
    shape = Shape.STACK if spec.chart == TileChart.BARS else Shape.LINE
    plot = _plot(spec, steps, listing, found, labels, shape)
    return TileContent(spec=spec, plot=plot, notes=_notes(spec, found, len(order) if spec.split else 0))


def _ranking(project: Project, spec: TileSpec, listing: Listing) -> TileContent:
    measure, links = spec.measured, Links(listing)
    found = read_tile(listing, spec, [], most=MAX_RANKED, is_ranking=True)
    values = {value: float(one.value or 0) for value, one in found.totals.items()}
    highest = max(values.values(), default=0.0) or 1.0
    ranking = [
        Ranked(
            value,
            stated(found.totals[value].value, measure.unit, found.totals[value].unknown) or "none",
            values[value],
            max(0, round(100 * values[value] / highest)),
            links.to(value_of(spec.split, value), *_conditions(spec)),
        )
        for value in sorted(values, key=lambda value: (-values[value], value))
    ]
    return TileContent(spec=spec, ranking=ranking, notes=_notes(spec, found, len(ranking)))


def _shares(project: Project, spec: TileSpec, listing: Listing) -> TileContent:
    found, sample = read_parts(listing, spec)
    links, rows = Links(listing), []
    order = sorted(found, key=lambda value: (-sum(found[value].values()), value))
    known = PARTS_OF_ERRORS if not spec.score else PARTS_OF_YES if spec.score_type == DataType.BOOLEAN else {}
    looks = known or _looks(found)
    for value in order[:MAX_SHARE_ROWS]:
        own: list[Node] = [value_of(spec.split, value)] if spec.split else []
        parts = [
            SharePart(label, hue, found[value].get(part, 0), links.to(*own, *_part_conditions(spec, part)))
            for part, (label, hue) in looks.items()
        ]
        rows.append(ShareRow(value or "All", parts, links.to(*own)))
    numbers = TileNumbers(value_count=len(order), sample=sample)
    return TileContent(spec=spec, shares=rows, notes=_notes(spec, numbers, len(rows)))


def _heat(project: Project, spec: TileSpec, listing: Listing) -> TileContent:
    steps, chosen = steps_between(*edges(project, listing)), choose_sessions(listing)
    found = compute_numbers(listing, chosen, steps, Wanted.DETAILS)
    notes = _notes(spec, TileNumbers(sample=chosen.weight), 0)
    return TileContent(spec=spec, heat=cells_of(Links(listing), steps, found.heat), notes=notes)


def _listed(project: Project, spec: TileSpec, listing: Listing) -> TileContent:
    measure = spec.measured
    params = listing.params.copy()
    params["sort"], params["limit"] = measure.sort or "-updated_at", str(LISTED_SESSIONS)
    shown = Listing(project, params)
    rows = [ListedSession(row, _own_value(spec, row)) for row in shown.rows]
    if shown.is_too_wide:
        raise TooLong
    return TileContent(spec=spec, sessions=rows)


def _plot(
    spec: TileSpec,
    steps: Sequence[TimeStep],
    listing: Listing,
    found: TileNumbers,
    labels: dict[str, str],
    shape: Shape,
) -> Plot:
    measure = spec.measured
    series = []
    for (value, label), hue in zip(labels.items(), SERIES_HUES, strict=False):
        course = found.course(value, len(steps))
        total = found.totals.get(value, Measured())
        series.append(
            ChartSeries(
                label=label,
                hue=ERROR_HUE if not spec.split and measure.condition == WITH_ERRORS else hue,
                values=[_drawn(one, is_sum=measure.is_additive) for one in course],
                texts=[stated(one.value, measure.unit, one.unknown) for one in course],
                total=stated(total.value, measure.unit, total.unknown),
            )
        )
    return Plot(
        key="tile", title=spec.name, about=spec.about, help=measure.help, unit=measure.unit, shape=shape,
        buckets=buckets_of(Links(listing), steps, *_conditions(spec)), series=series, noun=noun_of(steps),
    )  # fmt: skip


def _drawn(one: Measured, *, is_sum: bool = False) -> float | None:
    """Return the value to draw: None if nothing of it is known. What adds up comes to nothing where nothing began."""
    if one.value is None:
        return 0.0 if is_sum and not one.unknown else None
    return None if one.unknown and not one.value else float(one.value)


def _conditions(spec: TileSpec) -> list[Node]:
    return [spec.measured.condition] if spec.measured.condition else []


def _part_conditions(spec: TileSpec, part: str) -> list[Node]:
    """Return the conditions of the sessions that a part counts."""
    if not spec.score:
        return [WITH_ERRORS if part == "with" else Not(WITH_ERRORS)]
    if spec.score_type != DataType.BOOLEAN:
        return [value_of(f"score.{spec.score}", part)]
    compared = {"Yes": [(Operator.IS, "1")], "No": [(Operator.IS, "0")]}
    both = [(Operator.ABOVE, "0"), (Operator.BELOW, "1")]
    return [FieldComparison("score", operator, (value,), spec.score) for operator, value in compared.get(part, both)]


def _looks(found: dict[str, dict[str, int]]) -> dict[str, tuple[str, str]]:
    """Return the label and the hue of categories, the most frequent first."""
    total = Counter[str]()
    for parts in found.values():
        total.update(parts)
    hues = ("3", "2", "4", "5", "1")
    return {part: (part, hue) for (part, _), hue in zip(total.most_common(), hues, strict=False)}


def _notes(spec: TileSpec, found: TileNumbers, shown: int) -> list[str]:
    """Return what has to be said: a sample, values that have no room, and sessions that count more than once."""
    notes = []
    if found.sample > 1:
        notes.append(f"Estimated from one session in {found.sample}, chosen at random.")
    if shown and found.value_count > shown:
        notes.append(f"{found.value_count - shown:,} more not shown.")
    if spec.split and spec.measured.is_additive and spec.chart == TileChart.BARS and spec.split != "model":
        notes.append("A session with several values counts in each.")
    return notes


def _own_value(spec: TileSpec, row: Session) -> str:
    """Return the value by which a session is listed."""
    if spec.score:
        mean = row.scores.get(spec.score, {}).get("mean")
        return written(mean, spec.measured.unit) if mean is not None else ""
    name = spec.measured.sort.removeprefix("-")
    if not name:
        return ""
    declared = properties_of(Session)[name]
    unknown = getattr(row, spec.measured.unknown) if spec.measured.unknown else 0
    return stated(getattr(row, declared.field), UNIT_OF_KIND[declared.kind], unknown)


CONTENTS: dict[str, Callable[[Project, TileSpec, Listing], TileContent]] = {
    TileChart.NUMBER: _number,
    TileChart.LINE: _chart,
    TileChart.BARS: _chart,
    TileChart.RANKING: _ranking,
    TileChart.SHARES: _shares,
    TileChart.HEAT: _heat,
    TileChart.SESSIONS: _listed,
}
