"""Reads what is compared out of the database: one statement, which reads each session of a group once.

Numbers come packed as eight bytes each, since statistics need all of them and text costs ten times more to read. Sums
and means are PostgreSQL's exact ones, which the list and the API show, too."""

import json
import math
import sys
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, combinations
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet

from projects.models import Project
from sessions.cohorts.shares import Share
from sessions.cohorts.statistics import Sample
from sessions.models import Session
from sessions.models.properties import Property, PropertyKind, properties_of

NUMERIC = (PropertyKind.DURATION, PropertyKind.NUMBER, PropertyKind.MONEY)
MAX_SET_VALUES = 10  # of a set that are shown, the most frequent of all groups together

PACKED_NUMBERS_SQL = "string_agg(float8send({0}::float8), ''::bytea)"
COMPARED_SCORES_SQL = """
WITH {groups},
scored AS MATERIALIZED (
    SELECT place, name, mean, shares FROM session_score JOIN ({members}) m USING (session_id) WHERE project_id = %s)
SELECT * FROM {numbers}, (SELECT {overlaps}) o, ({sets}) v, ({scores}) s, ({categories}) c
"""
GROUP_SQL = "group_{place} AS MATERIALIZED ({sessions})"
MEMBERS = "SELECT {place} AS place, session_id FROM group_{place}"
NUMBERS = "(SELECT count(*), {packed} FROM group_{place}) n{place}"
GROUP_OVERLAP_SQL = "(SELECT count(*) FROM group_{0} JOIN group_{1} USING (session_id))"
RANKED_VALUES_SQL = """
SELECT jsonb_agg(jsonb_build_array(name, value, kinds, place, hits) ORDER BY name, rank, place) FROM (
    SELECT *, max(rank) OVER (PARTITION BY name) AS kinds FROM (
        SELECT *, dense_rank() OVER (PARTITION BY name ORDER BY whole DESC, value) AS rank FROM (
            SELECT name, value, place, sum(times)::bigint AS hits,
                sum(sum(times)) OVER (PARTITION BY name, value) AS whole
            FROM ({each}) counted GROUP BY name, value, place) w) r) k
WHERE rank <= {most}
"""
# Equal sets are counted in one pass before they are taken apart: there are few different ones. In the rows of a
# grouping set every other column is NULL, which no set of a session is.
GROUP_SETS_SQL = """
SELECT {place} AS place, {name} AS name, unnest(coalesce({sets})) AS value, times FROM (
    SELECT {sets}, count(*) AS times FROM {sessions} GROUP BY GROUPING SETS ({each_set})) s
"""
GROUP_SCORES_SQL = f"""
SELECT jsonb_agg(jsonb_build_array(place, name, encode(packed, 'hex'), categorical)) FROM (
    SELECT place, name, {PACKED_NUMBERS_SQL.format("mean")} AS packed,
        count(*) FILTER (WHERE shares <> '{{}}') AS categorical
    FROM scored GROUP BY place, name) counted
"""
GROUP_CATEGORIES_SQL = """
SELECT place, name, category AS value, count(*) AS times FROM scored
CROSS JOIN LATERAL jsonb_object_keys(shares) AS category GROUP BY place, name, category
"""


@dataclass(frozen=True)
class GroupNumbers:
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
    numbers: dict[str, list[GroupNumbers]]
    sets: dict[str, Counts]
    scores: dict[str, list[GroupNumbers]]
    categories: dict[str, Counts]
    overlaps: dict[tuple[int, int], int]  # of two groups that share sessions: how many


NO_NUMBERS = GroupNumbers(Sample.of([]), Decimal(), None)
Sets = Sequence[QuerySet[Session]]
SqlRow = tuple[Any, ...]


def numeric_properties() -> list[Property]:
    return [p for p in properties_of(Session).values() if p.kind in NUMERIC]


def set_properties() -> list[Property]:
    return [p for p in properties_of(Session).values() if p.kind == PropertyKind.SET]


def read(project: Project, groups: Sets) -> Read:
    row = iter(_row(*_statement(project, groups)))
    sizes, numbers = _numbers(row, groups)
    overlaps = {pair: number for pair in combinations(range(len(groups)), 2) if (number := next(row))}
    sets = _counted(next(row), {p.name: sizes for p in set_properties()})
    scores, categorical = _scores(next(row), groups)
    kept = {p.name: sets.get(p.name, Counts({}, 0)) for p in set_properties()}
    return Read(sizes, numbers, kept, scores, _counted(next(row), categorical), overlaps)


def frequent(sessions: QuerySet[Session], declared: Property, most: int) -> list[str]:
    """The values of a set that most sessions have, the most frequent first."""
    sql, given = _sql(sessions, [declared.field])
    [found] = _row(_ranked([f"({sql}) m"], [declared], most), given)
    return [value for _, value, *_ in json.loads(found or "[]")]


