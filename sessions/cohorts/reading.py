"""Reads what is compared from the database: one statement, which reads each session of a group once.

Numbers are packed as eight bytes each, because statistics need all of them and text takes ten times longer to read.
Sums and means are PostgreSQL's exact ones, which the list and the API show, too."""

import json
import math
import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet

from projects.models import Project
from sessions.cohorts.queries import (
    Groups,
    comparison_statement,
    frequent_statement,
    numeric_properties,
    set_properties,
)
from sessions.cohorts.shares import Share
from sessions.cohorts.statistics import Sample
from sessions.models import Session
from sessions.models.properties import Property
from tracing.lists.bounded import SUMMING_SETTINGS, within

COMPARISON_TIMEOUT_MS = 10_000  # ms for a statement


@dataclass(frozen=True)
class GroupNumbers:
    """The values of a number in one group. `total` and `mean` are exact."""

    sample: Sample
    total: Decimal
    mean: Decimal | None


@dataclass(frozen=True)
class Counts:
    """The values of a set, the most frequent first, with the share of each group.

    `kinds` counts the values that are not shown, too."""

    shares: dict[str, list[Share]]
    kinds: int


class Read(NamedTuple):
    """Everything that was read, by name and then by group."""

    sizes: list[int]
    numbers: dict[str, list[GroupNumbers]]
    sets: dict[str, Counts]
    scores: dict[str, list[GroupNumbers]]
    categories: dict[str, Counts]
    overlaps: dict[tuple[int, int], int]  # of two groups that share sessions: how many


NO_NUMBERS = GroupNumbers(Sample.of([]), Decimal(), None)
SqlRow = tuple[Any, ...]


def read(project: Project, groups: Groups) -> Read:
    """Read everything about groups of sessions."""
    row = iter(_fetch_row(*comparison_statement(project, groups)))
    sizes, numbers = _numbers(row, groups)
    overlaps = {pair: number for pair in combinations(range(len(groups)), 2) if (number := next(row))}
    sets = _counted(next(row), {p.name: sizes for p in set_properties()})
    scores, categorical = _scores(next(row), groups)
    kept = {p.name: sets.get(p.name, Counts({}, 0)) for p in set_properties()}
    return Read(
        sizes=sizes,
        numbers=numbers,
        sets=kept,
        scores=scores,
        categories=_counted(next(row), categorical),
        overlaps=overlaps,
    )


def frequent(sessions: QuerySet[Session], declared: Property, most: int) -> list[str]:
    """Return the values of a set that most sessions have, the most frequent first. Raises TooLong."""
    with within(COMPARISON_TIMEOUT_MS, **SUMMING_SETTINGS):
        [found] = _fetch_row(*frequent_statement(sessions, declared, most))
    return [value for _, value, *_ in json.loads(found or "[]")]


def _numbers(row: Iterator[Any], groups: Groups) -> tuple[list[int], dict[str, list[GroupNumbers]]]:
    sizes = []
    numbers: dict[str, list[GroupNumbers]] = {p.name: [] for p in numeric_properties()}
    for _ in groups:
        sizes.append(next(row))
        for of_group in numbers.values():
            of_group.append(_unpacked(bytes(next(row) or b""), next(row)))
    return sizes, numbers


def _scores(found: str | None, groups: Groups) -> tuple[dict[str, list[GroupNumbers]], dict[str, list[int]]]:
    """Return the numbers of scores, and how many sessions of each group have categories."""
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


def fetch_rows(sql: str, params: dict[str, Any]) -> list[SqlRow]:
    """Return all rows that a statement finds."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows: list[SqlRow] = cursor.fetchall()
    return rows


def _fetch_row(sql: str, params: dict[str, Any]) -> SqlRow:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        row: SqlRow = cursor.fetchone()
    return row


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
