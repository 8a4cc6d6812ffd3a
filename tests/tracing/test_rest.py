"""The calls around tracing, as each SDK makes them."""

import json
from typing import Any
from unittest.mock import ANY

import pytest
from django.test import Client

from projects.auth import create_key
from projects.models import Project, Scope
from tests.conftest import Key
from tracing.ingest.pipeline import ingest
from tracing.models import IngestionIssue, Score, Trace
from tracing.records import Reason, SpanRecord

pytestmark = pytest.mark.django_db
TRACE = "0123456789abcdef0123456789abcdef"
SCORE = {"id": "s1", "name": "helpful", "value": 1.0, "traceId": TRACE}


class Sdk:
    """A client that sends JSON with a key, and wants JSON whatever happens."""

    def __init__(self, client: Client, authorization: str) -> None:
        self.client = client
        self.authorization = authorization

    def call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        data = b"" if body is None else json.dumps(body).encode()
        response = self.client.generic(
            method, path, data, content_type="application/json", headers={"Authorization": self.authorization}
        )
        assert response["Content-Type"] == "application/json"
        return response.status_code, response.json()


@pytest.fixture
def sdk(client: Client, key: Key) -> Sdk:
    return Sdk(client, key.basic)


@pytest.fixture
def platform(project: Project) -> str:
    return f"/api/platform/v1/organizations/{project.organization_id}/projects/{project.pk}"


def test_langfuse_finds_its_project(sdk: Sdk, project: Project) -> None:
    assert sdk.call("GET", "/api/public/projects") == (
        200,
        {
            "data": [
                {
                    "id": str(project.pk),
                    "name": "Support",
                    "metadata": {},
                    "organization": {"id": str(project.organization_id), "name": "Acme"},
                }
            ]
        },
    )


def test_interactiveai_finds_exactly_one_project(sdk: Sdk, project: Project, other_project: Project) -> None:
    status, body = sdk.call("GET", "/api/platform/v1/projects")

    assert (status, body["success"]) == (200, True)
    assert [(found["id"], found["orgId"]) for found in body["data"]] == [
        (str(project.pk), str(project.organization_id))
    ]


def test_health_needs_no_key(client: Client) -> None:
    response = client.get("/api/public/health")

    assert response.json()["status"] == "OK"
    assert isinstance(response.json()["version"], str)


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/api/public/datasets", "GET"),
        ("/api/public/otel/v1/nonsense", "POST"),
        ("/api/platform/v1/organizations/1/projects/1/secrets", "GET"),
        ("/api/platform/v1/projects/1/prompts/no-such", "GET"),
        ("/v1/sql/query", "POST"),
        ("/v1/evals", "POST"),
    ],
)
def test_what_confab_does_not_have_is_answered_in_json(sdk: Sdk, path: str, method: str) -> None:
    status, body = sdk.call(method, path, {} if method == "POST" else None)

    assert status in {404, 501}
    assert body["success"] is False
    assert path in body["message"]
    assert body["error"]


def test_without_a_key_every_path_is_answered_with_401_in_json(client: Client) -> None:
    for path in ("/api/public/projects", "/api/platform/v1/projects", "/v1/tag", "/api/public/anything"):
        response = client.get(path)
        assert (response.status_code, response["Content-Type"]) in {
            (401, "application/json"),
            (405, "application/json"),
        }


def test_a_score_is_stored_once_however_often_it_comes(sdk: Sdk, project: Project) -> None:
    for value in (0.5, 1.0):
        assert sdk.call("POST", "/api/public/scores", SCORE | {"value": value}) == (200, {"id": "s1"})

    score = Score.objects.for_project(project).get()
    assert (score.value, score.data_type, score.source, score.trace_id) == (1.0, "NUMERIC", "api", TRACE)


def test_an_array_of_scores_is_accepted(sdk: Sdk, project: Project) -> None:
    scores = [SCORE, {"name": "csat", "value": "good", "sessionId": "ticket-1", "dataType": "CATEGORICAL"}]

    assert sdk.call("POST", "/api/public/scores", scores) == (202, {"message": "Accepted"})
    assert Score.objects.for_project(project).get(name="csat").session_id == "ticket-1"


