"""Reads what is compared out of the database: at most five statements, whatever there is to compare.

Numbers come packed as eight bytes each, since statistics need all of them and text costs ten times more to read. Sums
and means are PostgreSQL's exact ones, which the list and the API show, too."""

import math
import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations, count
from operator import itemgetter
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet

from projects.models import Project
from sessions.cohorts.shares import Share
from sessions.cohorts.statistics import Sample
from sessions.models import Session
from sessions.properties import Property, PropertyKind, properties_of

NUMERIC = (PropertyKind.DURATION, PropertyKind.NUMBER, PropertyKind.MONEY)
VALUES = 10  # of a set that are shown, the most frequent of all groups together

PACKED = "string_agg(float8send({0}::float8), ''::bytea), {1}"
NUMBERS_OF = "SELECT {place}, count(*), {packed} FROM ({sessions}) m"
RANKED = """
SELECT name, value, kinds, place, hits FROM (
    SELECT *, max(rank) OVER (PARTITION BY name) AS kinds FROM (
        SELECT *, dense_rank() OVER (PARTITION BY name ORDER BY whole DESC, value) AS rank FROM (
            SELECT name, value, place, sum(times)::bigint AS hits,
                sum(sum(times)) OVER (PARTITION BY name, value) AS whole
            FROM ({each}) counted GROUP BY name, value, place) w) r) k
WHERE rank <= %s ORDER BY name, rank, place
"""
# Equal sets are counted in one pass before they are taken apart: there are few different ones. In the rows of a
# grouping set every other column is NULL, which no set of a session is.
SETS_OF = """
SELECT {place} AS place, {name} AS name, unnest(coalesce({sets})) AS value, times FROM (
    SELECT {sets}, count(*) AS times FROM ({sessions}) m GROUP BY GROUPING SETS ({each_set})) s
"""
SCORES_OF = """
SELECT {place}, name, {packed}, count(*) FILTER (WHERE shares <> '{{}}') FROM session_score
WHERE project_id = %s AND session_id IN (SELECT session_id FROM ({sessions}) m) GROUP BY name
"""
CATEGORIES_OF = """
SELECT {place} AS place, name, category AS value, count(*) AS times FROM (
    SELECT name, shares FROM session_score
    WHERE project_id = %s AND name = ANY(%s) AND session_id IN (SELECT session_id FROM ({sessions}) m)) s
CROSS JOIN LATERAL jsonb_object_keys(shares) AS category
GROUP BY name, category
"""


@dataclass(frozen=True)
class Numbers:
    """A number's values in one group. `total` and `mean` are exact."""

    sample: Sample
    total: Decimal
    mean: Decimal | None


@dataclass(frozen=True)
class Counts:
    """A set's values, the most frequent first, with the share of each group; `kinds` counts those not shown, too."""

    shares: dict[str, list[Share]]
    kinds: int


class Read(NamedTuple):
    """Everything, by name and then group by group in their order."""

    sizes: list[int]
    numbers: dict[str, list[Numbers]]
    sets: dict[str, Counts]
    scores: dict[str, list[Numbers]]
    categories: dict[str, Counts]
    overlaps: dict[tuple[int, int], int]  # of two groups that share sessions: how many


NOTHING = Numbers(Sample.of([]), Decimal(), None)
Sets = Sequence[QuerySet[Session]]
Row = tuple[Any, ...]


def numeric_properties() -> list[Property]:
    return [p for p in properties_of(Session).values() if p.kind in NUMERIC]


def set_properties() -> list[Property]:
    return [p for p in properties_of(Session).values() if p.kind == PropertyKind.SET]


def read(project: Project, groups: Sets) -> Read:
    sizes, numbers = _numbers(groups)
    scores, categories = _scores(project, groups)
    return Read(sizes, numbers, _sets(groups, sizes), scores, categories, _overlaps(groups))


def _numbers(groups: Sets) -> tuple[list[int], dict[str, list[Numbers]]]:
    properties = numeric_properties()
    packed = ", ".join(PACKED.format(p.field, _total_of(p)) for p in properties)
    rows = sorted(each_of(groups, NUMBERS_OF, [p.field for p in properties], packed=packed), key=itemgetter(0))
    numbers = {p.name: [_unpacked(*row[at : at + 2]) for row in rows] for at, p in zip(count(2, 2), properties)}
    return [row[1] for row in rows], numbers


def frequent(sessions: QuerySet[Session], declared: Property, most: int) -> list[str]:
    """The values of a set that most sessions have, the most frequent first."""
    return [value for _, value, *_ in _ranked([sessions], [declared], most)]


