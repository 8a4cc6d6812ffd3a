"""Walks every route with everybody who has no business there: the promised answer, and no byte of the tenant's data."""

import re

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from projects.models import Project
from projects.sqlguard import tenant_tables
from tests.isolation.conftest import CANARY, World, contents
from tests.isolation.routes import ADMIN_MODELS, ROUTES, Owed, every_route

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
HTMX = {"HX-Request": "true"}  # asks pages for their fragments
PLACEHOLDER = re.compile(r"<(?:\w+:)?(\w+)>")
TRANSLATION = "api/v1/traces/<path:trace_id>/translation"  # the only path behind a key
ADMIN_MODEL = re.compile(r"^admin/([a-z]+/[a-z]+)/(?:$|add|<path:object_id>)")


def key_of(route: str) -> str:
    """The line of the table that a route belongs to."""
    if (model := ADMIN_MODEL.match(route)) and model[1] in ADMIN_MODELS:
        return "admin/<model>/*"
    return "admin/<app_label>/" if route.startswith("admin/^") else route


def path_of(route: str, owed: Owed, world: World) -> str:
    path = "admin/projects/" if route.startswith("admin/^") else route.replace("(?P<url>.*)$", "unknown")
    return "/" + (owed.path or PLACEHOLDER.sub(lambda match: str(world.values[match[1]]), path)) + owed.query


def ask(client: Client, method: str, path: str, headers: dict[str, str]) -> HttpResponse:
    """As SDKs ask machines, and as browsers ask pages."""
    is_machine = path.startswith(("/v1/", "/api/"))
    body, content_type = (b"{}", "application/json") if is_machine else (b"", "application/x-www-form-urlencoded")
    answer = client.generic(method, path, body, content_type=content_type, headers=headers)
    is_everybodys = path.startswith("/assets/")
    assert is_everybodys or "no-store" in answer.headers["Cache-Control"], f"{method} {path} may be kept"
    assert answer.headers["X-Content-Type-Options"] == "nosniff", f"{method} {path}"
    return answer  # type: ignore[return-value]


def body_of(answer: HttpResponse) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return content.decode(errors="replace") + str(answer.headers)


def rows_of(project: Project) -> dict[str, int]:
    counted = (
        f"SELECT '{table}', count(*) FROM {table} WHERE project_id = %(id)s" for table in sorted(tenant_tables())
    )
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(counted), {"id": project.pk})
        return dict(cursor.fetchall())


def test_every_route_has_its_line_in_the_table() -> None:
    missing = sorted({key_of(route) for route in every_route()} - set(ROUTES))

    assert not missing, f"say in tests/isolation/routes.py what these owe whom: {missing}"


def test_no_line_of_the_table_is_out_of_date() -> None:
    assert sorted(set(ROUTES) - {key_of(route) for route in every_route()}) == []


def test_no_address_stands_where_the_key_of_a_client_could() -> None:
    routes = [route for route in every_route() if not route.startswith("admin/")]
    keyed = {route for route in routes if "<path:" in route}
    taken = {other for route in keyed for other in routes if other.startswith(route.partition("<path:")[0])} - keyed

    assert taken | {route for route in keyed if not route.endswith(">")} == {TRANSLATION}


@pytest.mark.parametrize("route", sorted(set(every_route())))
def test_a_route_gives_everybody_what_it_owes_them_and_no_more(same_world: World, route: str) -> None:
    world, owed = same_world, ROUTES[key_of(route)]
    path = path_of(route, owed, world)
    before = rows_of(world.project), contents(world.project)
    for who in ("nobody", "stranger", "their_key", "ingest_key"):
        for method, more in (("GET", HTMX), *((method, {}) for method in METHODS)):
            answer = ask(world.clients[who], method, path, world.headers.get(who, {}) | more)
            check(answer, owed, who, method, route)
            if who != "ingest_key":
                assert CANARY not in body_of(answer), f"{who} {method} {path} sees the tenant's data"
        if who == "stranger":
            assert (rows_of(world.project), contents(world.project)) == before, f"{who} changed the tenant's data"
    for method in owed.methods:
        answer = ask(world.clients["viewer"], method, path, {})
        check(answer, owed, "viewer", method, route)
        if owed.is_tenants and answer.status_code == 200:
            assert CANARY in body_of(answer), "the walk proves nothing where there is nothing to see"


def check(answer: HttpResponse, owed: Owed, who: str, method: str, route: str) -> None:
    status = getattr(owed, who)
    if isinstance(status, dict):
        status = status.get(method, 405)
    if method in owed.methods:
        assert answer.status_code == status, f"{who} {method} {route}: {answer.status_code}, owed is {status}"
    elif who != "ingest_key" and method != "HEAD" and status not in (200, 302):
        assert answer.status_code >= 400, f"{who} {method} {route}: {answer.status_code}"
