"""Reads the numbers of a tile, bounded in time like the list."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.http import QueryDict

from projects.models import Project
from sessions.boards.queries import (
    PARTS_OF_CATEGORIES_SQL,
    PARTS_OF_ERRORS_SQL,
    PARTS_OF_YES_SQL,
    Params,
    TileRows,
    parts_statement,
    tile_statement,
)
from sessions.boards.specs import TileSpec
from sessions.dashboard.measures import SessionMeasure
from sessions.dashboard.page import DEFAULT_RANGE
from sessions.dashboard.reading import Sessions, choose_sessions
from sessions.dashboard.steps import TimeStep
from sessions.listing.listing import Listing
from sessions.models import DataType
from sessions.query.period import TIMES
from sessions.query.rewrite import parts_of, written
from tracing.lists.bounded import SUMMING_SETTINGS, within

TILE_TIMEOUT_MS = 1_000  # ms for a statement

Value = float | Decimal | None


@dataclass(frozen=True)
class Measured:
    """A value, and how many parts of it are unknown."""

    value: Value = None
    unknown: int = 0


@dataclass(frozen=True, kw_only=True)
class TileNumbers:
    """The totals of a tile by the value of its split ("" without one), and by value and step.

    `value_count` is how many values there are, `sample` how many sessions each one that was read stands for."""

    totals: dict[str, Measured] = field(default_factory=dict)
    steps: dict[str, dict[int, Measured]] = field(default_factory=dict)
    value_count: int = 0
    sample: int = 1

    def course(self, value: str, count: int) -> list[Measured]:
        """Return the values of `count` steps."""
        found = self.steps.get(value, {})
        return [found.get(place, Measured()) for place in range(1, count + 1)]


def listing_of(project: Project, spec: TileSpec, board_query: str, times: QueryDict) -> Listing:
    """Return the list that a tile is about: its own query and that of the board, in its own time or that of the page.

    Both queries are valid, or the list has an error."""
    params = timed(QueryDict(f"range={spec.span}") if spec.span else times)
    query = spec.query or board_query
    if spec.query and board_query:
        first, second = parts_of(board_query), parts_of(spec.query)
        query = written([*first, *(part for part in second if part not in first)])
    if query:
        params["q"] = query
    return Listing(project, params)


def timed(times: QueryDict) -> QueryDict:
    """Return the parameters of a time, which is 30 days if none is given."""
    params = QueryDict(mutable=True)
    for name in TIMES:
        if value := times.get(name):
            params[name] = str(value)
    if not any(name in params for name in ("range", "from", "to")):
        params["range"] = DEFAULT_RANGE
    return params


def read_tile(
    listing: Listing, spec: TileSpec, steps: Sequence[TimeStep], *, most: int, is_ranking: bool = False
) -> TileNumbers:
    """Read the measure of a tile. Raises TooLong."""
    chosen, measure = choose_sessions(listing), spec.measured
    try:
        statement, params = tile_statement(
            _rows(listing, spec, chosen, steps), measure, most=most, is_ranking=is_ranking
        )
    except EmptyResultSet:
        return TileNumbers()
    totals: dict[str, Measured] = {}
    by_step: dict[str, dict[int, Measured]] = {}
    count = 0
    for is_total, step, value, found, unknown, *others in _fetched(statement, params):
        measured = _weighted(Measured(found, unknown or 0), measure, chosen.weight)
        count = others[0] if others else 0
        if is_total:
            totals[value or ""] = measured
        else:
            by_step.setdefault(value or "", {})[step] = measured
    return TileNumbers(totals=totals, steps=by_step, value_count=count, sample=chosen.weight)


def read_parts(listing: Listing, spec: TileSpec) -> tuple[dict[str, dict[str, int]], int]:
    """Read how many sessions each part has, by the value of the split, and how many each of them stands for."""
    chosen = choose_sessions(listing)
    parts = PARTS_OF_ERRORS_SQL
    if spec.score:
        parts = PARTS_OF_YES_SQL if spec.score_type == DataType.BOOLEAN else PARTS_OF_CATEGORIES_SQL
    found: dict[str, dict[str, int]] = {}
    try:
        statement, params = parts_statement(_rows(listing, spec, chosen, []), parts)
    except EmptyResultSet:
        return found, 1
    for value, part, count in _fetched(statement, params):
        found.setdefault(value or "", {})[part] = count * chosen.weight
    return found, chosen.weight


def _rows(listing: Listing, spec: TileSpec, chosen: Sessions, steps: Sequence[TimeStep]) -> TileRows:
    split = spec.split_property
    return TileRows(
        project_id=listing.project.pk,
        rows=chosen.rows,
        starts=[step.start for step in steps],
        split=split.field if split else "",
        score=spec.score,
        over_users=spec.measured.over_users,
    )


def _fetched(statement: str, params: Params) -> list[tuple[Any, ...]]:
    with within(TILE_TIMEOUT_MS, **SUMMING_SETTINGS), connection.cursor() as cursor:
        cursor.execute(statement, params)
        return list(cursor.fetchall())


def _weighted(measured: Measured, measure: SessionMeasure, weight: int) -> Measured:
    if weight == 1 or not measure.is_additive or measured.value is None:
        return measured
    return replace(measured, value=measured.value * weight, unknown=measured.unknown * weight)
