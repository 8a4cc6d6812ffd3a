"""Decodes OTLP trace requests, protobuf or JSON, to raw spans. An unusable span becomes an Issue, others are kept."""

from base64 import b64encode
from collections.abc import Iterable
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tracing.records import Issue, RawSpan, Reason
from tracing.wire import otlp_json
from tracing.wire.envelopes import TRACES, check_protobuf
from tracing.wire.refusals import Unreadable, UnsupportedContent
from tracing.wire.salvage import salvaged
from tracing.wire.values import Decoding, moment
from tracing.wire.weight import SPAN_SCHEMA, weigh_protobuf

PROTOBUF = "application/x-protobuf"
JSON = "application/json"
NO_TRACE, NO_SPAN = bytes(16), bytes(8)
SCALAR_FIELDS = frozenset({"string_value", "int_value", "double_value", "bool_value"})


def media_type(content_type: str) -> str:
    """Return PROTOBUF or JSON, whatever the parameters, such as charset, are. Raises UnsupportedContent."""
    name = content_type.partition(";")[0].strip().lower()
    if name in {PROTOBUF, "application/protobuf"}:
        return PROTOBUF
    if name == JSON:
        return JSON
    raise UnsupportedContent(f"Send OTLP as {PROTOBUF} or {JSON}, not {name[:80] or 'without a Content-Type'}.")


def decode_traces(body: bytes, content_type: str, issues: list[Issue] | None = None) -> list[RawSpan]:
    """Return the spans of an ExportTraceServiceRequest in their order.

    Values that could not be taken as sent are appended to `issues`. Raises Unreadable if the body as a whole cannot be
    decoded."""
    decoding = Decoding([] if issues is None else issues)
    if media_type(content_type) == JSON:
        otlp_json.read_traces(body, decoding)
    else:
        _read_traces(body, decoding)
    return decoding.spans


def check_signal(body: bytes, content_type: str, signal: str) -> None:
    """Raise Unreadable if a body that nobody reads holds something else than the signal, or nothing of OTLP."""
    if media_type(content_type) == JSON:
        otlp_json.load_signal(body, signal)
    else:
        check_protobuf(body, signal)


def _read_traces(body: bytes, decoding: Decoding) -> None:
    weigh_protobuf(body, SPAN_SCHEMA)
    try:
        request = ExportTraceServiceRequest.FromString(body)
    except DecodeError:
        request = None
    if request is None or not _begins_with_span(request):
        check_protobuf(body, TRACES)
    if request is None:
        request = salvaged(body, decoding)
    if body and not request.resource_spans:
        raise Unreadable("The body holds no field of an OTLP request for traces.")
    for resource_spans in request.resource_spans:
        resource = attributes_of(resource_spans.resource.attributes, decoding)
        for scope_spans in resource_spans.scope_spans:
            scope = scope_spans.scope
            _read_spans(scope_spans.spans, resource, scope.name, scope.version, decoding)


def _begins_with_span(request: ExportTraceServiceRequest) -> bool:
    """Return whether the first item has the ids of a span, which those of other signals have not in these fields."""
    spans = (span for envelope in request.resource_spans for scope in envelope.scope_spans for span in scope.spans)
    first = next(spans, None)
    return first is not None and len(first.trace_id) == 16 and len(first.span_id) == 8


def _read_spans(spans: Iterable[Any], resource: dict[str, Any], name: str, version: str, decoding: Decoding) -> None:
    for span in spans:
        trace_id, span_id = span.trace_id, span.span_id
        decoding.span_id = span_id.hex()
        if len(trace_id) != 16 or len(span_id) != 8 or trace_id == NO_TRACE or span_id == NO_SPAN:
            decoding.report(Reason.INVALID_ID, f"trace id {trace_id.hex()}, span id {span_id.hex()}")
        elif decoding.has_room(len(decoding.spans)):
            decoding.spans.append(_raw_span(span, resource, name, version, decoding))


def _raw_span(span: Any, resource: dict[str, Any], name: str, version: str, decoding: Decoding) -> RawSpan:
    parent = span.parent_span_id
    status = span.status
    return RawSpan(
        trace_id=span.trace_id.hex(),
        span_id=decoding.span_id,
        parent_id=parent.hex() if parent and parent != NO_SPAN else None,
        name=span.name,
        started_at=moment(span.start_time_unix_nano),
        ended_at=moment(span.end_time_unix_nano),
        attributes=attributes_of(span.attributes, decoding),
        events=[_event(event, decoding) for event in span.events],
        status_code=status.code,
        status_message=status.message,
        resource=resource,
        scope_name=name,
        scope_version=version,
    )


def _event(event: Any, decoding: Decoding) -> dict[str, Any]:
    return {
        "name": event.name,
        "time": moment(event.time_unix_nano),
        "attributes": attributes_of(event.attributes, decoding),
    }


def attributes_of(pairs: Any, decoding: Decoding) -> dict[str, Any]:
    """Return attributes as a dictionary. This is written for speed: a span has some twenty, most of them text."""
    attributes = {}
    for pair in decoding.fitting(pairs):
        value = pair.value
        attributes[pair.key] = value.string_value or value.int_value or plain(value, decoding)
    return attributes


def plain(value: Any, decoding: Decoding, depth: int = 1) -> Any:
    """Return an AnyValue as a Python value: bytes as base64 text (as in OTLP/JSON), an empty value as None."""
    which = value.WhichOneof("value")
    if which is None:
        return None
    inner = getattr(value, which)
    if which in SCALAR_FIELDS:
        return inner
    if which == "bytes_value":
        return b64encode(inner).decode()
    if which == "array_value":
        return decoding.shallow([plain(item, decoding, depth + 1) for item in inner.values], depth)
    if which == "kvlist_value":
        return decoding.shallow({pair.key: plain(pair.value, decoding, depth + 1) for pair in inner.values}, depth)
    return None
