"""An id of a session or of a user finds the same rows in whichever of Unicode's forms it is asked for."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects.models import Project, User
from sessions.models import ReviewQueue, Session
from sessions.rollup.tasks import recompute_dirty
from tests.conftest import Key
from tests.tracing import otlp
from tracing.models import Score, Trace

COMPOSED, DECOMPOSED = "conversaci\u00f3n/1", "conversacio\u0301n/1"
USER, USER_DECOMPOSED = "jos\u00e9", "jose\u0301"


@pytest.fixture(autouse=True)
def stored(client: Client, project: Project, key: Key) -> None:
    """A session whose span came from a sender that allows every script."""
    body = otlp.body(otlp.span("turn", session__id=DECOMPOSED, user__id=USER_DECOMPOSED, input="Hi"))
    client.post("/v1/traces", body, otlp.PROTOBUF, headers={"Authorization": key.bearer})
    recompute_dirty(project.pk)
    assert Session.objects.for_project(project).get().session_id == COMPOSED


def asked(client: Client, key: Key, path: str) -> Any:
    answer = client.get(path, headers={"Authorization": key.bearer if path.startswith("/api/v1") else key.basic})
    assert answer.status_code == 200, answer.content
    return answer.json()


def posted(client: Client, key: Key, path: str, **body: Any) -> None:
    headers = {"Authorization": key.basic if path.startswith("/api/public") else key.bearer}
    answer = client.post(path, json.dumps(body), "application/json", headers=headers)
    assert answer.status_code == 200, answer.content


@pytest.mark.parametrize("session_id", [COMPOSED, DECOMPOSED, f" {DECOMPOSED} "])
def test_the_pages_and_calls_of_a_session_find_it(
    client: Client, project: Project, key: Key, alice: User, session_id: str
) -> None:
    client.force_login(alice)
    path = quote(session_id, safe="/")

    assert client.get(f"/project/{project.pk}/sessions/{path}").status_code == 200
    assert client.get(f"/project/{project.pk}/export/session/{path}").status_code == 200
    assert asked(client, key, f"/api/v1/sessions/{path}")["id"] == COMPOSED
    assert asked(client, key, f"/api/public/sessions/{path}")["id"] == COMPOSED


@pytest.mark.parametrize("name", ["id", "session"])
def test_a_query_finds_the_session(client: Client, key: Key, name: str) -> None:
    written = f'"{DECOMPOSED}"' if name == "id" else f'trace(session:"{DECOMPOSED}")'
    query = quote(f"id:{written}" if name == "id" else written)

    assert [row["id"] for row in asked(client, key, f"/api/v1/sessions?q={query}")["data"]] == [COMPOSED]


def test_a_query_finds_the_user(client: Client, key: Key) -> None:
    found = asked(client, key, f"/api/v1/sessions?q={quote(f'user:{USER_DECOMPOSED}')}")["data"]

    assert [row["user_ids"] for row in found] == [[USER]]


@pytest.mark.parametrize(
    "path",
    [
        f"/api/public/traces?sessionId={quote(DECOMPOSED)}",
        f"/api/public/traces?userId={quote(USER_DECOMPOSED)}",
        f"/api/public/v2/scores?sessionId={quote(DECOMPOSED)}",
        f"/api/public/v3/scores?sessionId=other,{quote(DECOMPOSED)}",
        f"/api/v1/scores?session_id={quote(DECOMPOSED)}",
    ],
)
def test_filters_find_its_rows(client: Client, key: Key, path: str) -> None:
    posted(client, key, "/api/public/scores", name="helpful", value=1, sessionId=DECOMPOSED)

    assert len(asked(client, key, path)["data"]) == 1


def test_scores_comments_and_queues_are_about_the_same_session(client: Client, project: Project, key: Key) -> None:
    queue = ReviewQueue.objects.create(project_id=project.pk, name="all", created_at=timezone.now())
    posted(client, key, "/api/public/scores", name="helpful", value=1, sessionId=DECOMPOSED)
    posted(client, key, f"/api/v1/review-queues/{queue.id}/items", session_ids=[DECOMPOSED])
    posted(client, key, "/api/public/comments", projectId=str(project.pk), objectType="SESSION",
           objectId=DECOMPOSED, content="Look")  # fmt: skip

    assert Score.objects.for_project(project).get().session_id == COMPOSED
    assert [row["object_id"] for row in asked(client, key, f"/api/v1/review-queues/{queue.id}/items")["data"]] == [
        COMPOSED
    ]
    assert asked(client, key, f"/api/public/comments?objectType=SESSION&objectId={quote(COMPOSED)}")["data"]


def test_deleting_it_by_the_other_form_deletes_it(client: Client, project: Project, alice: User) -> None:
    client.force_login(alice)

    assert client.post(reverse("session-delete", args=[project.pk, DECOMPOSED])).status_code == 302
    assert not Trace.objects.for_project(project).exists()


@pytest.mark.parametrize("path", ["/api/public/scores", "/api/v1/scores"])
def test_a_session_in_another_script_can_be_scored(client: Client, project: Project, key: Key, path: str) -> None:
    session = {"sessionId" if "public" in path else "session_id": "客服-2026-001"}
    posted(client, key, path, name="helpful", value=1, **session)

    assert Score.objects.for_project(project).get().session_id == "客服-2026-001"