def _sets(groups: Sets, sizes: list[int]) -> dict[str, Counts]:
    properties = set_properties()
    found = _counted(_ranked(groups, properties, VALUES), {p.name: sizes for p in properties})
    return {p.name: found.get(p.name, Counts({}, 0)) for p in properties}


def _ranked(groups: Sets, properties: list[Property], most: int) -> list[Row]:
    fields = [p.field for p in properties]
    cases = " ".join(f"WHEN {p.field} IS NOT NULL THEN '{p.name}'" for p in properties)
    parts = {"name": f"CASE {cases} END", "sets": ", ".join(fields), "each_set": f"({'), ('.join(fields)})"}
    each, values = _joined(groups, SETS_OF, fields, **parts)
    return _rows(RANKED.format(each=each), [*values, most])


def _scores(project: Project, groups: Sets) -> tuple[dict[str, list[Numbers]], dict[str, Counts]]:
    numbers: dict[str, list[Numbers]] = {}
    sizes: dict[str, list[int]] = {}
    rows = each_of(groups, SCORES_OF, ["session_id"], [project.pk], packed=PACKED.format("mean", "NULL::numeric"))
    for place, name, packed, total, categorical in rows:
        if packed:
            numbers.setdefault(name, [NOTHING for _ in groups])[place] = _unpacked(packed, total)
        if categorical:
            sizes.setdefault(name, [0 for _ in groups])[place] = categorical
    if not sizes:
        return numbers, {}
    each, values = _joined(groups, CATEGORIES_OF, ["session_id"], [project.pk, list(sizes)])
    return numbers, _counted(_rows(RANKED.format(each=each), [*values, VALUES]), sizes)


def _counted(rows: list[Row], sizes: dict[str, list[int]]) -> dict[str, Counts]:
    hits: dict[str, dict[str, dict[int, int]]] = {}
    kinds = {}
    for name, value, kinds[name], place, number in rows:
        hits.setdefault(name, {}).setdefault(value, {})[place] = number
    return {
        name: Counts(
            {v: [Share(by.get(place, 0), size) for place, size in enumerate(sizes[name])] for v, by in values.items()},
            kinds[name],
        )
        for name, values in hits.items()
    }


def _overlaps(groups: Sets) -> dict[tuple[int, int], int]:
    pairs = list(combinations(range(len(groups)), 2))
    counts: list[str] = []
    values: list[Any] = []
    for one, other in pairs:
        sql, own = _sql(groups[one] & groups[other], ["session_id"])
        counts.append(f"(SELECT count(*) FROM ({sql}) m)")
        values += own
    [found] = _rows(f"SELECT {', '.join(counts)}", values) if pairs else [()]
    return {pair: number for pair, number in zip(pairs, found, strict=True) if number}


def each_of(groups: Sets, statement: str, fields: list[str], before: Sequence[Any] = (), **parts: str) -> list[Row]:
    return _rows(*_joined(groups, statement, fields, before, **parts))


def _joined(
    groups: Sets, statement: str, fields: list[str], before: Sequence[Any] = (), **parts: str
) -> tuple[str, list[Any]]:
    """The statement for every group in one, with their `sessions` in its place; `before` are values that stand in it
    ahead of the group's own."""
    texts: list[str] = []
    values: list[Any] = []
    for place, sessions in enumerate(groups):
        sql, own = _sql(sessions, fields)
        texts.append(statement.format(place=place, sessions=sql, **parts))
        values += [*before, *own]
    return " UNION ALL ".join(texts), values


def _sql(sessions: QuerySet[Session], fields: list[str]) -> tuple[str, tuple[Any, ...]]:
    text, values = sessions.order_by().values(*dict.fromkeys(fields)).query.sql_with_params()
    return text, values


def _rows(sql: str, values: Sequence[Any]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[Row] = cursor.fetchall()
    return rows


def _total_of(declared: Property) -> str:
    """PostgreSQL adds up money, digit by digit; whole numbers are added up exactly here."""
    return f"sum({declared.field})" if declared.kind == PropertyKind.MONEY else "NULL::numeric"


def _unpacked(packed: bytes | None, total: Decimal | None) -> Numbers:
    numbers = array("d", bytes(packed or b""))
    if not numbers:
        return NOTHING
    if sys.byteorder == "little":  # the wire's order is the other one
        numbers.byteswap()
    if total is None:
        try:
            total = Decimal(math.fsum(numbers))
        except OverflowError:
            total = sum(map(Decimal, numbers), Decimal())
    return Numbers(Sample.of(numbers), total, total / len(numbers))
