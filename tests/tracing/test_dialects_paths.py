"""Every path into Confab treats an id that is none alike, and every dialect's nested agents speak for their turn."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from projects.models import Project
from tests.conftest import Key
from tests.tracing import otlp
from tests.tracing.reports import at
from tests.tracing.spans import translated
from tracing.ingest.pipeline import ingest
from tracing.models import IngestionIssue, Span, Trace
from tracing.records import Reason

PLACEHOLDERS = ("undefined", "None", "null", "[object Object]", "${sessionId}", "{{ session_id }}", "chat-undefined")


def send_protobuf(client: Client, key: Key, attribute: str, session_id: str, path: str = "/v1/traces") -> int:
    body = otlp.body(otlp.span(**{attribute: session_id}))
    return client.post(path, body, otlp.PROTOBUF, headers={"Authorization": key.bearer}).status_code


def send_json(client: Client, key: Key, attribute: str, session_id: str) -> int:
    sent = otlp.json_span(attributes=[{"key": attribute, "value": {"stringValue": session_id}}])
    body = json.dumps(otlp.json_request(sent))
    return client.post("/v1/traces", body, otlp.JSON, headers={"Authorization": key.bearer}).status_code


def send_batch(client: Client, key: Key, attribute: str, session_id: str) -> int:
    trace = {"id": "t", attribute: session_id, "timestamp": at(0).isoformat()}
    batch = [{"id": "e", "type": "trace-create", "timestamp": at(0).isoformat(), "body": trace}]
    answer = client.post("/api/public/ingestion", {"batch": batch}, otlp.JSON, headers={"Authorization": key.basic})
    return answer.status_code


def send_to_langfuse(client: Client, key: Key, attribute: str, session_id: str) -> int:
    return send_protobuf(client, key, attribute, session_id, "/api/public/otel/v1/traces")


Send = Callable[[Client, Key, str, str], int]
WAYS: dict[str, tuple[Send, str, int]] = {
    "OTLP in protobuf": (send_protobuf, "session.id", 200),
    "OTLP in JSON": (send_json, "session.id", 200),
    "OTLP to Langfuse's path": (send_to_langfuse, "langfuse.session.id", 200),
    "Laminar in protobuf": (send_protobuf, "lmnr.association.properties.session_id", 200),
    "Laminar in JSON": (send_json, "lmnr.association.properties.session_id", 200),
    "a batch of Langfuse": (send_batch, "sessionId", 207),
}


@pytest.mark.parametrize("placeholder", PLACEHOLDERS)
@pytest.mark.parametrize(("send", "attribute", "status"), WAYS.values(), ids=WAYS)
def test_a_placeholder_is_no_session_on_any_path_and_is_reported(
    client: Client, project: Project, key: Key, send: Send, attribute: str, status: int, placeholder: str
) -> None:
    assert send(client, key, attribute, placeholder) == status

    assert [trace.session_id for trace in Trace.objects.for_project(project)] == [None]
    issue = IngestionIssue.objects.for_project(project).get()
    assert (issue.reason, issue.count) == (Reason.SESSION_ID_PLACEHOLDER, 1)
    assert placeholder in issue.sample


@pytest.mark.parametrize("session_id", ["default", "none-of-these", "0", "nullable"])
@pytest.mark.parametrize(("send", "attribute", "status"), WAYS.values(), ids=WAYS)
def test_an_unusual_id_is_a_session_on_every_path(
    client: Client, project: Project, key: Key, send: Send, attribute: str, status: int, session_id: str
) -> None:
    assert send(client, key, attribute, session_id) == status

    assert [trace.session_id for trace in Trace.objects.for_project(project)] == [session_id]
    assert not IngestionIssue.objects.for_project(project).exists()


QUESTION, ANSWER = "Where is my order?", "It arrives tomorrow."
TURN = [{"role": "user", "content": QUESTION}]
REPLY = [{"role": "assistant", "content": ANSWER}]
# Kind of the agent, of a guard inside it, and the keys of their texts. The root is a web framework's span without any.
NESTED_AGENTS: dict[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    "Langfuse": (
        {"langfuse.observation.type": "agent"},
        {"langfuse.observation.type": "generation"},
        "langfuse.observation.input",
        "langfuse.observation.output",
    ),
    "GenAI": (
        {"gen_ai.operation.name": "invoke_agent"},
        {"gen_ai.operation.name": "chat"},
        "gen_ai.input.messages",
        "gen_ai.output.messages",
    ),
    "Laminar": ({"lmnr.span.type": "EXECUTOR"}, {"lmnr.span.type": "LLM"}, "lmnr.span.input", "lmnr.span.output"),
    "OpenInference": (
        {"openinference.span.kind": "AGENT"},
        {"openinference.span.kind": "LLM"},
        "input.value",
        "output.value",
    ),
    "Traceloop": (
        {"traceloop.span.kind": "workflow"},
        {"llm.request.type": "chat"},
        "traceloop.entity.input",
        "traceloop.entity.output",
    ),
    "Vercel": (
        {"ai.operationId": "ai.generateText"},
        {"ai.operationId": "ai.generateText.doGenerate"},
        "ai.prompt.messages",
        "ai.result.text",
    ),
    "MLflow": ({"mlflow.spanType": '"AGENT"'}, {"mlflow.spanType": '"LLM"'}, "mlflow.spanInputs", "mlflow.spanOutputs"),
}


@pytest.mark.parametrize("reverse", [False, True], ids=["in order", "children first"])
@pytest.mark.parametrize(("agent", "guard", "input_key", "output_key"), NESTED_AGENTS.values(), ids=NESTED_AGENTS)
def test_a_nested_agent_speaks_for_its_turn_in_every_dialect(
    project: Project, agent: dict[str, Any], guard: dict[str, Any], input_key: str, output_key: str, reverse: bool
) -> None:
    """A guard before and a title after the answer are model calls that the user never saw."""
    said = {input_key: json.dumps(TURN), output_key: ANSWER if "text" in output_key else json.dumps(REPLY)}
    other = {input_key: json.dumps([{"role": "user", "content": "Is this safe?"}]), output_key: '"yes"'}
    spans = [
        translated({}, span_id="root", name="POST /chat"),
        translated(agent | said, span_id="agent", parent_id="root", started_at=at(0.2)),
        translated(guard | other, span_id="guard", parent_id="agent", started_at=at(0.3)),
        translated(guard | other, span_id="title", parent_id="root", started_at=at(0.9)),
    ]

    for record in reversed(spans) if reverse else spans:
        ingest(project.pk, [record])

    assert Span.objects.for_project(project).count() == 4
    texts = Trace.objects.for_project(project).values_list("input_preview", "output_preview")
    assert list(texts) == [(QUESTION, ANSWER)]
