"""Builds a record from what a span's attributes say, by rules that hold for every dialect."""

import re
from datetime import datetime, timedelta
from typing import Any

from tracing.records import VOICE_KINDS, Kind, Level, RawSpan, SpanRecord
from tracing.vocabularies.asides import drop_placeholders, note_asides
from tracing.vocabularies.claims import PLAIN_ID_SCOPES, claims_of, merged
from tracing.vocabularies.genai import MESSAGE_EVENTS
from tracing.vocabularies.messages import called_tools
from tracing.vocabularies.readers import identifier, json_value, service_tier
from tracing.vocabularies.speech import parsed
from tracing.vocabularies.tables import AttributeReadings
from tracing.vocabularies.usage import settled
from tracing.vocabularies.voice import put_words_on_their_side, voice_kind

STATUS_CODE_OK, STATUS_CODE_ERROR = 1, 2  # OTLP's status codes
MODEL_CALLS = frozenset({Kind.GENERATION, Kind.EMBEDDING})
FAILED_ANSWER_PATTERN = re.compile(r"is_?[Ee]rror['\"]?+\s*+[:=]\s*+[tT]rue|['\"]success['\"]\s*+:\s*+[fF]alse")
STANDARD_TIERS = frozenset({"standard", "default", "auto", "standard_only", "on_demand", "on-demand", "none"})
SMALLER_UNITS = (10**3, 10**6, 10**9)  # of the one that a key stands for
QUICKEST_TOKEN, LONGEST_WAIT = timedelta(milliseconds=10), timedelta(days=365)
NOISE_EVENTS = frozenset({"gen_ai.content.completion.chunk", "llm.content.completion.chunk"})  # one for each token


def assembled(span: RawSpan, found: AttributeReadings) -> SpanRecord:
    """Return the record of a span from the readings of its attributes."""
    said = found.said
    record = SpanRecord(
        span.trace_id,
        span.span_id,
        span.parent_id or None,
        is_root=said.get("is_root"),
        name=said.get("name") or span.name or None,
        started_at=span.started_at,
        ended_at=span.ended_at,
        completion_started_at=_first_token(said.get("completion_started_at"), span),
        provider=said.get("provider"),
        model_parameters=merged(found.gathered.get("model_parameters", ())) or None,
        usage=settled(found.usage),
        input_cost=said.get("input_cost"),
        output_cost=said.get("output_cost"),
        total_cost=said.get("total_cost"),
        input=said.get("input"),
        output=said.get("output"),
        claims=claims_of(found),
        allows_any_script=span.scope_name not in PLAIN_ID_SCOPES,
        response_id=said.get("response_id"),
        scope=span.scope_name or None,
        unread=found.unread or None,
    )
    record.kind, record.model = _kind_and_model(said, has_usage=record.usage is not None)
    # A report without times and name (messages that came as logs) adds to a span and does not decide about it.
    if span.started_at is not None or span.name:
        if record.kind is None:
            record.kind = _kind_by_model(record)
        _add_status(record, span, said)
    _settle_texts(record, found)
    record.service_tier = priced_tier(said.get("service_tier"), record.model_parameters)
    record.raw = _raw(span, found, record)
    return record


def _settle_texts(record: SpanRecord, found: AttributeReadings) -> None:
    """Put the texts on their sides, name the tools that they call, and remove what says nothing or must not be kept."""
    if record.kind == Kind.TOOL:
        record.input, record.output = content_alone(record.input, "tool"), content_alone(record.output, "assistant")
    if record.kind in VOICE_KINDS:
        put_words_on_their_side(record)
    record.claims.tool_names = called_tools(record.output)
    note_asides(record)
    if found.silent:
        drop_placeholders(record)
    if found.said.get("withhold"):
        record.input = record.output = record.claims.input = record.claims.output = None


def priced_tier(stated: str | None, parameters: dict[str, Any] | None) -> str | None:
    """Return the service tier of the answer, else that of the request, or None if it is the ordinary one."""
    tier = stated
    if not tier and parameters:
        tier = service_tier(parameters.get("service_tier") or parameters.get("serviceTier"))
    return None if tier in STANDARD_TIERS else tier


def _kind_and_model(said: dict[str, Any], *, has_usage: bool) -> tuple[Kind | None, str | None]:
    kind, model = said.get("kind"), said.get("model")
    if model is None and (kind in MODEL_CALLS or has_usage):
        model = said.get("likely_model")
    return kind, model


