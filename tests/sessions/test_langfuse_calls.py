"""What the clients of Langfuse do beside reading lists: they delete, and ask for what Confab does not have."""

import json
from typing import Any

import pytest
from django.test import Client

from projects.models import AuditEvent, Project
from sessions.deletion import many
from sessions.deletion.tasks import erasures
from sessions.models import Session
from sessions.rollup.session_rows import recompute
from tests.conftest import Key
from tests.tracing.reports import call, in_session
from tracing.ingest.pipeline import ingest
from tracing.models import Score, Trace
from tracing.records import Reason, ScoreRecord

pytestmark = pytest.mark.django_db


class Caller:
    def __init__(self, client: Client, key: Key) -> None:
        self.client, self.headers = client, {"Authorization": key.basic}

    def __call__(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        data = b"" if body is None else json.dumps(body).encode()
        answer = self.client.generic(method, f"/api/public/{path}", data, "application/json", headers=self.headers)
        assert answer.status_code == status, answer.content
        return json.loads(answer.content)


@pytest.fixture
def ask(client: Client, key: Key) -> Caller:
    return Caller(client, key)


@pytest.fixture
def told(project: Project, other_project: Project) -> None:
    """Three traces in two sessions, and the same in another tenant."""
    for tenant in (project, other_project):
        ingest(tenant.pk, [
            call("t1", "a", claims=in_session("s1")),
            call("t2", "a", claims=in_session("s1")),
            call("t3", "a", claims=in_session("s2")),
            ScoreRecord("n1", "quality", "NUMERIC", 1.0, trace_id="t1"),
            ScoreRecord("of-session", "solved", "BOOLEAN", 1.0, string_value="True", session_id="s1"),
        ])  # fmt: skip
        recompute(tenant.pk, ["s1", "s2"])


def left(project: Project) -> list[str]:
    return sorted(Trace.objects.for_project(project).values_list("trace_id", flat=True))


def test_one_trace_is_deleted_with_its_scores_and_its_sessions_numbers(
    ask: Caller, told: None, project: Project, other_project: Project
) -> None:
    assert ask("DELETE", "traces/t1") == {"message": "Deleted 1 of 1 traces."}
    assert left(project) == ["t2", "t3"]
    assert list(Score.objects.for_project(project).values_list("id", flat=True)) == ["of-session"]
    assert Session.objects.for_project(project).get(session_id="s1").trace_count == 1
    assert ask("DELETE", "traces/t1", status=404)["code"] == "resource_not_found"
    assert AuditEvent.objects.filter(action=AuditEvent.Action.TRACE_DELETED, target="t1").count() == 1
    assert left(other_project) == ["t1", "t2", "t3"]


def test_traces_are_deleted_together_and_those_that_are_not_here_are_named(
    ask: Caller, told: None, project: Project, other_project: Project
) -> None:
    said = ask("DELETE", "traces", {"traceIds": ["t1", "t2", "gone", "t1"]})
    assert said == {"message": "Deleted 2 of 3 traces. Not here: gone."}
    assert left(project) == ["t3"]
    assert list(Session.objects.for_project(project).values_list("session_id", flat=True)) == ["s2"]
    assert ask("DELETE", "traces", {"traceIds": ["gone", "t1"]}, status=404)["message"] == (
        "None of these traces is here."
    )
    assert left(other_project) == ["t1", "t2", "t3"]


def test_many_traces_are_left_to_a_worker_and_refused_from_then_on(
    ask: Caller, told: None, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many, "MAX_NAMED_IN_REQUEST", 1)
    assert ask("DELETE", "traces", {"traceIds": ["t1", "t2"]})["message"] == "A worker deletes 2 of 2 traces."
    assert left(project) == ["t1", "t2", "t3"]
    assert [issue.reason for issue in ingest(project.pk, [call("t1", "late")])] == [Reason.ERASED]
    erasures.drain()
    assert left(project) == ["t3"]


@pytest.mark.parametrize("body", [{}, {"traceIds": []}, {"traceIds": "t1"}, {"traceIds": [1]}])
def test_a_deletion_without_ids_is_refused(ask: Caller, told: None, project: Project, body: Any) -> None:
    assert ask("DELETE", "traces", body, status=400)["code"] == "invalid_request"
    assert left(project) == ["t1", "t2", "t3"]


def test_version_1_has_the_scores_of_traces_and_deletes_them(ask: Caller, told: None) -> None:
    (listed,) = ask("GET", "scores?name=quality")["data"]
    assert (listed["id"], listed["value"], listed["traceId"]) == ("n1", 1.0, "t1")
    assert [score["id"] for score in ask("GET", "scores")["data"]] == ["n1"]
    assert ask("GET", "scores/n1") == {name: value for name, value in listed.items() if name != "trace"}
    assert ask("POST", "scores", {"id": "n2", "name": "quality", "value": 2, "traceId": "t2"}) == {"id": "n2"}
    assert ask("DELETE", "scores/n2") == {"message": "deleted"}
    assert ask("GET", "scores/n2", status=404)["message"] == "There is no score n2."


@pytest.mark.parametrize(
    "path",
    [
        "sessions", "sessions/s1", "traces", "traces/t1", "observations", "observations/a", "scores", "scores/n1",
        "v2/scores", "v2/scores/n1", "v3/scores", "score-configs", "comments", "annotation-queues", "projects",
        "health", "media/x", "metrics", "metrics/daily", "v2/metrics",
    ],
)  # fmt: skip
def test_a_parameter_that_there_is_not_is_refused_by_its_name(ask: Caller, told: None, path: str) -> None:
    said = ask("GET", f"{path}?colour=red", status=400)
    assert said["message"].startswith(f"colour: /api/public/{path} has no such parameter. It takes ")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "v2/prompts/greeting?label=production"),
        ("GET", "v2/datasets"),
        ("POST", "dataset-items"),
        ("GET", "datasets/of%20mine/runs"),
        ("PUT", "llm-connections"),
        ("GET", "integrations/blob-storage"),
        ("GET", "scim/Users?filter=x"),
        ("GET", "organizations/memberships"),
        ("DELETE", "projects/1/apiKeys/2"),
        ("GET", "v2/evaluators"),
        ("GET", "unstable/dashboards"),
    ],
)
def test_what_confab_does_not_have_says_so_with_a_code_that_clients_read(ask: Caller, method: str, path: str) -> None:
    said = ask(method, path, status=404)
    assert said["code"] == "resource_not_found"
    assert said["message"].startswith(f"Confab has no {method} /api/public/")
    assert said["message"].count(". ") == 1, "and what to do instead"


def test_a_trace_shows_the_groups_of_fields_that_are_asked_for(ask: Caller, told: None) -> None:
    whole, core = ask("GET", "traces/t1"), ask("GET", "traces/t1?fields=core,metrics")
    assert (len(whole["observations"]), len(whole["scores"])) == (1, 1)
    assert (core["observations"], core["scores"], core["latency"]) == ([], [], whole["latency"])
    assert ask("GET", "traces/t1?fields=io")["totalCost"] == -1
    assert "colour is none of core, io" in ask("GET", "traces/t1?fields=colour", status=400)["message"]
