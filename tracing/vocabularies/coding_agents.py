"""Coding agents, such as Claude Code, Codex and Gemini CLI: bare keys beside `span.type`.

They send spans, log records or both. A log record gets the `span.type` of the span that would say the same
(tracing/wire/agent_events.py)."""

from collections.abc import Iterable
from typing import Any

from tracing.records import Kind, Level, RawSpan
from tracing.vocabularies.messages import json_answered, json_asked
from tracing.vocabularies.readers import decimal, flag, identifier, integer, milliseconds, one_of, text
from tracing.vocabularies.tables import Events, Together, Vocabulary

SPAN_TYPE_KEY, PROMPT_TYPE, CALL_TYPE, TOOL_TYPE = "span.type", "interaction", "llm_request", "tool"
AGENT_TYPE, NOTE_TYPE, EXECUTION_TYPE = "agent", "note", "tool.execution"
KIND_BY_SPAN_TYPE = {
    PROMPT_TYPE: Kind.AGENT,
    AGENT_TYPE: Kind.AGENT,
    CALL_TYPE: Kind.GENERATION,
    TOOL_TYPE: Kind.TOOL,
    NOTE_TYPE: Kind.EVENT,
    EXECUTION_TYPE: Kind.SPAN,
    "tool.blocked_on_user": Kind.SPAN,
    "hook": Kind.SPAN,
}
FALLIBLE_TYPES = frozenset({CALL_TYPE, TOOL_TYPE, EXECUTION_TYPE, AGENT_TYPE})
REDACTED_TEXTS = frozenset({"<REDACTED>", "[REDACTED]"})
PROMPT_KEYS = ("user_prompt",)  # beside `prompt`, which is read as anybody's
REQUEST_KEYS = ("request_text", "request_body")
ASKED_OF_TOOL_KEYS = ("tool_input", "function_args", "arguments", "tool_parameters", "full_command", "file_path")
CALL_ANSWER_KEYS = ("response.model_output", "response", "response_text", "response_body")
ANSWERED_BY_TOOL_KEYS = ("tool_output", "function_response", "tool_result")  # beside `output`
TOOL_NAME_KEYS, AGENT_NAME_KEYS = ("tool_name", "function_name"), ("agent.name", "agent_name", "subagent_type")
FAILURE_KEYS = ("error", "error_message", "error_type")
# Anthropic counts what it reads from a cache and writes to it beside the input, the others count it inside.
CACHE_KEYS_BESIDE = {"cached_tokens": "cache_read_tokens", "cache_write_tokens": "cache_creation_tokens"}
USAGE_KEYS = {
    "input_tokens": ("input_tokens", "input_token_count"),
    "output_tokens": ("output_tokens", "output_token_count"),
    "total_tokens": ("total_tokens", "total_token_count"),
    "cached_tokens": ("cached_token_count", "cached_content_token_count", "cached_input_tokens", "cache_read_tokens"),
    "cache_write_tokens": ("cache_creation_tokens",),
    "reasoning_tokens": ("reasoning_token_count", "thoughts_token_count", "reasoning_output_tokens"),
    "input_tool_tokens": ("tool_token_count",),
}
ALL_USAGE_KEYS = tuple(key for keys in USAGE_KEYS.values() for key in keys)


def usage(values: dict[str, Any]) -> dict[str, int] | None:
    """Return the usage of a call. Bare numbers beside no `span.type` are anybody's."""
    if type_of(values) != CALL_TYPE:
        return None
    said = {
        part: tokens
        for part, keys in USAGE_KEYS.items()
        if (tokens := next((n for key in keys if (n := integer(values.get(key))) is not None), None)) is not None
    }
    beside = [integer(values.get(key)) for key in CACHE_KEYS_BESIDE.values()]
    if "input_tokens" in said and "total_tokens" not in said:
        said["input_tokens"] += sum(tokens or 0 for tokens in beside)
    if "total_tokens" not in said:  # Codex has no total, and calls one that of its tools
        said.pop("input_tool_tokens", None)
    return said or None


def type_of(values: dict[str, Any]) -> str:
    """Return the type of the span, or "" if it has none."""
    return identifier(values.get(SPAN_TYPE_KEY)) or ""


