"""The summary of a session's scores: how many, the mean of numbers and of yes and no, and each category's number."""

import json
from typing import Any

import pytest
from django.test import Client

from projects.models import Project
from sessions.rollup.tasks import recompute_dirty
from tests.conftest import Key
from tests.tracing.reports import call, in_session
from tracing.ingest.pipeline import ingest

pytestmark = pytest.mark.django_db

# The values given under one name, and the summary of them.
SUMMARIES: list[tuple[list[dict[str, Any]], dict[str, Any]]] = [
    ([{"value": 4}], {"count": 1, "mean": 4, "shares": {}}),
    ([{"value": 4}, {"value": 5}, {"value": 0}], {"count": 3, "mean": 3, "shares": {}}),
    ([{"value": -1.5}, {"value": 0.5}], {"count": 2, "mean": -0.5, "shares": {}}),
    ([{"value": 0}], {"count": 1, "mean": 0, "shares": {}}),
    (
        [{"value": 1, "data_type": "BOOLEAN"}, {"value": 0, "data_type": "BOOLEAN"}],
        {"count": 2, "mean": 0.5},
    ),
    (
        [{"value": "refund"}, {"value": "refund"}, {"value": "other"}],
        {"count": 3, "mean": None, "shares": {"refund": 2, "other": 1}},
    ),
    ([{"value": "A long remark.", "data_type": "TEXT"}], {"count": 1, "mean": None, "shares": {}}),
]


@pytest.fixture
def api(client: Client, key: Key, project: Project) -> Any:
    ingest(project.pk, [call("t", "a", claims=in_session("s"))])

    def asked(method: str, path: str, body: Any = None) -> Any:
        sent = b"" if body is None else json.dumps(body)
        headers = {"Authorization": key.bearer}
        answer: Any = client.generic(method, f"/api/v1/{path}", sent, "application/json", headers=headers)
        assert answer.status_code == 200, answer.content
        return answer.json()

    return asked


@pytest.mark.parametrize(("given", "summary"), SUMMARIES)
def test_scores_of_one_name_are_summed_up_wherever_they_are(
    api: Any, project: Project, given: list[dict[str, Any]], summary: dict[str, Any]
) -> None:
    targets = ({"session_id": "s"}, {"trace_id": "t"}, {"trace_id": "t", "observation_id": "a"})
    for number, fields in enumerate(given):
        api("POST", "scores", {"id": f"x{number}", "name": "q", **fields, **targets[number % 3]})
    recompute_dirty(project.pk)

    found = api("GET", "sessions/s")["scores"]
    assert list(found) == ["q"]
    assert found["q"] | summary == found["q"]
    assert api("GET", "sessions?scores=q")["data"][0]["scores"] == found


def test_a_score_that_is_sent_again_counts_once_and_one_that_is_deleted_no_more(api: Any, project: Project) -> None:
    for value in (1, 2, 5):
        api("POST", "scores", {"id": "same", "name": "q", "value": value, "trace_id": "t"})
    api("POST", "scores", {"id": "more", "name": "q", "value": 3, "session_id": "s"})
    recompute_dirty(project.pk)
    assert api("GET", "sessions/s")["scores"] == {"q": {"count": 2, "mean": 4, "shares": {}}}

    api("DELETE", "scores/more")
    recompute_dirty(project.pk)
    assert api("GET", "sessions/s")["scores"] == {"q": {"count": 1, "mean": 5, "shares": {}}}


def test_each_name_has_a_summary_of_its_own(api: Any, project: Project) -> None:
    api("POST", "scores", {"name": "Quality, of all", "value": 1, "session_id": "s"})
    api("POST", "scores", {"name": "quality, of all", "value": 3, "session_id": "s"})
    recompute_dirty(project.pk)

    found = api("GET", "sessions/s")["scores"]
    assert {name: summary["mean"] for name, summary in found.items()} == {"Quality, of all": 1, "quality, of all": 3}
