"""Each list of /api/v1 is read forwards and backwards with its cursors, and nothing is skipped or told twice."""

from itertools import chain
from typing import Any

import pytest
from django.test import Client

from projects.models import Project, User
from sessions.annotation import queues
from sessions.rollup.session_rows import recompute
from tests.conftest import Key
from tests.sessions.rows import session
from tests.tracing.reports import at, call, in_session, span
from tracing.ingest.pipeline import ingest

pytestmark = pytest.mark.django_db

ROWS = 7
LIMITS = (1, 2, 3, 7, 100)


class Api:
    """A program with a key that may read and write."""

    def __init__(self, client: Client, key: Key) -> None:
        self._client, self._headers = client, {"Authorization": key.bearer}

    def get(self, path: str, **params: Any) -> Any:
        answer: Any = self._client.get(f"/api/v1/{path}", params, headers=self._headers)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def post(self, path: str, body: Any) -> Any:
        answer: Any = self._client.post(f"/api/v1/{path}", body, "application/json", headers=self._headers)
        assert answer.status_code == 200, answer.content
        return answer.json()


@pytest.fixture
def api(client: Client, key: Key) -> Api:
    return Api(client, key)


def fill_sessions(project: Project, api: Api, alice: User) -> tuple[str, list[str]]:
    for number in range(ROWS):
        session(project, f"s{number}", minute=number)
    return "sessions", [f"s{number}" for number in reversed(range(ROWS))]


def fill_sessions_by_cost(project: Project, api: Api, alice: User) -> tuple[str, list[str]]:
    for number in range(ROWS):
        session(project, f"s{number}", total_cost=number % 2)
    return "sessions?sort=total_cost", ["s0", "s2", "s4", "s6", "s1", "s3", "s5"]


def fill_scores(project: Project, api: Api, alice: User) -> tuple[str, list[str]]:
    for number in range(ROWS):
        api.post("scores", {"id": f"x{number}", "name": "quality", "value": number, "session_id": "s"})
    return "scores", [f"x{number}" for number in reversed(range(ROWS))]


def fill_comments(project: Project, api: Api, alice: User) -> tuple[str, list[str]]:
    made = [
        api.post("comments", {"object_type": "SESSION", "object_id": "s", "content": str(number)})["id"]
        for number in range(ROWS)
    ]
    return "comments", made[::-1]


def fill_items(project: Project, api: Api, alice: User) -> tuple[str, list[str]]:
    names = [f"s{number}" for number in range(ROWS)]
    for name in names:
        session(project, name)
    queue = queues.create(project, {"name": "Weekly"}, by=alice)
    for name in names:
        api.post(f"review-queues/{queue.id}/items", {"session_ids": [name]})
    path = f"review-queues/{queue.id}/items"
    rows = api.get(path)["data"]
    assert [row["object_id"] for row in rows] == names
    return path, [row["id"] for row in rows]


LISTS = [fill_sessions, fill_sessions_by_cost, fill_scores, fill_comments, fill_items]


def asked(path: str) -> tuple[str, dict[str, str]]:
    route, _, query = path.partition("?")
    return route, dict(part.split("=") for part in query.split("&") if part)


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("fill", LISTS, ids=lambda fill: fill.__name__.removeprefix("fill_"))
def test_a_list_is_read_forwards_and_backwards(project: Project, api: Api, alice: User, fill: Any, limit: int) -> None:
    path, expected = fill(project, api, alice)
    route, params = asked(path)

    page = api.get(route, limit=limit, **params)
    pages = [page]
    assert page["previous"] is None
    while page["next"]:
        page = api.get(route, limit=limit, cursor=page["next"], **params)
        pages.append(page)
    read = [[row["id"] for row in found["data"]] for found in pages]
    assert list(chain(*read)) == expected
    assert all(len(found) == limit for found in read[:-1])

    back = [read[-1]]
    while page["previous"]:
        page = api.get(route, limit=limit, cursor=page["previous"], **params)
        back.append([row["id"] for row in page["data"]])
    assert back == read[::-1]


@pytest.mark.parametrize(
    ("fill", "kept"),
    [
        (fill_sessions, {"created_at__gte": at(0).isoformat()}),
        (fill_sessions_by_cost, {"created_at__gte": at(0).isoformat()}),
        (fill_scores, {"name": "quality"}),
        (fill_comments, {"object_id": "s"}),
    ],
    ids=lambda given: getattr(given, "__name__", "kept"),
)
def test_a_filter_holds_on_every_page(project: Project, api: Api, alice: User, fill: Any, kept: dict[str, str]) -> None:
    path, expected = fill(project, api, alice)
    route, params = asked(path)
    session(project, "outside", minute=-5)
    api.post("scores", {"id": "outside", "name": "other", "value": 1, "session_id": "s"})
    api.post("comments", {"object_type": "SESSION", "object_id": "other", "content": "outside"})

    read: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = api.get(route, limit=2, cursor=cursor, **kept, **params)
        read += [row["id"] for row in page["data"]]
        cursor = page["next"]
    assert read == expected


@pytest.mark.parametrize("limit", [1, 3, 7, 500])
def test_the_traces_of_a_session_are_read_in_the_order_of_time(project: Project, api: Api, limit: int) -> None:
    ingest(project.pk, [call(f"t{n}", "a", started_at=at(n // 2), ended_at=at(9), claims=in_session("s"))
                        for n in range(ROWS)])  # fmt: skip
    recompute(project.pk, ["s"])
    assert read_parts(api, "sessions/s", "traces", limit) == [f"t{number}" for number in range(ROWS)]


@pytest.mark.parametrize("limit", [1, 3, 7, 500])
def test_the_spans_of_a_trace_are_read_in_the_order_of_their_start(project: Project, api: Api, limit: int) -> None:
    ingest(project.pk, [span("t", f"s{n}", started_at=at(n // 2), ended_at=at(9)) for n in range(ROWS)])
    assert read_parts(api, "traces/t", "spans", limit) == [f"s{number}" for number in range(ROWS)]


def read_parts(api: Api, path: str, name: str, limit: int) -> list[str]:
    """Read a whole list of parts, each of `limit` rows but the last."""
    found: list[list[str]] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = api.get(path, **{f"{name}_limit": limit, f"{name}_cursor": cursor})
        found.append([row["id"] for row in answer[name]])
        cursor = answer[f"{name}_next"]
    assert all(len(part) == limit for part in found[:-1])
    return list(chain(*found))


def test_new_sessions_shift_no_page_of_a_list_by_creation(project: Project, api: Api) -> None:
    for number in range(4):
        session(project, f"s{number}", minute=number)
    first = api.get("sessions", sort="created_at", limit=2)
    session(project, "late", minute=9)
    session(project, "early", minute=-9)

    rest = api.get("sessions", sort="created_at", limit=10, cursor=first["next"])
    assert [row["id"] for row in first["data"] + rest["data"]] == ["s0", "s1", "s2", "s3", "late"]
