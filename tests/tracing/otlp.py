"""Makes OTLP requests for the tests, in both spellings."""

import itertools
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

PROTOBUF = "application/x-protobuf"
JSON = "application/json"
START = 1_790_000_000_123_456_789
_ids = itertools.count(1)


def any_value(value: Any) -> AnyValue:
    match value:
        case None:
            return AnyValue()
        case bool():
            return AnyValue(bool_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case bytes():
            return AnyValue(bytes_value=value)
        case list():
            return AnyValue(array_value=ArrayValue(values=[any_value(item) for item in value]))
        case dict():
            return AnyValue(kvlist_value=KeyValueList(values=pairs(value)))
    return AnyValue(string_value=value)


def pairs(attributes: dict[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=any_value(value)) for key, value in attributes.items()]


def span(name: str = "step", *, trace: int = 1, parent: int = 0, error: str = "", **attributes: Any) -> Span:
    """A span of the trace with number `trace`; attribute names have `__` in the place of dots."""
    return Span(
        trace_id=trace.to_bytes(16, "big"),
        span_id=next(_ids).to_bytes(8, "big"),
        parent_span_id=parent.to_bytes(8, "big") if parent else b"",
        name=name,
        start_time_unix_nano=START,
        end_time_unix_nano=START + 1_500_000_000,
        attributes=pairs({key.replace("__", "."): value for key, value in attributes.items()}),
        status=Status(code=Status.STATUS_CODE_ERROR, message=error) if error else None,
    )


def request(*spans: Span, resource: dict[str, Any] | None = None, scope: str = "tests") -> ExportTraceServiceRequest:
    message = ExportTraceServiceRequest()
    resource_spans = message.resource_spans.add()
    resource_spans.resource.attributes.extend(pairs(resource or {}))
    scope_spans = resource_spans.scope_spans.add()
    scope_spans.scope.name, scope_spans.scope.version = scope, "1.0"
    scope_spans.spans.extend(spans)
    return message


def body(*spans: Span, **kwargs: Any) -> bytes:
    return request(*spans, **kwargs).SerializeToString()


def field(number: int, data: bytes) -> bytes:
    """A length-delimited protobuf field, for messages that the library refuses to make."""
    size, encoded = len(data), bytearray([number << 3 | 2])
    while size > 0x7F:
        encoded.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes(encoded) + bytes([size]) + data


def raw_body(*spans: Span | bytes) -> bytes:
    """A request whose spans may be any bytes."""
    encoded = [item if isinstance(item, bytes) else item.SerializeToString() for item in spans]
    return field(1, field(2, b"".join(field(2, item) for item in encoded)))


def json_request(*spans: dict[str, Any]) -> dict[str, Any]:
    return {"resourceSpans": [{"scopeSpans": [{"scope": {"name": "tests", "version": "1.0"}, "spans": list(spans)}]}]}


def json_span(name: str = "step", **changes: Any) -> dict[str, Any]:
    return {
        "traceId": f"{1:032x}",
        "spanId": f"{next(_ids):016x}",
        "name": name,
        "startTimeUnixNano": str(START),
        "endTimeUnixNano": str(START + 1_500_000_000),
        "attributes": [],
        "status": {"code": 0},
    } | changes