def _statement(project: Project, groups: Sets) -> tuple[str, list[Any]]:
    fields = ["session_id", *(p.field for p in numeric_properties() + set_properties())]
    texts, values = zip(*(_sql(sessions, fields) for sessions in groups), strict=True)
    places = range(len(groups))
    packed = ", ".join(f"{PACKED_NUMBERS_SQL.format(p.field)}, {_total_of(p)}" for p in numeric_properties())
    overlaps = ", ".join(GROUP_OVERLAP_SQL.format(*pair) for pair in combinations(places, 2))
    statement = COMPARED_SCORES_SQL.format(
        groups=", ".join(GROUP_SQL.format(place=place, sessions=text) for place, text in enumerate(texts)),
        members=" UNION ALL ".join(MEMBERS.format(place=place) for place in places),
        numbers=", ".join(NUMBERS.format(place=place, packed=packed) for place in places),
        overlaps=overlaps,
        sets=_ranked([f"group_{place}" for place in places], set_properties(), MAX_SET_VALUES),
        scores=GROUP_SCORES_SQL,
        categories=RANKED_VALUES_SQL.format(each=GROUP_CATEGORIES_SQL, most=MAX_SET_VALUES),
    )
    return statement, [*chain.from_iterable(values), project.pk]


def _ranked(groups: Sequence[str], properties: list[Property], most: int) -> str:
    """`groups` are what stands behind FROM."""
    fields = [p.field for p in properties]
    cases = " ".join(f"WHEN {p.field} IS NOT NULL THEN '{p.name}'" for p in properties)
    parts = {"name": f"CASE {cases} END", "sets": ", ".join(fields), "each_set": f"({'), ('.join(fields)})"}
    each = (GROUP_SETS_SQL.format(place=place, sessions=sessions, **parts) for place, sessions in enumerate(groups))
    return RANKED_VALUES_SQL.format(each=" UNION ALL ".join(each), most=most)


def _numbers(row: Iterator[Any], groups: Sets) -> tuple[list[int], dict[str, list[GroupNumbers]]]:
    sizes = []
    numbers: dict[str, list[GroupNumbers]] = {p.name: [] for p in numeric_properties()}
    for _ in groups:
        sizes.append(next(row))
        for of_group in numbers.values():
            of_group.append(_unpacked(bytes(next(row) or b""), next(row)))
    return sizes, numbers


def _scores(found: str | None, groups: Sets) -> tuple[dict[str, list[GroupNumbers]], dict[str, list[int]]]:
    """Their numbers, and how many sessions of each group have categories."""
    numbers: dict[str, list[GroupNumbers]] = {}
    sizes: dict[str, list[int]] = {}
    for place, name, packed, categorical in json.loads(found or "[]"):
        if packed:
            numbers.setdefault(name, [NO_NUMBERS for _ in groups])[place] = _unpacked(bytes.fromhex(packed), None)
        if categorical:
            sizes.setdefault(name, [0 for _ in groups])[place] = categorical
    return numbers, sizes


def _counted(found: str | None, sizes: dict[str, list[int]]) -> dict[str, Counts]:
    hits: dict[str, dict[str, dict[int, int]]] = {}
    kinds = {}
    for name, value, kinds[name], place, number in json.loads(found or "[]"):
        hits.setdefault(name, {}).setdefault(value, {})[place] = number
    return {
        name: Counts(
            {v: [Share(by.get(place, 0), size) for place, size in enumerate(sizes[name])] for v, by in values.items()},
            kinds[name],
        )
        for name, values in hits.items()
    }


def each_of(groups: Sets, statement: str, fields: list[str], before: Sequence[Any] = (), **parts: str) -> list[SqlRow]:
    """The statement for every group in one, with their `sessions` in its place; `before` are values that stand in it
    ahead of the group's own."""
    texts: list[str] = []
    values: list[Any] = []
    for place, sessions in enumerate(groups):
        sql, own = _sql(sessions, fields)
        texts.append(statement.format(place=place, sessions=sql, **parts))
        values += [*before, *own]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(texts), values)
        rows: list[SqlRow] = cursor.fetchall()
    return rows


def _sql(sessions: QuerySet[Session], fields: list[str]) -> tuple[str, tuple[Any, ...]]:
    text, values = sessions.order_by().values(*dict.fromkeys(fields)).query.sql_with_params()
    return text, values


def _row(sql: str, values: Sequence[Any]) -> SqlRow:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        row: SqlRow = cursor.fetchone()
    return row


def _total_of(declared: Property) -> str:
    """PostgreSQL adds up money, digit by digit; whole numbers are added up exactly here."""
    return f"sum({declared.field})" if declared.kind == PropertyKind.MONEY else "NULL::numeric"


def _unpacked(packed: bytes, total: Decimal | None) -> GroupNumbers:
    numbers = array("d", packed)
    if not numbers:
        return NO_NUMBERS
    if sys.byteorder == "little":  # the wire's order is the other one
        numbers.byteswap()
    if total is None:
        try:
            total = Decimal(math.fsum(numbers))
        except OverflowError:
            total = sum(map(Decimal, numbers), Decimal())
    return GroupNumbers(Sample.of(numbers), total, total / len(numbers))
