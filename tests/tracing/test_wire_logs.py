"""OTLP logs: a model call's messages find their span, before it or after it; everything else is counted and let go."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from projects.models import Project
from tests.conftest import Key
from tests.tracing import otlp
from tests.wire.scenarios import HERE, requests
from tracing.limits.table import SPAN_LIMIT
from tracing.models import IngestionIssue, Span, SpanIO, Trace
from tracing.records import Issue, Reason
from tracing.wire.logs import decode_logs
from tracing.wire.refusals import Unreadable

PAYLOADS = Path(__file__).parent / "payloads"
EVENT_ONLY = HERE / "opentelemetry-openai-v2-2.4b0" / "event_only"


def record(name: str, body: Any = None, *, time: int = 0, span_id: int = 7, **attributes: Any) -> LogRecord:
    return LogRecord(
        trace_id=(1).to_bytes(16, "big"),
        span_id=span_id.to_bytes(8, "big"),
        event_name=name,
        body=otlp.any_value(body),
        time_unix_nano=otlp.START + time,
        attributes=otlp.pairs(attributes),
    )


def body_of(*records: LogRecord) -> bytes:
    request = ExportLogsServiceRequest()
    request.resource_logs.add().scope_logs.add().log_records.extend(records)
    return request.SerializeToString()


def post(client: Client, key: Key, path: str, body: bytes, content_type: str = otlp.PROTOBUF):  # type: ignore[no-untyped-def]
    return client.post(path, body, content_type=content_type, headers={"Authorization": key.bearer})


def test_the_messages_of_one_call_become_events_of_one_span_in_the_order_of_time() -> None:
    old_style = record("", {"content": "hi", "role": None}, time=1_000)
    old_style.attributes.extend(otlp.pairs({"event.name": "gen_ai.user.message"}))

    (span,) = decode_logs(
        body_of(record("gen_ai.choice", {"message": {"content": "yes"}}, time=2_000), old_style), otlp.PROTOBUF
    )

    assert (span.trace_id, span.span_id, span.started_at) == (f"{1:032x}", f"{7:016x}", None)
    assert [event["name"] for event in span.events] == ["gen_ai.user.message", "gen_ai.choice"]
    assert span.events[0]["attributes"] == {"event.name": "gen_ai.user.message", "content": "hi"}
    assert span.events[1]["attributes"] == {"message": {"content": "yes"}}


def test_json_says_the_same_as_protobuf() -> None:
    wire = {
        "traceId": f"{1:032x}",
        "spanId": f"{7:016x}",
        "eventName": "gen_ai.user.message",
        "timeUnixNano": str(otlp.START),
        "body": {"kvlistValue": {"values": [{"key": "content", "value": {"stringValue": "hi"}}]}},
    }
    body = json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [wire]}]}]}).encode()

    assert decode_logs(body, otlp.JSON) == decode_logs(
        body_of(record("gen_ai.user.message", {"content": "hi"})), otlp.PROTOBUF
    )


def test_other_records_are_counted_as_ignored() -> None:
    issues: list[Issue] = []

    spans = decode_logs(
        body_of(record("", "GET /"), record("gen_ai.choice", span_id=0), record("app.event")), otlp.PROTOBUF, issues
    )

    assert spans == []
    assert [(issue.reason, issue.sample) for issue in issues] == [
        (Reason.LOG_IGNORED, "GET /"),
        (Reason.LOG_IGNORED, "gen_ai.choice"),
        (Reason.LOG_IGNORED, "app.event"),
    ]


def test_more_records_than_the_limit_are_rejected_one_by_one() -> None:
    issues: list[Issue] = []

    decode_logs(body_of(*[record("gen_ai.choice", "x")] * (SPAN_LIMIT.value + 2)), otlp.PROTOBUF, issues)

    assert [issue.reason for issue in issues] == [Reason.TOO_MANY_SPANS] * 2


def test_a_body_that_is_no_logs_request_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        decode_logs(b"\xff", otlp.PROTOBUF)


@pytest.mark.django_db
@pytest.mark.parametrize("order", [("traces", "logs"), ("logs", "traces"), ("logs", "traces", "logs")])
def test_messages_in_logs_find_their_spans_before_or_after_them(
    client: Client, project: Project, key: Key, order: tuple[str, ...]
) -> None:
    for signal in order:
        body = (PAYLOADS / f"openai_event_only_{signal}.bin").read_bytes()
        assert post(client, key, f"/v1/{signal}", body).status_code == 200

    spans = Span.objects.for_project(project)
    assert (Trace.objects.for_project(project).count(), spans.count()) == (3, 7)
    calls = spans.filter(model__isnull=False).order_by("started_at")
    texts = [SpanIO.objects.for_project(project).get(span_id=span.span_id) for span in calls]
    assert len(texts) == 4
    assert "pedido #4821 no ha llegado" in texts[0].input
    assert all(text.output for text in texts[:3])
    assert all(span.name and span.started_at for span in spans)
    assert spans.filter(level=3).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("step", [1, -1], ids=["as sent", "the other way round"])
def test_a_conversation_whose_words_are_in_logs_alone_is_told_as_it_was(
    client: Client, project: Project, key: Key, step: int
) -> None:
    truth = json.loads((EVENT_ONLY / "truth.json").read_text())
    sent = list(requests(EVENT_ONLY))[::step]
    for signal, body, content_type in sent:
        assert post(client, key, f"/v1/{signal}", body, content_type).status_code == 200

    traces = Trace.objects.for_project(project).order_by("started_at")
    answers = [trace.output_preview for trace in traces if trace.output_preview]
    assert {signal for signal, *_ in sent} == {"logs", "traces"}
    assert (traces[0].input_preview, answers[-1]) == (truth["first_user_message"], truth["last_assistant_message"])


@pytest.mark.django_db
def test_of_messages_split_over_two_requests_the_last_of_each_side_are_kept(
    client: Client, project: Project, key: Key
) -> None:
    """A limit that docs/dialects.md names."""
    for name, words in [("user", "first"), ("user", "second")]:
        post(client, key, "/v1/logs", body_of(record(f"gen_ai.{name}.message", {"content": words})))
    post(client, key, "/v1/logs", body_of(record("gen_ai.choice", {"message": {"content": "yes"}})))

    texts = SpanIO.objects.for_project(project).get()
    assert "second" in texts.input
    assert "first" not in texts.input
    assert "yes" in texts.output


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "reason"), [("/v1/logs", Reason.LOG_IGNORED), ("/v1/metrics", Reason.METRICS_IGNORED)]
)
def test_what_is_not_for_us_is_accepted_without_a_warning_and_counted(
    client: Client, project: Project, key: Key, path: str, reason: Reason
) -> None:
    response = post(client, key, path, body_of(record("app.event")))

    assert (response.status_code, response.content) == (200, b"")
    assert IngestionIssue.objects.for_project(project).get().reason == reason
    assert not Trace.objects.for_project(project).exists()
