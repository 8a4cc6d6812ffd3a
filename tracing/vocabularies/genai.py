"""OpenTelemetry's conventions for generative AI: present and older names, messages in attributes and in events."""

from collections.abc import Callable, Mapping
from typing import Any

from tracing.json_text import dump
from tracing.records import Kind, Level
from tracing.vocabularies.chunks import joined_messages
from tracing.vocabularies.genai_usage import GENAI_USAGE_TABLE
from tracing.vocabularies.messages import conversation, dumped, is_telling, json_answered, json_asked
from tracing.vocabularies.one_message import message
from tracing.vocabularies.parts import ChatMessage
from tracing.vocabularies.readers import (
    always,
    identifier,
    json_value,
    mapping,
    one_of,
    seconds,
    text,
)
from tracing.vocabularies.tables import Events, Reader, Together, Vocabulary
from tracing.vocabularies.voice import KIND_BY_VOICE_OPERATION

KIND_BY_OPERATION = {
    **dict.fromkeys(("chat", "completion", "text_completion", "generate_content", "generate"), Kind.GENERATION),
    **dict.fromkeys(("embeddings", "embed"), Kind.EMBEDDING),
    **dict.fromkeys(("invoke_agent", "create_agent"), Kind.AGENT),
    **dict.fromkeys(("invoke_workflow", "agent_step"), Kind.CHAIN),
    "execute_tool": Kind.TOOL,
    "retrieval": Kind.RETRIEVER,
    **KIND_BY_VOICE_OPERATION,
}
INPUT_MESSAGES_KEY, OUTPUT_MESSAGES_KEY, SYSTEM_INSTRUCTIONS_KEY = (
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.system_instructions",
)
DETAILS_EVENT, CHOICE_EVENT = "gen_ai.client.inference.operation.details", "gen_ai.choice"
ROLE_BY_MESSAGE_EVENT = {f"gen_ai.{role}.message": role for role in ("system", "user", "assistant", "tool")}
MESSAGE_EVENTS = frozenset(
    {*ROLE_BY_MESSAGE_EVENT, DETAILS_EVENT, CHOICE_EVENT, "gen_ai.content.prompt", "gen_ai.content.completion"}
)
MESSAGE_KEYS = frozenset({"role", "message", "tool_calls"})


def provider(value: Any) -> str | None:
    """Return the name of a provider: `openai.chat`, `OpenAI` and `openai` are the same."""
    named = identifier(value)
    return named.lower().removeprefix("az.").partition(".")[0] or None if named else None


def instructed(said: Mapping[str, Any]) -> list[ChatMessage] | None:
    """Return the input of a model: its messages, after its instructions unless the messages begin with them."""
    messages = conversation(json_value(said.get(INPUT_MESSAGES_KEY)), "user")
    if messages is None or messages[0]["role"] == "system" or not (instructions := said.get(SYSTEM_INSTRUCTIONS_KEY)):
        return messages
    parts = json_value(instructions)
    lead = message({"role": "system", "content": instructions if parts is None else parts}, "system") or []
    return [*lead, *messages]


def given(said: Mapping[str, Any]) -> str | None:
    """Return the input as JSON. Text that is not a list of messages stays as it was sent."""
    return dumped(instructed(said)) or text(said.get(INPUT_MESSAGES_KEY))


def answered(value: Any) -> str | None:
    """Return the output. Messages without content are ignored: LiteLLM has a tool call elsewhere then."""
    sent = json_value(value)
    messages = conversation(sent, "assistant")
    if messages is None:
        return text(value)
    return dump(joined_messages(sent, messages)) if any(map(is_telling, messages)) else None


def given_by_events(events: Events) -> str | None:
    """Return the input that span events contain."""
    found: list[ChatMessage] = []
    for event in events:
        name, said = event["name"], event["attributes"]
        if name == DETAILS_EVENT and (messages := instructed(said)):
            return dumped(messages)
        if role := ROLE_BY_MESSAGE_EVENT.get(name):
            found += message({"role": role, "content": "", **_opened(said)}, role) or []
        elif name == "gen_ai.content.prompt":
            found += _content(said.get("gen_ai.prompt"), "user")
    return dumped(found)


