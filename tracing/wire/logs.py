"""Decodes OTLP log requests: messages of model calls, results of evaluations, and the sessions of coding agents.

Messages and results become events of a partial span, which vocabularies read like any other. Events of coding agents
become spans. All other log records are only counted."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from tracing.records import Issue, RawSpan, Reason
from tracing.vocabularies.evaluations import is_evaluation
from tracing.vocabularies.readers import iso_time
from tracing.wire import otlp, otlp_json
from tracing.wire.agent_events import LoggedEvent, LogRecord, told_by
from tracing.wire.envelopes import LOGS, check_protobuf, inner_objects
from tracing.wire.refusals import Unreadable
from tracing.wire.values import EPOCH, Decoding, moment
from tracing.wire.weight import LOG_SCHEMA, weigh_protobuf

LOGGED_MESSAGE_EVENTS = frozenset(
    {
        "gen_ai.client.inference.operation.details",
        "gen_ai.system.message",
        "gen_ai.user.message",
        "gen_ai.assistant.message",
        "gen_ai.tool.message",
        "gen_ai.choice",
    }
)


class DecodedLogs(NamedTuple):
    """What a request of logs holds: partial spans with messages and scores, and events of coding agents."""

    spans: list[RawSpan]
    told: list[LoggedEvent]


def decode_logs(body: bytes, content_type: str, issues: list[Issue] | None = None) -> list[RawSpan]:
    """Return the spans of a request as far as it tells them alone. Raises Unreadable."""
    decoded = read_logs(body, content_type, issues)
    return [*decoded.spans, *(span for told in decoded.told for span in told.spans(told.own_trace_id()))]


def read_logs(body: bytes, content_type: str, issues: list[Issue] | None = None) -> DecodedLogs:
    """Return one partial span for each model call whose messages are in the request, and the events of agents.

    Raises Unreadable."""
    decoding = Decoding([] if issues is None else issues)
    read = _read_json if otlp.media_type(content_type) == otlp.JSON else _read_protobuf
    spans: dict[tuple[str, str, int], RawSpan] = {}
    events: list[LoggedEvent] = []
    for number, record in enumerate(read(body, decoding)):
        decoding.span_id = record.span_id
        if not decoding.has_room(number):
            continue
        is_placed = bool(record.trace_id and record.span_id)
        if is_evaluation(record.name) or (is_placed and record.name in LOGGED_MESSAGE_EVENTS):
            key = record.trace_id, record.span_id, 0 if is_placed else number
            spans.setdefault(key, _empty_span(record)).events.append(_event(record))
        elif (told := told_by(record)) is not None:
            events.append(told)
        else:
            decoding.report(Reason.LOG_IGNORED, record.name or str(record.body))
    for span in spans.values():
        span.events.sort(key=lambda event: event["time"] or EPOCH)
    return DecodedLogs(list(spans.values()), events)


def _empty_span(record: LogRecord) -> RawSpan:
    return RawSpan(
        trace_id=record.trace_id,
        span_id=record.span_id,
        parent_id=None,
        name="",
        started_at=None,
        ended_at=None,
        attributes=record.attributes,
        events=[],
        status_code=0,
        status_message="",
        resource=record.resource,
        scope_name=record.scope_name,
        scope_version=record.scope_version,
    )


def _event(record: LogRecord) -> dict[str, Any]:
    """Return the record as a span event, which has among its attributes what a log has in its body."""
    body = record.body if isinstance(record.body, dict) else {"content": record.body}
    said = {key: value for key, value in body.items() if value is not None}
    return {"name": record.name, "time": record.time, "attributes": record.attributes | said}


def _time(sent: datetime | None, attributes: dict[str, Any]) -> datetime | None:
    """Return the time of a record, also from an attribute: Codex leaves the record's own empty."""
    return sent or iso_time(attributes.get("event.timestamp"))


def _read_protobuf(body: bytes, decoding: Decoding) -> Iterator[LogRecord]:
    weigh_protobuf(body, LOG_SCHEMA)
    check_protobuf(body, LOGS)
    try:
        request = ExportLogsServiceRequest.FromString(body)
    except DecodeError:
        raise Unreadable("The body is not an OTLP protobuf message.") from None
    if body and not request.resource_logs:
        raise Unreadable("The body holds no field of an OTLP request for logs.")
    for resource_logs in request.resource_logs:
        resource = otlp.attributes_of(resource_logs.resource.attributes, decoding)
        for scope_logs in resource_logs.scope_logs:
            scope = scope_logs.scope
            for record in scope_logs.log_records:
                attributes = otlp.attributes_of(record.attributes, decoding)
                yield LogRecord(
                    trace_id=record.trace_id.hex() if len(record.trace_id) == 16 and any(record.trace_id) else "",
                    span_id=record.span_id.hex() if len(record.span_id) == 8 and any(record.span_id) else "",
                    name=record.event_name or str(attributes.get("event.name", "")),
                    time=_time(moment(record.time_unix_nano or record.observed_time_unix_nano), attributes),
                    attributes=attributes,
                    body=otlp.plain(record.body, decoding),
                    resource=resource,
                    scope_name=scope.name,
                    scope_version=scope.version,
                )


def _read_json(body: bytes, decoding: Decoding) -> Iterator[LogRecord]:
    for resource_logs in otlp_json.objects(otlp_json.load_signal(body, LOGS, decoding), "resourceLogs"):
        resource = otlp_json.attributes_of(otlp_json.child(resource_logs, "resource").get("attributes"), decoding)
        for scope_logs in inner_objects(resource_logs, "scopeLogs", decoding):
            scope = otlp_json.child(scope_logs, "scope")
            for record in inner_objects(scope_logs, "logRecords", decoding):
                attributes = otlp_json.attributes_of(record.get("attributes"), decoding)
                time = record.get("timeUnixNano") or record.get("observedTimeUnixNano")
                yield LogRecord(
                    trace_id=otlp_json.hex_id(record.get("traceId"), otlp_json.ID_SIZES["traceId"]) or "",
                    span_id=otlp_json.hex_id(record.get("spanId"), otlp_json.ID_SIZES["spanId"]) or "",
                    name=otlp_json.text(record.get("eventName") or attributes.get("event.name")),
                    time=_time(otlp_json.nanoseconds(time, decoding), attributes),
                    attributes=attributes,
                    body=otlp_json.plain(record.get("body"), decoding),
                    resource=resource,
                    scope_name=otlp_json.text(scope.get("name")),
                    scope_version=otlp_json.text(scope.get("version")),
                )
