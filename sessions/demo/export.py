"""Conversations as the bytes that an OTLP exporter sends."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from sessions.demo.dialects import Dialect
from sessions.demo.story import Conversation, DemoSpan, DemoTurn


def body(talk: Conversation, dialect: Dialect) -> bytes:
    """One export request with every span of the conversation."""
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.extend(_pairs(dialect.resource(talk)))
    scope = resource.scope_spans.add()
    scope.scope.name, scope.scope.version = dialect.scope, dialect.version
    scope.spans.extend(span for turn in talk.turns for span in _spans(talk, dialect, turn))
    return request.SerializeToString()


def _spans(talk: Conversation, dialect: Dialect, turn: DemoTurn) -> Iterator[Span]:
    for step in turn.root.walk():
        is_root = step is turn.root
        span = Span(
            trace_id=turn.trace_id.to_bytes(16, "big"),
            span_id=step.span_id.to_bytes(8, "big"),
            parent_span_id=b"" if is_root else turn.root.span_id.to_bytes(8, "big"),
            name=step.name,
            start_time_unix_nano=_nanoseconds(talk.started_at + step.after),
            end_time_unix_nano=_nanoseconds(talk.started_at + step.after + step.took),
            attributes=_pairs(dialect.attributes(talk, step, is_root)),
        )
        if step.error:
            _fail(span, step)
        yield span


def _fail(span: Span, step: DemoSpan) -> None:
    span.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message=step.error))
    attributes = {"exception.type": "RuntimeError", "exception.message": step.error}
    span.events.add(name="exception", time_unix_nano=span.end_time_unix_nano, attributes=_pairs(attributes))


def _nanoseconds(at: datetime) -> int:
    return int(at.timestamp()) * 10**9 + at.microsecond * 1000


def _pairs(attributes: Mapping[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=_value(value)) for key, value in attributes.items()]


def _value(value: Any) -> AnyValue:
    match value:
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case list():
            return AnyValue(array_value=ArrayValue(values=[_value(item) for item in value]))
    return AnyValue(string_value=value)
