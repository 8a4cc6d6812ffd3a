"""Hostile input on every wire: never a fault of ours, never a partial write, never a lost neighbour."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from projects.models import Project
from tests.conftest import Key
from tests.tracing import hostile, otlp
from tests.tracing.test_wire_logs import PAYLOADS, body_of, record
from tracing.limits.fitting import fit
from tracing.models import Media, Score, Span, SpanIO, Trace
from tracing.records import Issue
from tracing.vocabularies import translate
from tracing.wire.bodies import unpack
from tracing.wire.langfuse import decode_event
from tracing.wire.logs import decode_logs
from tracing.wire.otlp import decode_traces
from tracing.wire.refusals import IngestRefused

pytestmark = pytest.mark.timeout(300 * hostile.TIMES)
ATTRIBUTES = {
    "session.id": "s",
    "user.id": "u",
    "langfuse.observation.input": '{"a": [1, "x"]}',
    "langfuse.observation.usage_details": '{"input": 3, "output": 4}',
    "langfuse.observation.cost_details": '{"total": 0.5}',
    "langfuse.observation.completion_start_time": '"2026-01-01T00:00:00Z"',
    "langfuse.trace.tags": ["a", "b"],
    "langfuse.trace.metadata.k": "v",
    "lmnr.span.input": '"hi"',
    "gen_ai.usage.input_tokens": 5,
    "gen_ai.input.messages": '[{"role": "user", "parts": [{"type": "text", "content": "hi"}]}]',
    "llm.input_messages.0.message.role": "user",
    "llm.token_count.prompt": 7,
    "ai.prompt.messages": "[]",
    "metadata": '{"a": 1}',
    "traceloop.entity.input": "{}",
    "kv": {"a": [None, b"\x00", 1.5]},
}
GOOD = otlp.span("good", trace=99)
GOOD_JSON = otlp.json_span("good", traceId=f"{99:032x}")


def full_span() -> Any:
    span = otlp.span("chat", parent=3, error="boom")
    span.attributes.extend(otlp.pairs(ATTRIBUTES))
    event = span.events.add(name="gen_ai.choice", time_unix_nano=otlp.START)
    event.attributes.extend(otlp.pairs({"message": '{"role": "assistant"}', "index": 0}))
    return span


def spelled(value: Any) -> dict[str, Any]:
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case list():
            return {"arrayValue": {"values": [spelled(item) for item in value]}}
        case dict():
            return {"kvlistValue": {"values": [{"key": key, "value": spelled(item)} for key, item in value.items()]}}
        case None:
            return {}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": str(value)}


JSON_ATTRIBUTES = [{"key": key, "value": spelled(value)} for key, value in ATTRIBUTES.items()]
JSON_SPAN = otlp.json_span(
    "chat",
    attributes=JSON_ATTRIBUTES,
    parentSpanId=f"{3:016x}",
    status={"code": 2, "message": "boom"},
    events=[{"name": "exception", "timeUnixNano": str(otlp.START), "attributes": JSON_ATTRIBUTES[:2]}],
)
BATCH = json.loads((PAYLOADS / "langfuse_2_batch_1.json").read_text())["batch"]
LOGS = body_of(record("gen_ai.user.message", {"content": "hi"}), record("other", ["x"]), record("gen_ai.choice", {}))


def settle(decode: Callable[[], list[Any]]) -> list[Any]:
    """Decodes, translates and checks as an endpoint does, or is refused with a word for the client."""
    issues: list[Issue] = []
    try:
        spans = decode()
    except IngestRefused:
        return []
    kept = [item for item in map(translate, spans) if item is not None and fit(item, issues, timezone.now())]
    assert all(len(issue.sample) <= 200 for issue in issues)
    return kept


@hostile.trying(300)
@given(hostile.damaged(otlp.body(full_span(), full_span())))
def test_damaged_protobuf_is_settled(body: bytes) -> None:
    settle(lambda: decode_traces(body, otlp.PROTOBUF, []))


@hostile.trying(300)
@given(hostile.damaged(full_span().SerializeToString()))
def test_a_damaged_span_does_not_take_its_neighbours_with_it(span: bytes) -> None:
    kept = settle(lambda: decode_traces(otlp.raw_body(GOOD, span, GOOD), otlp.PROTOBUF, []))

    assert [item.name for item in kept].count("good") == 2


@hostile.trying(200)
@given(hostile.damaged(json.dumps(otlp.json_request(JSON_SPAN, GOOD_JSON)).encode()))
def test_damaged_json_is_settled(body: bytes) -> None:
    settle(lambda: decode_traces(body, otlp.JSON, []))


@hostile.trying(500)
@given(hostile.mistyped(JSON_SPAN))
def test_a_mistyped_span_does_not_take_its_neighbours_with_it(span: Any) -> None:
    body = json.dumps(otlp.json_request(GOOD_JSON, span, GOOD_JSON)).encode()

    kept = settle(lambda: decode_traces(body, otlp.JSON, []))

    assert [item.name for item in kept].count("good") >= 2


@hostile.trying(200)
@given(st.dictionaries(st.sampled_from(sorted(ATTRIBUTES)), hostile.values, max_size=6))
def test_attributes_of_any_type_are_settled(attributes: dict[str, Any]) -> None:
    pairs = [{"key": key, "value": spelled(value)} for key, value in attributes.items()]
    body = json.dumps(otlp.json_request(otlp.json_span("odd", attributes=pairs))).encode()

    kept = settle(lambda: decode_traces(body, otlp.JSON, []))

    assert len(kept) == 1


@hostile.trying(200)
@given(hostile.deep())
def test_deep_values_do_not_take_their_neighbours_with_them(value: Any) -> None:
    span = otlp.json_span("deep", attributes=[{"key": "input", "value": value}, {"key": "x", "value": spelled(1)}])
    body = json.dumps(otlp.json_request(GOOD_JSON, span)).encode()

    kept = settle(lambda: decode_traces(body, otlp.JSON, []))

    assert not kept or [item.name for item in kept].count("good") == 1


@hostile.trying(200)
@given(hostile.damaged(LOGS))
def test_damaged_logs_are_settled(body: bytes) -> None:
    settle(lambda: decode_logs(body, otlp.PROTOBUF, []))


@hostile.trying(500)
@given(st.sampled_from(BATCH).flatmap(hostile.mistyped))
def test_a_mistyped_event_is_a_record_or_a_refusal(event: Any) -> None:
    decoded = decode_event(event)

    assert (decoded.record is None) or (decoded.reason is None)
    if decoded.record is not None:
        fit(decoded.record, [], timezone.now())


@hostile.trying(200)
@given(st.sampled_from(["gzip", "deflate", "zstd"]), st.one_of(st.binary(max_size=200), hostile.damaged(b"x" * 50)))
def test_damaged_packed_bodies_are_settled(encoding: str, body: bytes) -> None:
    with suppress(IngestRefused):
        unpack(body, encoding)


@pytest.fixture
def send(
    client: Client, project: Project, key: Key, settings: Settings, tmp_path: Path
) -> Callable[[str, bytes, str], int]:
    """Sends a body; whatever is not answered with success has changed nothing."""
    settings.REQUESTS_PER_SECOND = 0
    settings.MEDIA_ROOT = tmp_path
    client.raise_request_exception = False

    def rows() -> list[int]:
        return [model.objects.for_project(project).count() for model in (Trace, Span, SpanIO, Score, Media)]

    def post(path: str, body: bytes, content_type: str) -> int:
        before = rows()
        response = client.post(path, body, content_type=content_type, headers={"Authorization": key.basic})
        assert response.status_code < 500, response.content
        assert response["Content-Type"] in {content_type, otlp.JSON}
        if response.status_code >= 300:
            assert rows() == before
        return response.status_code

    return post


Send = Callable[[str, bytes, str], int]


@pytest.mark.django_db
@hostile.trying(60)
@given(body=hostile.damaged(otlp.body(full_span(), GOOD)))
def test_damaged_protobuf_over_http(send: Send, body: bytes) -> None:
    send("/v1/traces", body, otlp.PROTOBUF)


@pytest.mark.django_db
@hostile.trying(80)
@given(span=hostile.mistyped(JSON_SPAN))
def test_a_mistyped_span_over_http_leaves_its_neighbour_stored(send: Send, project: Project, span: Any) -> None:
    Span.objects.for_project(project).delete()

    status = send("/v1/traces", json.dumps(otlp.json_request(span, GOOD_JSON)).encode(), otlp.JSON)

    assert status == 200
    assert Span.objects.for_project(project).filter(name="good").exists()


@pytest.mark.django_db
@hostile.trying(80)
@given(events=st.lists(st.sampled_from(BATCH).flatmap(hostile.mistyped), max_size=4))
def test_mistyped_events_over_http_leave_their_neighbour_stored(
    send: Send, project: Project, events: list[Any]
) -> None:
    Trace.objects.for_project(project).delete()
    good = {"id": "g", "type": "trace-create", "timestamp": "2026-11-21T03:00:00Z", "body": {"id": "good"}}

    status = send("/api/public/ingestion", json.dumps({"batch": [*events, good]}).encode(), otlp.JSON)

    assert status == 207
    assert Trace.objects.for_project(project).filter(trace_id="good").exists()


@pytest.mark.django_db
@hostile.trying(60)
@given(
    path=st.sampled_from(
        [
            "/api/public/scores",
            "/v1/tag",
            "/v1/traces/metadata",
            "/v1/evaluators/score",
            "/api/public/media",
            "/v1/logs",
        ]
    ),
    body=st.one_of(
        hostile.mistyped({"name": "n", "value": 1.0, "traceId": "t", "names": ["x"], "metadata": {"a": 1}}),
        hostile.mistyped([{"name": "n", "value": "x", "sessionId": "s"}]),
        hostile.deep(),
    ),
)
def test_mistyped_calls_over_http(send: Send, path: str, body: Any) -> None:
    send(path, json.dumps(body).encode(), otlp.JSON)