def answered_by_events(events: Events) -> str | None:
    """Return the output that span events contain."""
    found: list[ChatMessage] = []
    for event in events:
        name, said = event["name"], event["attributes"]
        if name == DETAILS_EVENT and (messages := conversation(json_value(said.get(OUTPUT_MESSAGES_KEY)), "assistant")):
            return dumped(messages)
        if name == CHOICE_EVENT:
            said = _opened(said)
            choice = said.get("message")
            decoded = json_value(choice)
            choice = decoded if isinstance(decoded, dict | list) else choice
            inner = choice if isinstance(choice, dict) else {"content": choice or said.get("content", "")}
            reason = {"finish_reason": said["finish_reason"]} if "finish_reason" in said else {}
            found += message({"role": "assistant", "content": "", **reason, **inner}, "assistant") or []
        elif name == "gen_ai.content.completion":
            found += _content(said.get("gen_ai.completion"), "assistant")
    spoken = [event for event in events if event["name"] in ROLE_BY_MESSAGE_EVENT]
    if not found and spoken and ROLE_BY_MESSAGE_EVENT[spoken[-1]["name"]] == "assistant":  # Azure's have no choice
        found = message({"role": "assistant", "content": "", **_opened(spoken[-1]["attributes"])}, "assistant") or []
    return dumped(found) if any(map(is_telling, found)) else None


def _opened(said: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what an event says. Some have a whole message, as JSON, in the place of its content."""
    content = said.get("content", said.get("gen_ai.event.content"))  # Azure's
    inner = mapping(content) if isinstance(content, str) else None
    if inner is None or inner.keys().isdisjoint(MESSAGE_KEYS):
        return said
    rest = {key: value for key, value in said.items() if key not in ("content", "gen_ai.event.content")}
    return {**rest, **inner}


def _content(value: Any, role: str) -> list[ChatMessage]:
    if value in (None, ""):
        return []
    return conversation(json_value(value), role) or [{"role": role, "content": text(value)}]


def events_as_json(read: Callable[[Events], str | None], otherwise: Reader) -> Reader:
    """Return a reader of the same events in one attribute, as pydantic-ai and Logfire used to send them."""

    def read_attribute(value: Any) -> str | None:
        items = json_value(value)
        if not isinstance(items, list) or not all(isinstance(item, dict) and "event.name" in item for item in items):
            other: str | None = otherwise(value)
            return other
        return read([{"name": item["event.name"], "attributes": item} for item in items])

    return read_attribute


def first_chunk(events: Events) -> Any:
    """Return the time of the first token.

    Streams mark it (OpenInference), or each chunk (OpenLLMetry), with an event."""
    return next((event["time"] for event in events if event["name"] in FIRST_TOKEN_EVENTS and event["time"]), None)


FIRST_TOKEN_EVENTS = frozenset(
    {"First Token Stream Event", "gen_ai.content.completion.chunk", "llm.content.completion.chunk"}
)
GIVEN = Together(given)
MODEL_PARAMETERS = Together(dict)
GENAI = Vocabulary(
    title="OpenTelemetry GenAI",
    table={
        "claims.session_id": {"gen_ai.conversation.id": identifier},
        "claims.user_id": {"enduser.id": identifier},
        "name": {"gen_ai.tool.name": identifier},
        "kind": {
            "gen_ai.operation.name": one_of(KIND_BY_OPERATION),
            "gen_ai.tool.name": always(Kind.TOOL),
            "gen_ai.tool.call.id": always(Kind.TOOL),
        },
        "model": {"gen_ai.response.model": identifier, "gen_ai.request.model": identifier},
        "provider": {"gen_ai.provider.name": provider, "gen_ai.system": provider},
        "response_id": {"gen_ai.response.id": identifier},
        "model_parameters": {"gen_ai.request.*": MODEL_PARAMETERS},
        "completion_started_at": {
            "gen_ai.response.time_to_first_chunk": seconds,
            "gen_ai.server.time_to_first_token": seconds,
        },
        **GENAI_USAGE_TABLE,
        "failure": {"error.message": identifier, "error.type": identifier},
        "level": {"gen_ai.tool.status": one_of({"error": Level.ERROR, "failed": Level.ERROR})},
        "input": {
            INPUT_MESSAGES_KEY: GIVEN,
            SYSTEM_INSTRUCTIONS_KEY: GIVEN,
            "gen_ai.tool.call.arguments": json_asked,
            "gen_ai.retrieval.query.text": text,
            "gen_ai.prompt": json_asked,
            "gen_ai.request.messages": json_asked,
        },
        "output": {
            OUTPUT_MESSAGES_KEY: answered,
            "gen_ai.tool.call.result": json_answered,
            "gen_ai.retrieval.documents": json_answered,
            "gen_ai.completion": json_answered,
            "gen_ai.response.messages": json_answered,
            "gen_ai.response.text": json_answered,
        },
    },
    events={"input": given_by_events, "output": answered_by_events, "completion_started_at": first_chunk},
)
