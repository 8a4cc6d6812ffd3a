"""Queries that are watched: whether they can be, and which sessions match."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import compress
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import EmptyResultSet
from django.db.models import Case, Q, QuerySet, Subquery, Value, When
from django.utils import timezone

from projects.models import Project
from sessions.alerts.refusals import AlertRefused
from sessions.models import Session
from sessions.query.compiling import Query, compiled
from sessions.query.grammar import FieldComparison, Node, QueryError, Word
from sessions.query.rewrite import with_leaves
from sessions.query.values import as_of
from sessions.query.writing import write

WATCH_TIMEOUT_MS = 2_000  # ms for a statement that asks which sessions match
QUIET_WORDS = frozenset({"active", "idle"})
# What depends on the time that passes means something else at this distance.
ANOTHER_TIME = timedelta(days=400, hours=7, minutes=13)


@contextmanager
def in_project_time(project: Project, now: datetime) -> Iterator[None]:
    """Read queries as of `now`, with days of the project's time zone."""
    with timezone.override(ZoneInfo(project.time_zone)), as_of(now):
        yield


def read_watched(project: Project, text: str, field: str = "query") -> Query:
    """Compile a query that is to be watched. Raise AlertRefused if nothing can tell when a session enters it."""
    try:
        with in_project_time(project, timezone.now()):
            query = compiled(text, project.pk)
    except QueryError as error:
        raise AlertRefused(str(error), field) from error
    if query.node is not None and _depends_on_time(project, with_leaves(query.node, _without_quiet)):
        raise AlertRefused(
            "Sessions would enter and leave this query only because time passes. Write dates instead of times such as"
            " today or -3d; is:idle and is:active are watched.",
            field,
        )
    return query


def watches_quiet(text: str, project: Project) -> bool:
    """Return whether a query asks for sessions that are active or idle, which changes without any report."""
    found: list[bool] = []

    def look(leaf: Word | FieldComparison) -> Node:
        found.append(_is_quiet(leaf))
        return leaf

    node = compiled(text, project.pk).node
    if node is not None:
        with_leaves(node, look)
    return any(found)


def ids_matching(project: Project, queries: Sequence[Query], session_ids: Collection[str]) -> list[set[str]]:
    """Return, for each query, the ids of those sessions that match. Two statements, which the caller limits in time.

    Queries that need nothing but the sessions themselves are columns of one reading of them."""
    rows = Session.objects.for_project(project).filter(session_id__in=list(session_ids))
    conditions = dict(enumerate(query.condition & Q(project_id=project.pk) for query in queries))
    own = {place: condition for place, condition in conditions.items() if _reads_sessions_alone(condition)}
    found: list[set[str]] = [set() for _ in queries]
    columns = [Case(When(condition, then=True), default=False) for condition in own.values()]
    for session_id, *answers in rows.values_list("session_id", *columns) if own else ():
        for place in compress(own, answers):
            found[place].add(session_id)
    others = [
        rows.filter(condition).annotate(place=Value(place)).values_list("place", "session_id")
        for place, condition in conditions.items()
        if place not in own
    ]
    for place, session_id in others[0].union(*others[1:], all=True) if others else ():
        found[place].add(session_id)
    return found


def _reads_sessions_alone(condition: Q) -> bool:
    """Return whether a condition has no statement inside of it."""
    return all(
        _reads_sessions_alone(part) if isinstance(part, Q) else isinstance(part, tuple) and not _is_statement(part[1])
        for part in condition.children
    )


def _is_statement(value: object) -> bool:
    return isinstance(value, QuerySet | Subquery)


def _depends_on_time(project: Project, node: Node) -> bool:
    now = timezone.now()
    return bool(_statement(project, node, now) != _statement(project, node, now - ANOTHER_TIME))


def _statement(project: Project, node: Node, now: datetime) -> Any:
    with in_project_time(project, now):
        rows = Session.objects.for_project(project).filter(compiled(write(node), project.pk).condition)
        try:
            return rows.query.sql_with_params()
        except EmptyResultSet:
            return None


def _without_quiet(leaf: Word | FieldComparison) -> Node:
    if isinstance(leaf, Word) or not _is_quiet(leaf):
        return leaf
    return replace(leaf, values=("bookmarked",))


def _is_quiet(leaf: Word | FieldComparison) -> bool:
    return isinstance(leaf, FieldComparison) and leaf.name == "is" and not QUIET_WORDS.isdisjoint(leaf.values)
