"""Two tenants whose sessions, traces, spans, users, scores, queues and tags have the same ids: neither sees the other.

Without ids in common, a statement that forgets its tenant finds nothing wrong, and no test would fail."""

import re
import time
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from django.db import transaction
from django.test import Client
from pytest_django.fixtures import Settings

from config.celery import app
from projects import deletion
from projects.jobs.slices import WORK_KINDS
from projects.models import Project, User
from sessions.rollup.session_rows import recompute
from tests.isolation.conftest import CANARY, World, bearer, signed_in
from tests.isolation.routes import ROUTES, every_route
from tests.isolation.test_routes import HTMX, body_of, key_of, path_of
from tests.isolation.test_tasks import KINDS_FOR_ONE_PROJECT
from tests.isolation.test_values import FIELDS
from tests.isolation.twins import TWIN, copy_rows, ids_of, rows_of
from tests.tracing.reports import call, in_session, span
from tracing.ingest.pipeline import ingest
from tracing.records import SpanRecord

CHANGING = {"POST", "PUT", "PATCH", "DELETE"}
MOMENTS = {"updated_at", "computed_at", "content_at", "received_at", "marked_at", "version", "first_seen", "last_seen"}
TENANTS = ("project/", "organization/", "api/")  # beginnings of the routes that show what tenants have
# What differs between two answers to the same question: tokens of forms, signatures of addresses, moments.
FLEETING = re.compile(
    r'csrfmiddlewaretoken" value="\w+"|"X-CSRFToken": ?"\w+"|data-version="[\d.]+"|[\w-]{20,}:[\w-]{6}:[\w-]{43}'
    r"|\d\d(?::|%3A)\d\d(?::|%3A)\d\d(?:\.\d+)?"
)


@pytest.fixture
def twin(world: World, other_project: Project) -> Project:
    copy_rows(world.project, other_project)
    return other_project


def test_the_stranger_has_the_ids_of_the_owner_in_every_table(world: World, twin: Project) -> None:
    mine, theirs = ids_of(world.project), ids_of(twin)

    assert {table: keys - theirs[table] for table, keys in mine.items() if not keys <= theirs[table]} == {}
    assert [table for table, keys in mine.items() if not keys] == [], "a table without rows proves nothing"
    assert CANARY not in repr(rows_of(twin))


Asked = tuple[str, Client, str, dict[str, str]]


def reading(world: World) -> Iterator[Asked]:
    """Every page and answer of the tenant that can be read, as the owner asks for it."""
    person, program, key = signed_in(world.owner), Client(), bearer(world.project)
    for route in sorted(set(every_route())):
        owed = ROUTES[key_of(route)]
        if "GET" not in owed.methods or not route.startswith(TENANTS):
            continue
        path = path_of(route, owed, world)
        if route.startswith("api/"):
            yield route, program, path, key
        else:
            yield route, person, path, {}
            yield f"{route} (a fragment)", person, path, HTMX


def answers(asked: list[Asked]) -> dict[str, str]:
    found = {}
    for route, client, path, headers in asked:
        with transaction.atomic():  # some remember that they were read
            answer = client.get(path, headers=headers)
            body = body_of(answer).removesuffix(str(answer.headers))  # type: ignore[arg-type]
            found[route] = f"{answer.status_code} {FLEETING.sub('', body)}"
            transaction.set_rollback(True)
    return found


def test_what_a_tenant_reads_is_the_same_with_and_without_its_twin(
    world: World, other_project: Project, settings: Settings
) -> None:
    settings.REQUESTS_PER_SECOND = 0
    recompute(world.project.pk, ["s1"])
    before = answers(asked := list(reading(world)))
    copy_rows(world.project, other_project)
    for project in (other_project, world.project):
        recompute(project.pk, ["s1"])
    after = answers(asked)

    assert {route for route, text in after.items() if TWIN in text} == set()
    assert {route: (before[route], text) for route, text in after.items() if text != before[route]} == {}
    assert sum(CANARY in text for text in before.values()) > 60, "there is much to read"


