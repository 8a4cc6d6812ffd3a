"""/api/v1: scores, configs, comments and review queues."""

import json
from typing import Any

import pytest
from django.test import Client

from projects.models import AuditEvent, Project, User
from sessions.annotation import configs, queues, scoring
from sessions.annotation.targets import Target
from sessions.models import Session, SessionScore
from sessions.rollup.session_rows import recompute
from sessions.rollup.tasks import recompute_dirty
from tests.conftest import Key
from tests.tracing.reports import call, in_session
from tracing.ingest.pipeline import ingest
from tracing.models import DirtyMark, Score
from tracing.records import ScoreRecord


class Asker:
    def __init__(self, client: Client, key: Key) -> None:
        self.client, self.headers = client, {"Authorization": key.bearer}

    def __call__(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        data = b"" if body is None else json.dumps(body).encode()
        answer = self.client.generic(
            method, f"/api/v1/{path}", data, content_type="application/json", headers=self.headers
        )
        assert answer.status_code == status, answer.content
        return json.loads(answer.content)


@pytest.fixture
def ask(client: Client, key: Key) -> Asker:
    return Asker(client, key)


def test_a_score_is_written_replaced_listed_and_deleted(ask: Asker, project: Project) -> None:
    ingest(project.pk, [call("t", "a", claims=in_session("s"))])
    made = ask("POST", "scores", {"id": "x", "name": "quality", "value": 2, "trace_id": "t"})
    ask("POST", "scores", {"id": "x", "name": "quality", "value": 4, "trace_id": "t"})
    ask("POST", "scores", {"id": "y", "name": "topic", "value": "refund", "session_id": "s", "queueId": "q"})

    assert (made["data_type"], made["value"], made["source"]) == ("NUMERIC", 2.0, "api")
    assert [row["id"] for row in ask("GET", "scores?name=quality")["data"]] == ["x"]
    assert [row["id"] for row in ask("GET", "scores?queue_id=q")["data"]] == ["y"]
    first = ask("GET", "scores?limit=1")
    assert [row["id"] for row in ask("GET", f"scores?limit=1&cursor={first['next']}")["data"]] == ["x"]
    recompute_dirty(project.pk)
    assert ask("GET", "sessions/s")["scores"] == {
        "quality": {"count": 1, "mean": 4, "shares": {}},
        "topic": {"count": 1, "mean": None, "shares": {"refund": 1}},
    }
    assert ask("DELETE", "scores/x")["id"] == "x"
    recompute_dirty(project.pk)
    assert list(ask("GET", "sessions/s")["scores"]) == ["topic"]
    assert [row["id"] for row in ask("GET", "sessions?scores=topic")["data"]] == ["s"]


def test_what_cannot_be_kept_is_refused_by_its_name(ask: Asker) -> None:
    assert "value" in ask("POST", "scores", {"name": "x", "session_id": "s"}, status=400)["errors"]
    assert "categories" in ask("POST", "score-configs", {"name": "x", "data_type": "CATEGORICAL"}, status=400)["errors"]
    assert "colour" in ask("GET", "comments?colour=red", status=400)["errors"]


def sessions_of(project: Project, *ids: str) -> None:
    ingest(project.pk, [call(f"trace-{id}", "a", claims=in_session(id)) for id in ids])
    recompute(project.pk, list(ids))


def test_a_queue_takes_only_sessions_that_there_are(
    ask: Asker, project: Project, key: Key, client: Client, alice: User
) -> None:
    queue = queues.create(project, {"name": "Weekly"}, by=alice)
    sessions_of(project, "s")
    headers = {"Authorization": key.basic}

    refused = ask("POST", f"review-queues/{queue.id}/items", {"session_ids": ["s", "typo"]}, status=400)
    face = client.post(
        f"/api/public/annotation-queues/{queue.id}/items",
        {"objectType": "SESSION", "objectId": "typo"},
        content_type="application/json",
        headers=headers,
    )

    assert refused["errors"] == {"session_ids": ["there is no session typo"]}
    assert face.status_code == 400
    assert ask("GET", f"review-queues/{queue.id}/items")["data"] == []


def test_configs_comments_and_queues_are_written_and_read(ask: Asker, project: Project, alice: User) -> None:
    config = ask("POST", "score-configs", {"name": "quality", "data_type": "NUMERIC", "min_value": 1, "max_value": 5})
    changed = ask("PATCH", f"score-configs/{config['id']}", {"is_archived": True})
    comment = ask("POST", "comments", {"object_type": "session", "object_id": "s", "content": "hm", "author": "bot"})
    queue = queues.create(project, {"name": "Weekly"}, by=alice)
    sessions_of(project, "s", "r")
    added = ask("POST", f"review-queues/{queue.id}/items", {"session_ids": ["s", "s", "r"]})

    assert changed["is_archived"] is True
    assert [row["id"] for row in ask("GET", "score-configs")["data"]] == [config["id"]]
    assert ask("GET", "comments?object_id=s")["data"] == [comment]
    assert added == {"added": 2}
    assert [row["object_id"] for row in ask("GET", f"review-queues/{queue.id}/items")["data"]] == ["s", "r"]
    assert [row["total"] for row in ask("GET", "review-queues")["data"]] == [2]
    assert len(ask("GET", f"review-queues/{queue.id}/results")["items"]) == 2


def test_a_score_that_arrives_before_its_trace_is_summed_up_with_it(project: Project) -> None:
    ingest(project.pk, [ScoreRecord("1", "quality", "NUMERIC", 3.0, trace_id="t", span_id="a")])
    recompute_dirty(project.pk)
    assert not SessionScore.objects.for_project(project).exists()

    ingest(project.pk, [call("t", "a", claims=in_session("s"))])
    recompute_dirty(project.pk)

    assert Session.objects.for_project(project).get().scores["quality"]["mean"] == 3


def test_a_score_on_an_unknown_trace_is_looked_at_again(project: Project) -> None:
    """Its trace may be in a transaction that neither sees the score nor is seen by it."""
    ingest(project.pk, [ScoreRecord("1", "quality", "NUMERIC", 3.0, trace_id="t")])

    marks = DirtyMark.objects.for_project(project).values_list("target", "key")
    assert list(marks) == [(DirtyMark.Target.TRACE, "t")]


def test_a_score_of_any_size_is_summed_up(project: Project) -> None:
    ingest(project.pk, [call("t", "a", claims=in_session("s")), ScoreRecord("1", "q", "NUMERIC", 1e308, trace_id="t")])
    recompute_dirty(project.pk)

    assert Session.objects.for_project(project).get().scores["q"]["count"] == 1


def test_no_program_replaces_what_a_person_said(
    ask: Asker, client: Client, key: Key, project: Project, alice: User
) -> None:
    solved = configs.create(project, {"name": "solved", "data_type": "BOOLEAN"}, by=alice)
    given = scoring.give(project, Target(session_id="s"), solved, scoring.ScoreAnswer("", is_unsure=True), by=alice)
    score = {"id": given.id, "name": "solved", "value": 1, "sessionId": "s"}

    assert "a person's score" in str(ask("POST", "scores", score, status=400))
    other = {"id": "x", "name": "solved", "value": 1, "sessionId": "s"}
    answer = client.post(
        "/api/public/scores", json.dumps([score, other]), "application/json", headers={"Authorization": key.basic}
    )
    assert (answer.status_code, answer.json()["accepted"], answer.json()["rejected"]) == (207, 1, 1)
    kept = Score.objects.for_project(project).get(id=given.id)
    assert (kept.value, kept.is_unsure, kept.source, kept.author_id) == (None, True, "annotation", alice.pk)
    assert Score.objects.for_project(project).filter(id="x").exists()


def test_a_score_that_moves_leaves_no_number_behind(ask: Asker, project: Project) -> None:
    ingest(project.pk, [call("t", "a", claims=in_session("s")), call("u", "b", claims=in_session("other"))])
    for target in ({"session_id": "s"}, {"trace_id": "u"}, {"trace_id": "t"}, {"session_id": "other"}):
        ask("POST", "scores", {"id": "x", "name": "quality", "value": 2, **target})
        recompute_dirty(project.pk)
        found = {row.session_id: list(row.scores) for row in Session.objects.for_project(project)}
        here = "s" if target in ({"session_id": "s"}, {"trace_id": "t"}) else "other"
        assert found == {"s": [], "other": []} | {here: ["quality"]}


@pytest.mark.parametrize("path", ["/api/v1/scores/x", "/api/public/scores/x"])
def test_a_score_that_a_program_deletes_is_in_the_audit_log(
    ask: Asker, client: Client, key: Key, project: Project, path: str
) -> None:
    ask("POST", "scores", {"id": "x", "name": "quality", "value": 2, "session_id": "s"})
    assert client.delete(path, headers={"Authorization": key.basic}).status_code == 200
    event = AuditEvent.objects.get(action="score deleted")
    assert (event.target, event.details, event.actor[:4]) == ("session s", {"name": "quality"}, "key ")
    assert client.delete(path, headers={"Authorization": key.basic}).status_code == 404


def test_an_item_that_is_added_again_stays_as_it_is(client: Client, key: Key, project: Project, alice: User) -> None:
    queue = queues.create(project, {"name": "Weekly"}, by=alice)
    sessions_of(project, "s")
    path, headers = f"/api/public/annotation-queues/{queue.id}/items", {"Authorization": key.basic}

    def add(**more: str) -> Any:
        body = json.dumps({"objectId": "s", "objectType": "SESSION", **more})
        return client.post(path, body, "application/json", headers=headers).json()["status"]

    assert [add(), add(status="COMPLETED"), add(), add(status="PENDING")] == [
        "PENDING", "COMPLETED", "COMPLETED", "PENDING",
    ]  # fmt: skip
    changes = AuditEvent.objects.filter(action="review queue changed").order_by("pk")
    assert [event.details["status"] for event in changes] == ["COMPLETED", "PENDING"]