def _kind_by_model(record: SpanRecord) -> Kind:
    """Return the kind of a span that does not say it: a span that names a model asks it."""
    return Kind.SPAN if record.model is None else voice_kind(record.name, record.model) or Kind.GENERATION


def _first_token(said: datetime | timedelta | None, span: RawSpan) -> datetime | None:
    """Return the time of the first token.

    A duration that is longer than the span is read in the only unit that fits: seconds are often milliseconds."""
    start, end = span.started_at, span.ended_at
    if not isinstance(said, timedelta) or start is None:
        return None if isinstance(said, timedelta) else said
    if end is not None and start + min(said, LONGEST_WAIT) > end:
        fitting = [shorter for unit in SMALLER_UNITS if QUICKEST_TOKEN <= (shorter := said / unit) <= end - start]
        said = fitting[0] if len(fitting) == 1 else said
    return start + min(said, LONGEST_WAIT)


def _add_status(record: SpanRecord, span: RawSpan, said: dict[str, Any]) -> None:
    """Set level and status message.

    A failure shows in a level or in the status. Where the status is left open, it shows in an exception event, as
    Laminar's JavaScript SDK has it, in the type of an error, or in the answer of a tool."""
    exception = None
    if span.events:
        exception = next((event["attributes"] for event in span.events if event["name"] == "exception"), None)
    failed = span.status_code == STATUS_CODE_ERROR
    if span.status_code not in (STATUS_CODE_OK, STATUS_CODE_ERROR):
        # Plain spans are left out: an HTTP server's 404 has an error type and is no failure of the server.
        has_error_type = record.kind != Kind.SPAN and bool(span.attributes.get("error.type"))
        failed = exception is not None or has_error_type or _is_failed_answer(record)
    record.level = said.get("level", Level.ERROR if failed else Level.DEFAULT)
    record.status_message = said.get("status_message") or span.status_message or None
    if record.status_message is None and record.level == Level.ERROR:
        told = exception or {}
        record.status_message = (
            identifier(told.get("exception.message")) or said.get("failure") or identifier(told.get("exception.type"))
        )


def content_alone(text: str | None, role: str) -> str | None:
    """Return the content of a text that is one message of `role`: arguments and results of a tool are no messages."""
    if text is None or not text.startswith(f'[{{"role":"{role}","content":"'):
        return text
    messages = json_value(text)
    if len(messages) != 1 or messages[0].keys() & {"tool_calls", "media"}:
        return text
    content: str = messages[0]["content"]
    return content or text


def _is_failed_answer(record: SpanRecord) -> bool:
    """Return whether a tool's answer says that it failed: by MCP's `isError`, or an error beside `success: false`."""
    if record.kind != Kind.TOOL or not record.output or not FAILED_ANSWER_PATTERN.search(record.output):
        return False
    answer = parsed(record.output)
    answers = answer if isinstance(answer, list) else [answer]
    return any(map(_is_failure, answers))


def _is_failure(answer: Any) -> bool:
    if not isinstance(answer, dict):
        return False
    is_named = answer.get("success") is False and bool(answer.get("error"))
    return is_named or answer.get("isError") is True or answer.get("is_error") is True


def _raw(span: RawSpan, found: AttributeReadings, record: SpanRecord) -> dict[str, Any] | None:
    """Return everything that the record does not hold in full, so that a newer vocabulary can read it again."""
    withheld = found.said.get("withhold") is not None
    dropped = found.texts if withheld else found.taken
    attributes = span.attributes
    raw = {
        "attributes": {k: v for k, v in attributes.items() if k not in dropped} if dropped else attributes,
        "events": span.events and [event for event in span.events if not _is_held(event, record, withheld=withheld)],
        "resource": span.resource,
        "scope": {"name": span.scope_name, "version": span.scope_version},
        "model_parameters": record.model_parameters,
        "metadata": merged(found.gathered.get("metadata", ())),
    }
    return {part: value for part, value in raw.items() if value} or None


def _is_held(event: dict[str, Any], record: SpanRecord, *, withheld: bool) -> bool:
    """Return whether the record has everything in an event, or must not have it."""
    if event["name"] in MESSAGE_EVENTS:
        return withheld or record.input is not None or record.output is not None
    return event["name"] in NOISE_EVENTS and not event["attributes"]
