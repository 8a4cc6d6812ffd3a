"""Every page and every answer of the API reads many rows within a limit of its own, however large tables have grown.

What is found by its key, and the first rows along an index of a project, cost the same in every project."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from projects.auth import PROJECT_HEADER, create_own_key
from projects.jobs.time_limits import is_strict
from projects.models import Scope
from tests.isolation.conftest import World, bearer, signed_in
from tests.isolation.routes import ROUTES, every_route
from tests.isolation.test_routes import key_of, path_of
from tests.sessions.test_openapi import FOR_PEOPLE

GROWING = ("session", "session_score", "session_state", "trace", "trace_text", "span", "span_io", "score", "media")
READS_GROWING = re.compile(rf'(?:FROM|JOIN) "?(?:{"|".join(GROWING)})"?(?=\W|$)')
# A key of a row, or of what has a bounded number of rows.
KEY = r'(?<!\w)"?(?:session_id|trace_id|span_id|id|media_id|object_id)"?'
BY_KEY = re.compile(rf"{KEY}\s*(?:=\s*%|=\s*ANY|IN\s*\(%)")
FIRST_ROWS = re.compile(
    r'^SELECT [^()]* FROM "(\w+)" WHERE "\1"\."project_id" = %s(?: ORDER BY [^()]*)? LIMIT \d+(?:\) subquery)?$'
)
COUNTED_ROWS = re.compile(r'^SELECT COUNT\(\*\) FROM \(SELECT [^()]* WHERE "\w+"\."project_id" = %s LIMIT \d+\)')
BOUNDED_BY_THEIR_TEXT = (
    "EXPLAIN ",
    "WITH RECURSIVE step",
    "CROSS JOIN LATERAL ( SELECT data_type FROM score",
    "AS asked(bucket, trace_id, span_id) JOIN span_io",  # by its key, for each of those asked for
)
NARROWED = {
    "project/<int:project_id>/sessions": ("?q=cost>0", "?user_ids=u1", "?sort=total_cost", "?q=canary"),
    "project/<int:project_id>/traces": ("?q=has:error", "?sort=total_cost", "?q=canary"),
    "project/<int:project_id>/users": ("?q=u+cost>0",),
    "project/<int:project_id>/judges/<uuid:judge_id>": (
        "?against=sample",
        "?tab=backfill&percent=100",
        "?tab=versions",
        "?tab=verdicts",
    ),
    "project/<int:project_id>/judges/session": ("?id=s1",),
    "api/v1/sessions": ("?q=cost>0", "?sort=total_cost"),
}


def is_unbounded(sql: str) -> bool:
    text = " ".join(sql.split())
    if not text.startswith(("SELECT", "WITH")) or not READS_GROWING.search(text) or BY_KEY.search(text):
        return False
    bounded = FIRST_ROWS.match(text) or COUNTED_ROWS.match(text)
    return not bounded and not any(part in text for part in BOUNDED_BY_THEIR_TEXT)


@contextmanager
def watched() -> Iterator[list[str]]:
    """Collect the statements that could read many rows and have no limit but that of the database role."""
    found: list[str] = []

    def watch(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if not is_strict.get() and is_unbounded(str(sql)):
            found.append(" ".join(str(sql).split()))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield found


def read_routes() -> list[str]:
    routes = {route for route in every_route() if route.startswith(("project/", "organization/", "api/v1/"))}
    return sorted(route for route in routes if "GET" in ROUTES[key_of(route)].methods)


def key_for(route: str, world: World) -> dict[str, str]:
    """The headers of a key that may read a route of the API."""
    if not f"/{route}".startswith(FOR_PEOPLE):
        return bearer(world.project)
    _, secret = create_own_key(world.owner, name="own", scopes=[Scope.READ], expires_at=None)
    return {"Authorization": f"Bearer {secret}", PROJECT_HEADER: str(world.project.pk)}


@pytest.mark.parametrize("route", read_routes())
def test_what_reads_many_rows_has_a_limit_of_its_own(same_world: World, route: str) -> None:
    owed = ROUTES[key_of(route)]
    client = signed_in(same_world.owner) if not route.startswith("api/") else Client(headers=key_for(route, same_world))
    path = path_of(route, owed, same_world)
    for query in ("", *NARROWED.get(route, ())):
        with watched() as found:
            answer = client.get(path.partition("?")[0] + query if query else path)
            if answer.streaming:
                b"".join(answer.streaming_content)  # type: ignore[arg-type]
        assert answer.status_code in (200, 302, 404)
        assert found == [], f"{path}{query}"
