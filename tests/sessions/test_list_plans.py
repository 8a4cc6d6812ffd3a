"""A page of the list is a short walk of an index: nothing is read that is not shown, and nothing is sorted."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from projects.models import Project
from sessions.listing.listing import Listing
from sessions.models import Session
from sessions.models.properties import SORTABLE_KINDS, PropertyKind, properties_of, sets_of
from tests.tracing.reports import at

ROWS = 2_000
SORTS = [
    f"{sign}{name}" for name, p in properties_of(Session).items() if p.kind in SORTABLE_KINDS for sign in ("", "-")
]
RARE = [f"q={declared.short_name}:rare" for declared in sets_of(Session)]


@pytest.fixture
def many(project: Project, other_project: Project) -> None:
    """Sessions enough that the planner has to choose, and as many of somebody else."""
    for of in (project, other_project):
        Session.objects.bulk_create(_row(of, number) for number in range(ROWS))
    with connection.cursor() as cursor:
        cursor.execute("SELECT gin_clean_pending_list('session_sets')")  # as vacuum does
        cursor.execute("ANALYZE session")


def _row(project: Project, number: int) -> Session:
    shuffled = number * 7919 % ROWS
    values = {
        PropertyKind.SET: ["rare" if number % 1_000 == 0 else f"often-{number % 3}"],
        PropertyKind.DURATION: shuffled,
        PropertyKind.NUMBER: shuffled,
        PropertyKind.MONEY: Decimal(shuffled) / 1_000,
    }
    declared = {p.field: values[p.kind] for p in properties_of(Session).values() if p.kind in values}
    began = at(0) + timedelta(minutes=shuffled)
    times = {"created_at": began, "computed_at": began, "updated_at": began + timedelta(hours=1)}
    fields = {**declared, **times, "error_count": int(number % 100 == 0)}
    return Session(project_id=project.pk, session_id=f"session-{number:05}", **fields)


def plan(project: Project, query: str) -> list[dict[str, Any]]:
    """The nodes of the plan of the page's statement."""
    with CaptureQueriesContext(connection) as asked:
        assert Listing(project, QueryDict(query)).rows
    [statement] = [one["sql"] for one in asked if "ORDER BY" in one["sql"] and 'FROM "session"' in one["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (FORMAT JSON) " + statement.replace("%", "%%"))
        [found] = cursor.fetchone() or [None]
    return list(_nodes((orjson.loads(found) if isinstance(found, str) else found)[0]["Plan"]))


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inside in node.get("Plans", ()):
        yield from _nodes(inside)


def kinds(nodes: list[dict[str, Any]]) -> set[str]:
    return {node["Node Type"] for node in nodes}


@pytest.mark.django_db
def test_every_sort_walks_an_index_on_the_first_page_and_on_later_ones(many: None, project: Project) -> None:
    for sort in SORTS:
        later = Listing(project, QueryDict(f"sort={sort}")).next
        for query in (f"sort={sort}", f"sort={sort}&cursor={later}"):
            found = plan(project, query)
            assert kinds(found) <= {"Limit", "Index Scan"}, (query, found)


@pytest.mark.django_db
def test_filters_are_answered_by_the_indexes_that_are_there_for_them(many: None, project: Project) -> None:
    for query in RARE:
        found = plan(project, query)
        assert "session_sets" in {node.get("Index Name") for node in found}, (query, found)
    common = [query.replace("rare", "often-1") for query in RARE]
    noon, later = at(0).isoformat()[:19] + "Z", (at(0) + timedelta(hours=2)).isoformat()[:19] + "Z"
    for query in [*common, f"from={noon}&to={later}"]:
        assert "Seq Scan" not in kinds(plan(project, query)), query
    # By time with errors alone, or, while there are few of them, by their number and then sorted.
    used = {node["Index Name"] for node in plan(project, "q=has:error") if "Index Name" in node}
    assert used
    assert used <= {"session_errors", "session_errors_most"}
