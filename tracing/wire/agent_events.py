"""Log records of coding agents as spans: one row of a table for each event, in whatever agent's name it comes.

Claude Code, Codex and Gemini CLI send their sessions as log records by default, without ids of traces and spans. An
event is recognised by the last part of its name, so that an agent that was made of another is read, too."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, NamedTuple

from tracing.limits.ids import in_one_form, session_id_problem
from tracing.records import RawSpan
from tracing.vocabularies import translate
from tracing.vocabularies.coding_agents import (
    AGENT_TYPE,
    ALL_USAGE_KEYS,
    CALL_TYPE,
    NOTE_TYPE,
    PROMPT_TYPE,
    REDACTED_TEXTS,
    SPAN_TYPE_KEY,
    TOOL_TYPE,
)
from tracing.vocabularies.readers import identifier, milliseconds

STATUS_UNSET, STATUS_ERROR = 0, 2
EVENT_NAME_KEYS, MAX_EVENT_NAME_CHARACTERS = ("event.name", "event_name"), 200
TURN_KEYS = ("prompt.id", "prompt_id", "turn.id", "turn_id")
AGENT_KEYS = ("agent_id", "agent.id", "agent.name", "agent_name")
PARENT_AGENT_KEYS = ("parent_agent_id", "parent_agent.id")
CALL_KEYS, TOOL_CALL_KEYS = ("request_id", "response_id"), ("tool_use_id", "call_id", "tool_call_id")
STREAM_ENDS = frozenset({"response.completed", "response.failed", "response.incomplete"})
ERROR_KEYS = ("error.message", "error", "error_message")


class AgentEvent(NamedTuple):
    """One row: what an event of a coding agent says.

    `only_if` names attributes of which it must have one, `is_end` asks for the end of a stream, `renames` names its
    text as the span would."""

    span_type: str
    joined_by: tuple[str, ...] = ()  # events with the same value are of one span
    is_failure: bool = False
    is_whole: bool = True  # it has the time and the name of its span
    only_if: tuple[str, ...] = ()
    is_end: bool = False
    renames: tuple[str, str] | None = None


AGENT_EVENTS = {
    "user_prompt": AgentEvent(PROMPT_TYPE),
    "api_request": AgentEvent(CALL_TYPE, CALL_KEYS, only_if=(*ALL_USAGE_KEYS, "cost_usd", *ERROR_KEYS)),
    "api_response": AgentEvent(CALL_TYPE, CALL_KEYS),
    "sse_event": AgentEvent(CALL_TYPE, is_end=True),
    "websocket_event": AgentEvent(CALL_TYPE, is_end=True),
    "api_error": AgentEvent(CALL_TYPE, CALL_KEYS, is_failure=True),
    "api_refusal": AgentEvent(CALL_TYPE, CALL_KEYS, is_failure=True),
    "assistant_response": AgentEvent(CALL_TYPE, CALL_KEYS, is_whole=False),
    "api_request_body": AgentEvent(CALL_TYPE, CALL_KEYS, is_whole=False, renames=("body", "request_body")),
    "api_response_body": AgentEvent(CALL_TYPE, CALL_KEYS, is_whole=False, renames=("body", "response_body")),
    "tool_result": AgentEvent(TOOL_TYPE, TOOL_CALL_KEYS),
    "tool_call": AgentEvent(TOOL_TYPE, TOOL_CALL_KEYS, only_if=("function_name", "tool_name")),
    "subagent_completed": AgentEvent(AGENT_TYPE, AGENT_KEYS),
    "agent.finish": AgentEvent(AGENT_TYPE, AGENT_KEYS),
}
# What the spans of an agent say as well. Within a trace of these, such a record is a note beside them.
TOLD_BY_SPANS = frozenset({"claude_code.user_prompt", "claude_code.tool_result"})


class LogRecord(NamedTuple):
    """One decoded log record."""

    trace_id: str
    span_id: str
    name: str
    time: datetime | None
    attributes: dict[str, Any]
    body: Any
    resource: dict[str, Any]
    scope_name: str
    scope_version: str


class LoggedEvent(NamedTuple):
    """What a record of a coding agent says. Its turn is "" if the record does not name it."""

    record: LogRecord
    event: AgentEvent
    name: str  # of the event
    session_id: str
    turn: str

    @property
    def is_prompt(self) -> bool:
        return self.event.span_type == PROMPT_TYPE

    @property
    def needs_turn(self) -> bool:
        """Return whether the record names neither its trace nor its turn."""
        return not self.record.trace_id and not self.turn

    def own_trace_id(self) -> str:
        """Return the id of the trace that the record names, or that is made from its session and turn."""
        if self.record.trace_id:
            return self.record.trace_id
        turn = self.turn or (_stamp(self.record) if self.is_prompt else "")
        return digest(16, self.session_id, turn)

    def spans(self, trace_id: str) -> Iterator[RawSpan]:
        """Yield the span in a trace, after that of the sub-agent that it belongs to."""
        root = self.record.span_id or (None if self.is_prompt else turn_span_id(trace_id))
        agent, attributes = _first(self.record, AGENT_KEYS), self.record.attributes
        parent = root
        if agent and not self.record.span_id and not self.is_prompt:
            above = _first(self.record, PARENT_AGENT_KEYS)
            parent = agent_span_id(trace_id, agent)
            outer = agent_span_id(trace_id, above) if above and above != agent else root
            if self.event.span_type == AGENT_TYPE:
                yield self._span(trace_id, parent, outer)
                return
            names = {key: attributes[key] for key in (*AGENT_KEYS, "subagent_type") if key in attributes}
            yield _bare(self.record, trace_id, parent, outer, {SPAN_TYPE_KEY: AGENT_TYPE, **names}, "sub-agent")
        yield self._span(trace_id, self._span_id(trace_id), parent)

    def _span_id(self, trace_id: str) -> str:
        if self.is_prompt and not self.record.trace_id:
            return turn_span_id(trace_id)
        joined = _first(self.record, self.event.joined_by)
        own = (
            (joined,) if joined else (self.name, _stamp(self.record), *map(str, sorted(self.record.attributes.items())))
        )
        return digest(8, trace_id, self.event.span_type, *own)

    def _span(self, trace_id: str, span_id: str, parent: str | None) -> RawSpan:
        record, event = self.record, self.event
        is_note = bool(record.trace_id) and self.name in TOLD_BY_SPANS
        attributes = {key: value for key, value in record.attributes.items() if not _is_redacted(value)}
        if event.renames and event.renames[0] in attributes:
            attributes[event.renames[1]] = attributes.pop(event.renames[0])
        attributes[SPAN_TYPE_KEY] = NOTE_TYPE if is_note else event.span_type
        span = _bare(record, trace_id, span_id, parent, attributes, self.name)
        if event.is_whole or not _first(record, event.joined_by):
            took = milliseconds(_number(record.attributes.get("duration_ms"))) or timedelta()
            span.ended_at = record.time
            span.started_at = None if record.time is None else record.time - took
        else:
            span.name = ""
        has_failed = event.is_failure or (event.span_type == CALL_TYPE and _first(record, ERROR_KEYS) is not None)
        span.status_code = STATUS_ERROR if has_failed else STATUS_UNSET
        return span


def told_by(record: LogRecord) -> LoggedEvent | None:
    """Return what a record of a coding agent says, or None for any other record and for one without a session."""
    name = next((known for known in _names(record) if _event_of(known) is not None), "")
    event = _event_of(name) if name else None
    if event is None or not _is_told(record, event):
        return None
    asked = translate(_bare(record, "", "", None, record.attributes, ""))
    session_id = in_one_form((asked and asked.claims.session_id) or "")
    if not session_id or session_id_problem(session_id, any_script=True):
        return None
    return LoggedEvent(record, event, name, session_id, _first(record, TURN_KEYS) or "")


def turn_span_id(trace_id: str) -> str:
    """Return the id of the span of the user's prompt, in a trace that was made from log records."""
    return digest(8, trace_id, "turn")