def test_a_bad_score_in_an_array_does_not_take_its_neighbours_with_it(sdk: Sdk, project: Project) -> None:
    status, body = sdk.call("POST", "/api/public/scores", [SCORE, {"name": "x"}, 7, SCORE | {"id": "s2"}])

    assert (status, body["accepted"], body["rejected"]) == (207, 2, 2)
    assert all("invalid_score" in error["message"] for error in body["errors"])
    assert Score.objects.for_project(project).count() == 2


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"name": ""}, "name"),
        ({"value": "high", "dataType": "NUMERIC"}, "value"),
        ({"value": 2, "dataType": "BOOLEAN"}, "value"),
        ({"value": 1, "dataType": "CATEGORICAL"}, "value"),
        ({"value": None}, "value"),
        ({"dataType": "ZOO"}, "dataType"),
        ({"traceId": None}, "traceId"),
        ({"traceId": None, "observationId": "o"}, "traceId"),
        ({"sessionId": "s"}, "sessionId"),
        ({"traceId": None, "sessionId": "x" * 201}, "session_id_too_long"),
        ({"traceId": None, "sessionId": "a\u202eb"}, "session_id_not_ascii"),
    ],
)
def test_a_bad_score_is_refused_with_the_field_that_is_wrong(
    sdk: Sdk, project: Project, change: dict[str, object], word: str
) -> None:
    status, body = sdk.call("POST", "/api/public/scores", SCORE | change)

    assert status == 400
    assert word in body["message"]
    assert IngestionIssue.objects.for_project(project).get().count == 1
    assert not Score.objects.for_project(project).exists()


@pytest.mark.parametrize("path", ["/api/public/scores", "/api/v1/scores"])
def test_a_long_score_is_stored_cut_and_the_cut_is_named(sdk: Sdk, project: Project, path: str) -> None:
    said = {"trace_id" if "v1" in path else "traceId": TRACE, "id": "long", "name": "why", "data_type": "TEXT"}
    long = {"value": "v" * 30_000, "comment": "c" * 30_000, "metadata": {"m": "m" * 30_000}}

    status, _ = sdk.call("POST", path, said | long)

    score = Score.objects.for_project(project).get()
    assert (status, len(score.string_value or ""), len(score.comment or "")) == (200, 20_000, 20_000)
    assert len(score.metadata["metadata"]) == 20_000
    assert IngestionIssue.objects.for_project(project).get(reason=Reason.TEXT_CUT).count == 3


def test_a_long_category_is_stored_cut(sdk: Sdk, project: Project) -> None:
    body = SCORE | {"value": "v" * 2_000}

    assert sdk.call("POST", "/api/public/scores", [body]) == (
        207,
        {"accepted": 1, "rejected": 0, "errors": [{"message": ANY}]},
    )
    assert Score.objects.for_project(project).get().string_value == "v" * 1_000


def test_a_score_comes_in_snake_case_in_an_envelope_from_the_platform(
    sdk: Sdk, project: Project, platform: str
) -> None:
    body = {"id": "b1", "trace_id": TRACE, "observation_id": "0" * 15 + "1", "name": "ok", "value": 1.0}

    answer = sdk.call("POST", f"{platform}/scores", body | {"data_type": "BOOLEAN", "metadata": {"by": "judge"}})

    assert answer == (200, {"success": True, "data": {"id": "b1"}})
    score = Score.objects.for_project(project).get()
    assert (score.span_id, score.data_type, score.string_value) == ("0" * 15 + "1", "BOOLEAN", "True")


def test_the_platform_path_of_another_project_is_not_found(sdk: Sdk, other_project: Project) -> None:
    path = f"/api/platform/v1/organizations/{other_project.organization_id}/projects/{other_project.pk}/scores"

    assert sdk.call("POST", path, {"name": "x", "value": 1, "trace_id": "t"})[0] == 404
    assert not Score.objects.for_project(other_project).exists()


@pytest.mark.parametrize("face", ["/api/public", "platform"])
def test_a_score_is_deleted_on_both_faces(sdk: Sdk, project: Project, platform: str, face: str) -> None:
    sdk.call("POST", "/api/public/scores", SCORE)
    path = f"{platform if face == 'platform' else face}/scores/s1"

    assert sdk.call("DELETE", path)[0] == 200
    assert not Score.objects.for_project(project).exists()
    assert sdk.call("DELETE", path)[0] == 404


