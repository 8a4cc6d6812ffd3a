"""The envelope of an OTLP request: which signal it carries, and its fields in JSON in every spelling.

A request whose envelope is another than its address expects would store nothing and say nothing. It is refused."""

import re
from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import Descriptor
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

from tracing.records import Reason
from tracing.wire.refusals import Unreadable
from tracing.wire.salvage import children, fields_of
from tracing.wire.values import Decoding

TRACES, LOGS, METRICS = "traces", "logs", "metrics"
SIGNAL_BY_ENVELOPE = {"resourceSpans": TRACES, "resourceLogs": LOGS, "resourceMetrics": METRICS}
ENVELOPE_BY_SIGNAL = {signal: envelope for envelope, signal in SIGNAL_BY_ENVELOPE.items()}
REQUESTS = (
    trace_service_pb2.ExportTraceServiceRequest,
    logs_service_pb2.ExportLogsServiceRequest,
    metrics_service_pb2.ExportMetricsServiceRequest,
)
# Wire types of protobuf, and the fields by which the first item of a request tells its signal.
FIXED64, LENGTH_DELIMITED = 1, 2
TRACE_ID_FIELD, SPAN_ID_FIELD, METRIC_NAME_FIELD = (1, LENGTH_DELIMITED), (2, LENGTH_DELIMITED), (1, LENGTH_DELIMITED)
TRACE_ID_BYTES, SPAN_ID_BYTES, LOG_TIME_FIELDS = 16, 8, (1, 11)
METRIC_DATA_FIELDS = frozenset((number, LENGTH_DELIMITED) for number in (5, 7, 9, 10, 11))
SNAKE_CASE_PATTERN = re.compile(rb'_[a-z0-9_]{0,40}+"\s*+:')  # the end of a key; no name of OTLP is longer
MAX_RENAMED_LEVELS = 200


def in_camel_case(body: bytes, value: Any) -> Any:
    """Return an OTLP message with its fields in camelCase, whichever of the names that protobuf allows it uses.

    `body` is what `value` was read from. Before 2022, scopes had another name, too."""
    is_other = b'"instrumentationLibrary' in body or SNAKE_CASE_PATTERN.search(body)
    return _renamed(value, 0) if is_other else value


def check_json(message: dict[str, Any], signal: str, decoding: Decoding | None = None) -> None:
    """Raise Unreadable if the message has something, but nothing of the signal.

    What it has of other signals beside it is reported to `decoding`."""
    envelope = ENVELOPE_BY_SIGNAL[signal]
    others = {name: other for name, other in SIGNAL_BY_ENVELOPE.items() if name != envelope and message.get(name)}
    if isinstance(message.get(envelope), list):
        for name, other in others.items():
            if decoding is not None:
                decoding.report(Reason.UNKNOWN_FIELDS, f"{name} belongs to /v1/{other}, not to /v1/{signal}")
        return
    _refuse_other(next(iter(others.values()), None), signal)
    if any(message.values()):
        named = ", ".join(map(str, list(message)[:5]))
        raise Unreadable(f"The body has no list {envelope}, but {named[:100]}: it is no request of OTLP for {signal}.")


def check_protobuf(body: bytes, signal: str) -> None:
    """Raise Unreadable if the first item of the request belongs to another signal."""
    found = _signal_of(body)
    _refuse_other(None if found == signal else found, signal)


def inner_list(parent: dict[str, Any], name: str, decoding: Decoding) -> list[Any]:
    """Return the list under `name`. If there is none, report what is there in its place."""
    value = parent.get(name)
    if isinstance(value, list):
        return value
    others = [key for key in parent if key not in ("resource", "scope", "schemaUrl")]
    if others:
        decoding.report(Reason.UNKNOWN_FIELDS, f"no list {name}, but {', '.join(map(str, others[:5]))}")
    return []


def inner_objects(parent: dict[str, Any], name: str, decoding: Decoding) -> list[dict[str, Any]]:
    """Return the objects in the list under `name`, as `inner_list` finds it."""
    return [item for item in inner_list(parent, name, decoding) if isinstance(item, dict)]


def _refuse_other(other: str | None, signal: str) -> None:
    if other is not None:
        raise Unreadable(f"The body holds {other}: send it to /v1/{other}, not to /v1/{signal}.")


def _signal_of(body: bytes) -> str | None:
    """Return the signal of a protobuf request by the fields of its first item, or None if it does not tell.

    The first fields are enough: a span begins with its ids, a log record with its time."""
    seen: dict[tuple[int, int], int] = {}
    try:
        for number, wire_type, start, end in fields_of(_first_item(body)):
            seen.setdefault((number, wire_type), end - start)
            if wire_type == FIXED64 and number in LOG_TIME_FIELDS:
                return LOGS
            if seen.get(TRACE_ID_FIELD) == TRACE_ID_BYTES and seen.get(SPAN_ID_FIELD) == SPAN_ID_BYTES:
                return TRACES
    except (StopIteration, Unreadable):
        return None
    is_metric = METRIC_NAME_FIELD in seen and not METRIC_DATA_FIELDS.isdisjoint(seen)
    return METRICS if is_metric else None


def _first_item(body: bytes) -> memoryview:
    """Return the first span, log record or metric, without a copy. Raises StopIteration or Unreadable."""
    return next(
        item
        for envelope in children(memoryview(body), 1)
        for scope in children(envelope, 2)
        for item in children(scope, 2)
    )


def _renamed(value: Any, level: int) -> Any:
    if level > MAX_RENAMED_LEVELS:
        return value
    if isinstance(value, list):
        return [_renamed(item, level + 1) for item in value]
    if isinstance(value, dict):
        return {CAMEL_NAMES.get(key, key): _renamed(item, level + 1) for key, item in value.items()}
    return value


def _names_in(descriptor: Descriptor, seen: set[str]) -> Iterator[tuple[str, str]]:
    """Yield both names of each field of a message and of the messages in it."""
    if descriptor.full_name in seen:
        return
    seen.add(descriptor.full_name)
    for field in descriptor.fields:
        yield field.name, field.json_name
        if field.message_type is not None:
            yield from _names_in(field.message_type, seen)


CAMEL_NAMES = {
    "instrumentationLibrarySpans": "scopeSpans",
    "instrumentation_library_spans": "scopeSpans",
    "instrumentationLibraryLogs": "scopeLogs",
    "instrumentation_library_logs": "scopeLogs",
    "instrumentationLibrary": "scope",
    "instrumentation_library": "scope",
    **{name: camel for request in REQUESTS for name, camel in _names_in(request.DESCRIPTOR, set())},
}
