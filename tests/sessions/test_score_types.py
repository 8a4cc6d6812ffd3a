"""A score that names a config has its type on every face that takes scores, and is refused where it does not fit."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from projects.models import Project, User
from sessions.annotation import configs
from tests.conftest import Key
from tracing.models import IngestionIssue, Score

Send = Callable[[dict[str, Any]], tuple[bool, str]]
FACES = ("single", "array", "batch", "platform", "v1")
CATEGORIES = [{"label": "refund", "value": 3}, {"label": "other", "value": 0}]
# Of a config's type: what is sent, the number and the text that are kept.
KEPT: dict[str, list[tuple[Any, float | None, str | None]]] = {
    "BOOLEAN": [(1.0, 1.0, "True"), (0, 0.0, "False"), (True, 1.0, "True"), ("no", 0.0, "False")],
    "CATEGORICAL": [("refund", 3.0, "refund"), (0.0, 0.0, "other")],
    "NUMERIC": [(4.5, 4.5, None), (1, 1.0, None), (0.1 + 0.2, 0.1 + 0.2, None)],
    "TEXT": [("Well done.", None, "Well done."), ("long " * 2_000, None, "long " * 2_000)],
}
REFUSED: dict[str, list[Any]] = {
    "BOOLEAN": [4, 0.5, "maybe", None],
    "CATEGORICAL": ["complaint", 7, True, None],
    "NUMERIC": [5.5, -1, "4", "refund", None],
    "TEXT": [4, True, "", None],
}


@pytest.fixture(params=FACES)
def send(request: pytest.FixtureRequest, client: Client, key: Key, project: Project) -> Send:
    """Sends one score to one face; whether it was taken, and the answer."""
    organization = project.organization_id
    platform = f"/api/platform/v1/organizations/{organization}/projects/{project.pk}/scores"

    def post(path: str, body: Any) -> tuple[int, str]:
        answer = client.post(path, json.dumps(body), "application/json", headers={"Authorization": key.basic})
        return answer.status_code, answer.content.decode()

    def single(score: dict[str, Any]) -> tuple[bool, str]:
        status, answer = post("/api/public/scores", score)
        return status == 200, answer

    def array(score: dict[str, Any]) -> tuple[bool, str]:
        status, answer = post(
            "/api/public/scores", [score, {"name": "n", "value": 1, "sessionId": "s", "id": "beside"}]
        )
        assert Score.objects.for_project(project).filter(id="beside").exists()
        return status == 202, answer

    def batch(score: dict[str, Any]) -> tuple[bool, str]:
        event = {"id": "e", "type": "score-create", "timestamp": "2026-11-21T09:00:00Z", "body": score}
        status, answer = post("/api/public/ingestion", {"batch": [event]})
        assert status == 207
        return not json.loads(answer)["errors"], answer

    def snake(score: dict[str, Any]) -> dict[str, Any]:
        words = {"sessionId": "session_id", "configId": "config_id", "queueId": "queue_id", "dataType": "data_type"}
        return {words.get(name, name): value for name, value in score.items()}

    def on_platform(score: dict[str, Any]) -> tuple[bool, str]:
        status, answer = post(platform, snake(score))
        return status == 200, answer

    def v1(score: dict[str, Any]) -> tuple[bool, str]:
        status, answer = post("/api/v1/scores", snake(score))
        return status == 200, answer

    faces: dict[str, Send] = {"single": single, "array": array, "batch": batch, "platform": on_platform, "v1": v1}
    return faces[request.param]


def config_of(project: Project, by: User, data_type: str) -> str:
    more = {"CATEGORICAL": {"categories": CATEGORIES}, "NUMERIC": {"min_value": 0, "max_value": 5}}.get(data_type, {})
    return configs.create(project, {"name": f"a {data_type}", "data_type": data_type, **more}, by=by).id


@pytest.mark.parametrize("data_type", KEPT)
def test_the_configs_type_decides_what_a_value_is(send: Send, project: Project, alice: User, data_type: str) -> None:
    config_id = config_of(project, alice, data_type)
    for value, number, text in KEPT[data_type]:
        score = {"id": "x", "name": "said", "value": value, "sessionId": "s", "configId": config_id}
        for stated in ({}, {"dataType": data_type}):
            taken, answer = send(score | stated)
            assert taken, answer
            kept = Score.objects.for_project(project).get(id="x")
            assert (kept.data_type, kept.value, kept.string_value, kept.config_id) == (
                data_type, number, text, config_id,
            )  # fmt: skip


@pytest.mark.parametrize("data_type", REFUSED)
def test_a_value_that_does_not_fit_its_config_is_refused_by_name(
    send: Send, project: Project, alice: User, data_type: str
) -> None:
    config_id = config_of(project, alice, data_type)
    for value in REFUSED[data_type]:
        score = {"id": "x", "name": "said", "value": value, "sessionId": "s", "configId": config_id}
        taken, answer = send(score)
        assert not taken, value
        assert "by its config" in answer, answer
        assert f"a {data_type}" in answer
    assert not Score.objects.for_project(project).filter(id="x").exists()


def test_another_type_than_the_configs_is_refused(send: Send, project: Project, alice: User) -> None:
    config_id = config_of(project, alice, "BOOLEAN")
    score = {"id": "x", "name": "said", "value": 1, "sessionId": "s", "configId": config_id, "dataType": "NUMERIC"}
    taken, answer = send(score)
    assert (taken, "must be BOOLEAN" in answer) == (False, True)


def test_a_config_that_is_not_here_decides_nothing(
    send: Send, project: Project, other_project: Project, charlie: User
) -> None:
    theirs = config_of(other_project, charlie, "BOOLEAN")
    score = {"id": "x", "name": "said", "value": 4, "sessionId": "s"}
    for config_id in (theirs, "gone"):
        assert send(score | {"configId": config_id})[0]
    kept = Score.objects.for_project(project).get(id="x")
    assert (kept.data_type, kept.value) == ("NUMERIC", 4.0)


@pytest.mark.parametrize("field", ["configId", "queueId"])
def test_an_id_that_cannot_be_kept_refuses_its_score_and_no_other(send: Send, project: Project, field: str) -> None:
    score = {"id": "x", "name": "said", "value": 4, "sessionId": "s"}
    for key in ("nul\x00", "x" * 201):
        assert not send(score | {field: key})[0]
    assert not Score.objects.for_project(project).filter(id="x").exists()


def test_what_was_given_stays_when_its_config_changes_or_is_archived(send: Send, project: Project, alice: User) -> None:
    config_id = config_of(project, alice, "CATEGORICAL")
    score = {"name": "said", "value": "refund", "sessionId": "s", "configId": config_id}
    assert send(score | {"id": "old"})[0]
    config = configs.named(project.pk, [config_id])[config_id].config
    configs.change(project, config, {"categories": [{"label": "return", "value": 3}], "is_archived": True}, by=alice)

    assert send(score | {"id": "new", "value": "return"})[0]
    assert not send(score | {"id": "newer"})[0]
    kept = Score.objects.for_project(project).filter(id__in=["old", "new"]).order_by("-id")
    assert [(one.value, one.string_value) for one in kept] == [(3.0, "refund"), (3.0, "return")]


def test_scores_without_a_config_cost_no_query_for_it(client: Client, key: Key, project: Project) -> None:
    scores = [{"name": "n", "value": 1, "sessionId": "s", "id": str(n)} for n in range(3)]
    with CaptureQueriesContext(connection) as asked:
        client.post("/api/public/scores", json.dumps(scores), "application/json", headers={"Authorization": key.basic})
    assert not [one for one in asked if "score_config" in one["sql"]]
    assert not IngestionIssue.objects.for_project(project).exists()