def test_reports_that_go_on_with_a_trace_are_merged_with_its_own_rows_alone(
    world: World, other_project: Project
) -> None:
    def gone_on() -> dict[str, list[dict[str, Any]]]:
        with transaction.atomic():
            ingest(world.project.pk, later_reports())
            recompute(world.project.pk, ["s1"])
            rows = rows_of(world.project)
            transaction.set_rollback(True)
        return {
            table: [{name: value for name, value in row.items() if name not in MOMENTS} for row in found]
            for table, found in rows.items()
        }

    alone = gone_on()
    copy_rows(world.project, other_project)
    beside = gone_on()

    assert {table: (rows, beside[table]) for table, rows in alone.items() if beside[table] != rows} == {}
    ingest(other_project.pk, later_reports())  # whose rows a statement without a pin would find before the owner's
    recompute(other_project.pk, ["s1"])
    assert CANARY not in repr(rows_of(other_project))
    assert [row["raw"] for row in alone["span_io"] if row["span_id"] == "a"] == [{"said": CANARY, "more": 1}]


def later_reports() -> list[SpanRecord]:
    """Of spans that are there and of new ones: what the store knows of a trace decides what comes of each."""
    return [
        span("t1", "a", raw={"more": 1}, claims=in_session("s1", metadata={"late": True})),
        call("t1", "c", "a", tokens=(3, 1)),
    ]


@pytest.mark.parametrize("name", sorted(KINDS_FOR_ONE_PROJECT))
def test_work_for_one_tenant_leaves_its_twin_alone(name: str, world: World, twin: Project) -> None:
    app.loader.import_default_modules()
    if name == "project deletions":
        deletion.begin(world.project, by=world.owner)
    before = rows_of(twin)

    WORK_KINDS[name].work(world.project.pk, time.monotonic() + 5)

    assert rows_of(twin) == before


def changing(world: World) -> Iterator[tuple[Client, str, str, Any, dict[str, str]]]:
    """Every change that the owner can ask for, with a body that means something where there is one."""
    person, program, key = signed_in(world.owner), Client(), bearer(world.project)
    for route in sorted(set(every_route())):
        owed = ROUTES[key_of(route)]
        is_program = route.startswith(("api/", "v1/"))
        if not is_program and not route.startswith(("project/", "organization/")):
            continue
        body = next((FIELDS[end] for end in sorted(FIELDS, key=len, reverse=True) if route.endswith(end)), {})
        for method in CHANGING.intersection(owed.methods):
            yield (
                (program if is_program else person),
                method,
                path_of(route, owed, world),
                body,
                key if is_program else {},
            )


def test_no_change_of_a_tenant_reaches_its_twin(world: World, twin: Project, settings: Settings) -> None:
    before, mine, changed = rows_of(twin), rows_of(world.project), 0
    settings.REQUESTS_PER_SECOND = 0
    for client, method, path, body, headers in changing(world):
        with transaction.atomic():
            if headers:
                client.generic(method, path, orjson.dumps(body), content_type="application/json", headers=headers)
            else:
                client.post(path, body | {"name": "n", "project": str(world.values["view_id"])})
            recompute(world.project.pk, ["s1"])
            assert rows_of(twin) == before, f"{method} {path}"
            changed += rows_of(world.project) != mine
            transaction.set_rollback(True)
    assert changed > 30, "most of them change something of the owner's"


def test_a_session_that_goes_takes_nothing_of_its_twin_along(world: World, twin: Project, charlie: User) -> None:
    before = rows_of(twin)
    program, key = Client(), bearer(world.project)

    assert program.delete("/api/v1/sessions/s1", headers=key).status_code == 200

    assert rows_of(twin) == before
    after = rows_of(world.project)
    for table in ("session", "session_score", "session_state", "cohort_member", "trace", "span", "score", "trace_text"):
        assert after[table] == [], table
        assert before[table] != [], table
    page = signed_in(charlie).get(f"/project/{twin.pk}/sessions/s1").content.decode()
    assert TWIN in page
    assert CANARY not in page