def told(values: dict[str, Any], by_type: dict[str, tuple[str, ...]]) -> str | None:
    """Return the first text of the keys that speak for the type of the span. What is redacted says nothing."""
    keys = by_type.get(type_of(values), ())
    return next((said for key in keys if (said := text(values.get(key))) and said not in REDACTED_TEXTS), None)


def asked_of_agent(values: dict[str, Any]) -> str | None:
    """Return the input: of the user, of a model or of a tool."""
    keys = {PROMPT_TYPE: PROMPT_KEYS, CALL_TYPE: REQUEST_KEYS, TOOL_TYPE: ASKED_OF_TOOL_KEYS}
    read: str | None = json_asked(told(values, keys))
    return read


def answered_by_agent(values: dict[str, Any]) -> str | None:
    """Return the output: of a model or of a tool."""
    read: str | None = json_answered(told(values, {CALL_TYPE: CALL_ANSWER_KEYS, TOOL_TYPE: ANSWERED_BY_TOOL_KEYS}))
    return read


def answered_in_events(events: Events) -> str | None:
    """Return what a tool answered, which Claude Code says in an event."""
    outputs = (event["attributes"] for event in events if event["name"] == "tool.output")
    said = (text(output.get(key)) for output in outputs for key in ("content", "output"))
    read: str | None = json_answered(next(filter(None, said), None))
    return read


def name(values: dict[str, Any]) -> str | None:
    """Return the name of a tool or of a sub-agent."""
    return identifier(told(values, {TOOL_TYPE: TOOL_NAME_KEYS, AGENT_TYPE: AGENT_NAME_KEYS}))


def level(values: dict[str, Any]) -> Level | None:
    """Return ERROR for what did not succeed."""
    has_failed = flag(values.get("success")) is False and type_of(values) in FALLIBLE_TYPES
    return Level.ERROR if has_failed else None


def tools_with_failures(spans: Iterable[RawSpan]) -> None:
    """Mark tools whose execution failed. Claude Code says so only on a span inside of that of the tool."""
    failed = {
        (span.trace_id, span.parent_id): span.attributes
        for span in spans
        if span.attributes.get(SPAN_TYPE_KEY) == EXECUTION_TYPE and flag(span.attributes.get("success")) is False
    }
    if not failed:
        return
    for span in spans:
        if span.attributes.get(SPAN_TYPE_KEY) == TOOL_TYPE and (span.trace_id, span.span_id) in failed:
            why = failed[span.trace_id, span.span_id]
            span.attributes = {key: why[key] for key in ("success", *FAILURE_KEYS) if key in why} | span.attributes


NAME, LEVEL, USAGE = Together(name), Together(level), Together(usage)
ASKED_OF_AGENT, ANSWERED_BY_AGENT = Together(asked_of_agent), Together(answered_by_agent)
CODING_AGENTS = Vocabulary(
    title="Claude Code, Codex, Gemini CLI",
    table={
        "name": dict.fromkeys((SPAN_TYPE_KEY, *TOOL_NAME_KEYS, *AGENT_NAME_KEYS), NAME),
        "kind": {SPAN_TYPE_KEY: one_of(KIND_BY_SPAN_TYPE)},
        "level": dict.fromkeys((SPAN_TYPE_KEY, "success"), LEVEL),
        "failure": dict.fromkeys(FAILURE_KEYS, identifier),
        "response_id": {"request_id": identifier},
        "likely_user_id": dict.fromkeys(("user.email", "user.account_uuid", "user.account_id"), identifier),
        "completion_started_at": {"ttft_ms": milliseconds},
        "usage": dict.fromkeys((SPAN_TYPE_KEY, *ALL_USAGE_KEYS), USAGE),
        "total_cost": {"cost_usd": decimal},
        "input": dict.fromkeys((SPAN_TYPE_KEY, *PROMPT_KEYS, *REQUEST_KEYS, *ASKED_OF_TOOL_KEYS), ASKED_OF_AGENT),
        "output": dict.fromkeys((SPAN_TYPE_KEY, *CALL_ANSWER_KEYS, *ANSWERED_BY_TOOL_KEYS), ANSWERED_BY_AGENT),
    },
    events={"output": answered_in_events},
)