def agent_span_id(trace_id: str, agent: str) -> str:
    """Return the id of the span of a sub-agent."""
    return digest(8, trace_id, AGENT_TYPE, agent)


def digest(size: int, *parts: str) -> str:
    """Return an id of `size` bytes that is the same for the same texts."""
    told = "\0".join(parts).encode("utf-8", "replace")
    return blake2b(told, digest_size=size, person=b"agent-logs").hexdigest()


def _names(record: LogRecord) -> Iterator[str]:
    body = record.body if isinstance(record.body, str) else ""
    for name in (record.name, *map(record.attributes.get, EVENT_NAME_KEYS), body[:MAX_EVENT_NAME_CHARACTERS]):
        if isinstance(name, str) and name:
            yield name


def _event_of(name: str) -> AgentEvent | None:
    return AGENT_EVENTS.get(name) or AGENT_EVENTS.get(name.partition(".")[2])


def _is_told(record: LogRecord, event: AgentEvent) -> bool:
    """Return whether the record has what its row asks for."""
    if event.is_end and identifier(record.attributes.get("event.kind")) not in STREAM_ENDS:
        return False
    return not event.only_if or any(key in record.attributes for key in event.only_if)


def _is_redacted(value: Any) -> bool:
    return isinstance(value, str) and value in REDACTED_TEXTS


def _first(record: LogRecord, keys: tuple[str, ...]) -> str | None:
    return next((found for key in keys if (found := identifier(record.attributes.get(key)))), None)


def _stamp(record: LogRecord) -> str:
    return record.time.isoformat() if record.time else ""


def _number(value: Any) -> Any:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _bare(
    record: LogRecord, trace_id: str, span_id: str, parent: str | None, attributes: dict[str, Any], name: str
) -> RawSpan:
    return RawSpan(
        trace_id=trace_id,
        span_id=span_id,
        parent_id=parent,
        name=name,
        started_at=None,
        ended_at=None,
        attributes=attributes,
        events=[],
        status_code=STATUS_UNSET,
        status_message="",
        resource=record.resource,
        scope_name=record.scope_name,
        scope_version=record.scope_version,
    )
