"""Requests whose envelope is not what their address expects: read if they can be, refused with the reason if not."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from projects.models import Project
from tests.conftest import Key
from tests.tracing import otlp
from tests.tracing.spans import raw_span, translated
from tests.tracing.test_wire_logs import record
from tracing.models import IngestionIssue
from tracing.records import Issue, Reason
from tracing.vocabularies.unread import unread_costs
from tracing.wire.logs import decode_logs
from tracing.wire.otlp import PROTOBUF, check_signal, decode_traces
from tracing.wire.refusals import Unreadable


def logs() -> ExportLogsServiceRequest:
    request = ExportLogsServiceRequest()
    request.resource_logs.add().scope_logs.add().log_records.append(record("gen_ai.choice", "yes"))
    return request


def metrics(kind: str = "sum") -> ExportMetricsServiceRequest:
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add().scope_metrics.add().metrics.add(name="tokens used", unit="1")
    getattr(metric, kind).data_points.add(time_unix_nano=otlp.START)
    return request


REQUESTS = {"traces": otlp.request(otlp.span("chat", session__id="s")), "logs": logs(), "metrics": metrics()}
READERS: dict[str, Callable[[bytes, str], Any]] = {
    "traces": decode_traces,
    "logs": decode_logs,
    "metrics": lambda body, content_type: check_signal(body, content_type, "metrics"),
}


def in_json(message: Any, *, snake: bool = False) -> bytes:
    """The message in JSON, with ids as OTLP writes them."""
    named = MessageToDict(message, preserving_proto_field_name=snake)
    span_ids = {"traceId": f"{1:032x}", "trace_id": f"{1:032x}", "spanId": f"{7:016x}", "span_id": f"{7:016x}"}

    def with_ids(value: Any) -> Any:
        if isinstance(value, list):
            return [with_ids(item) for item in value]
        if isinstance(value, dict):
            return {key: span_ids.get(key) or with_ids(item) for key, item in value.items()}
        return value

    return json.dumps(with_ids(named)).encode()


@pytest.mark.parametrize("sent", REQUESTS)
@pytest.mark.parametrize("path", READERS)
@pytest.mark.parametrize("content_type", [otlp.PROTOBUF, otlp.JSON])
def test_a_signal_at_the_address_of_another_is_refused_with_its_own(sent: str, path: str, content_type: str) -> None:
    body = REQUESTS[sent].SerializeToString() if content_type == otlp.PROTOBUF else in_json(REQUESTS[sent])

    if sent == path:
        READERS[path](body, content_type)
    else:
        with pytest.raises(Unreadable, match=re.escape(f"send it to /v1/{sent}, not to /v1/{path}")):
            READERS[path](body, content_type)


@pytest.mark.parametrize("kind", ["gauge", "sum", "histogram", "exponential_histogram", "summary"])
@pytest.mark.parametrize("path", ["traces", "logs"])
def test_metrics_of_every_kind_are_known(path: str, kind: str) -> None:
    with pytest.raises(Unreadable, match="/v1/metrics"):
        READERS[path](metrics(kind).SerializeToString(), otlp.PROTOBUF)


@pytest.mark.parametrize(
    "body", [b"{}", b'{"resourceSpans": []}', b'{"resource_spans": []}', b'{"resourceSpans": null}']
)
def test_an_empty_request_says_nothing_and_is_none_at_fault(body: bytes) -> None:
    issues: list[Issue] = []
    assert (decode_traces(body, otlp.JSON, issues), issues) == ([], [])
    assert decode_traces(b"", otlp.PROTOBUF) == []


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"spans": [{"name": "x"}]}, "but spans"),
        ({"batch": [{}], "metadata": {}}, "but batch, metadata"),
        ({"resourceSpans": {"scopeSpans": []}}, "no list resourceSpans"),
    ],
    ids=str,
)
def test_a_body_without_the_list_is_refused_with_what_it_has(body: dict[str, Any], says: str) -> None:
    with pytest.raises(Unreadable, match=re.escape(says)):
        decode_traces(json.dumps(body).encode(), otlp.JSON)


def test_protobuf_of_unknown_fields_is_refused() -> None:
    with pytest.raises(Unreadable, match="no field of an OTLP request for traces"):
        decode_traces(otlp.field(9, b"x"), otlp.PROTOBUF)
    with pytest.raises(Unreadable, match="no field of an OTLP request for logs"):
        decode_logs(otlp.field(9, b"x"), otlp.PROTOBUF)


@pytest.mark.parametrize(
    ("body", "sample"),
    [
        ({"resourceSpans": [{"spans": []}]}, "no list scopeSpans, but spans"),
        ({"resourceSpans": [{"resource": {}, "scopeSpans": [{"scope": {}, "span": {}}]}]}, "no list spans, but span"),
        ({"resourceSpans": [{"scopeSpans": "none"}]}, "no list scopeSpans, but scopeSpans"),
        ({"resourceSpans": [], "resourceLogs": [{}]}, "resourceLogs belongs to /v1/logs, not to /v1/traces"),
    ],
    ids=str,
)
def test_a_part_in_a_wrong_place_is_named(body: dict[str, Any], sample: str) -> None:
    issues: list[Issue] = []
    assert decode_traces(json.dumps(body).encode(), otlp.JSON, issues) == []
    assert [(issue.reason, issue.sample) for issue in issues] == [(Reason.UNKNOWN_FIELDS, sample)]


@pytest.mark.parametrize("signal", ["traces", "logs"])
def test_snake_case_says_the_same_as_camel_case(signal: str) -> None:
    read: Any = READERS[signal]

    spans = read(in_json(REQUESTS[signal], snake=True), otlp.JSON)

    assert spans == read(in_json(REQUESTS[signal]), otlp.JSON)
    assert len(spans) == 1
    assert spans[0].attributes or spans[0].events


def test_names_of_attributes_are_not_those_of_fields() -> None:
    values = [{"key": "trace_id", "value": {"string_value": "kept"}}]
    pairs = [*values, {"key": "start_time_unix_nano", "value": {"kvlist_value": {"values": values}}}]
    (span,) = decode_traces(json.dumps(otlp.json_request(otlp.json_span(attributes=pairs))).encode(), otlp.JSON)

    assert span.attributes == {"trace_id": "kept", "start_time_unix_nano": {"trace_id": "kept"}}


def test_scopes_by_their_older_name_are_read() -> None:
    old = {"instrumentationLibrary": {"name": "shop"}, "spans": [otlp.json_span("old")]}
    (span,) = decode_traces(json.dumps({"resourceSpans": [{"instrumentationLibrarySpans": [old]}]}).encode(), otlp.JSON)

    assert (span.name, span.scope_name) == ("old", "shop")


@pytest.mark.parametrize(
    ("attributes", "unread"),
    [
        ({"acme.cost_usd": 0.5}, ["acme.cost_usd=0.5"]),
        ({"billing.totalCost": "0.25"}, ["billing.totalCost=0.25"]),
        ({"acme.cost_usd": 0}, []),
        ({"acme.cost_center": "R&D"}, []),
        ({"acme.cost_usd": 0.5, "gen_ai.usage.cost": 0.4}, []),
        ({"price": 3}, []),
    ],
    ids=str,
)
def test_a_cost_that_nobody_reads_is_named(attributes: dict[str, Any], unread: list[str]) -> None:
    assert unread_costs(raw_span(attributes), translated(attributes)) == unread


@pytest.mark.parametrize(
    ("sent", "is_broken"),
    [
        ("\\u4f60\\u597d", True),  # escaped once more than JSON does
        (json.dumps({"q": "\\u4f60\\u597d"}), True),
        ('{"message": "Hi \\ud83d"}', True),  # a cut between the halves of an emoji
        (json.dumps({"message": "你好 👋"}), False),
        (json.dumps({"message": "你好 👋"}, ensure_ascii=False), False),
        (json.dumps({"message": "C:\\users\\me"}), False),
        ("C:\\users\\me", False),
        ("Hello", False),
    ],
)
def test_broken_characters_are_named(client: Client, project: Project, key: Key, sent: str, is_broken: bool) -> None:
    body = otlp.body(otlp.span(input=sent))
    client.post("/v1/traces", body, PROTOBUF, headers={"Authorization": key.bearer})

    reasons = set(IngestionIssue.objects.for_project(project).values_list("reason", flat=True))
    assert (Reason.TEXT_REPAIRED in reasons) == is_broken