def uuid_of(trace_id: str) -> str:
    return f"{trace_id[:8]}-{trace_id[8:12]}-{trace_id[12:16]}-{trace_id[16:20]}-{trace_id[20:]}"


@pytest.fixture
def trace(project: Project) -> Trace:
    ingest(project.pk, [SpanRecord(TRACE, "00000000000000ab", name="root")])
    return Trace.objects.for_project(project).get()


@pytest.mark.parametrize(
    "target", [{"traceId": uuid_of(TRACE)}, {"traceId": TRACE}, {"spanId": "00000000-0000-0000-0000-0000000000ab"}]
)
def test_laminar_tags_a_trace(sdk: Sdk, project: Project, trace: Trace, target: dict[str, str]) -> None:
    for names in (["good"], ["bad"]):
        assert sdk.call("POST", "/v1/tag", target | {"names": names})[0] == 200

    trace.refresh_from_db(from_queryset=Trace.objects.for_project(project))
    assert trace.tags == ["bad", "good"]


def test_laminar_merges_metadata_into_a_trace(sdk: Sdk, project: Project, trace: Trace) -> None:
    for metadata in ({"a": 1, "b": 1}, {"b": 2}):
        assert sdk.call("POST", "/v1/traces/metadata", {"traceId": uuid_of(TRACE), "metadata": metadata})[0] == 200

    trace.refresh_from_db(from_queryset=Trace.objects.for_project(project))
    assert trace.metadata == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("target", "span_id"),
    [({"traceId": uuid_of(TRACE)}, None), ({"spanId": "00000000-0000-0000-0000-0000000000ab"}, "00000000000000ab")],
)
def test_laminar_scores_a_trace_or_a_span(
    sdk: Sdk, project: Project, trace: Trace, target: dict[str, str], span_id: str | None
) -> None:
    body = target | {"name": "quality", "score": 0.5, "metadata": {"by": "me"}, "source": "Code"}
    assert sdk.call("POST", "/v1/evaluators/score", body)[0] == 200

    score = Score.objects.for_project(project).get()
    assert (score.trace_id, score.span_id, score.name, score.value) == (TRACE, span_id, "quality", 0.5)
    assert (score.data_type, score.metadata) == ("NUMERIC", {"by": "me"})


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/evaluators/score", {"traceId": uuid_of(TRACE), "name": "quality", "score": "good"}, 400),
        ("/v1/evaluators/score", {"traceId": uuid_of(TRACE), "score": 1}, 400),
        ("/v1/evaluators/score", {"traceId": uuid_of("f" * 32), "name": "quality", "score": 1}, 404),
        ("/v1/tag", {"traceId": uuid_of("f" * 32), "names": ["x"]}, 404),
        ("/v1/tag", {"traceId": uuid_of(TRACE), "names": []}, 400),
        ("/v1/tag", {"names": ["x"]}, 404),
        ("/v1/tag", [], 400),
        ("/v1/traces/metadata", {"traceId": uuid_of(TRACE), "metadata": {}}, 400),
        ("/v1/traces/metadata", {"traceId": uuid_of("f" * 32), "metadata": {"a": 1}}, 404),
        ("/v1/traces/metadata", {"traceId": "a\0b", "metadata": {"a": 1}}, 404),
        ("/v1/tag", {"spanId": "a\0b", "names": ["a"]}, 404),
    ],
)
def test_laminar_is_told_what_is_wrong(sdk: Sdk, trace: Trace, path: str, body: object, status: int) -> None:
    answered, reason = sdk.call("POST", path, body)

    assert answered == status
    assert reason["error"]


def test_a_key_without_the_scope_is_told_so(client: Client, project: Project) -> None:
    _, secret = create_key(project, scopes=[Scope.READ])

    status, body = Sdk(client, f"Bearer {secret}").call("POST", "/api/public/scores", SCORE)

    assert (status, body["code"]) == (403, "access_denied")
    assert "scope" in body["message"]
