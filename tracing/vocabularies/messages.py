"""Converts chat messages of every dialect to one shape.

Readers of stored conversations need to know only this:

    [{"role": "user",                                # system, user, assistant, tool
      "content": "text",                             # always present; "" if there are only calls or media
      "reasoning": "text",                           # a model's thoughts before its answer
      "tool_calls": [{"id": "", "name": "", "arguments": {} or "text"}],
      "tool_call_id": "", "name": "",                # of a tool's result
      "media": [{"type": "image", "url": ""}],       # images, audio and files beside the text
      "finish_reason": "stop"}]                      # of an answer

Keys without a value are left out, and other keys of a message are kept. Each result of a tool is a message of its own.
A text that is not a list of messages stays as it was sent. Messages that have this shape already stay unchanged."""

from collections.abc import Mapping
from typing import Any

from tracing.json_text import dump
from tracing.vocabularies.chunks import events_of_stream, is_event_stream, joined_stream
from tracing.vocabularies.one_message import SPEAKER_KEYS, dialogue, message, printed_message
from tracing.vocabularies.parts import ChatMessage, Draft
from tracing.vocabularies.printed import is_printed, unprinted
from tracing.vocabularies.readers import json_value, text
from tracing.vocabularies.speech import PROSE_LIKE, likeness, sentence
from tracing.vocabularies.tables import Excerpt, Reader

MESSAGE_CONTAINER_KEYS = (
    "messages",
    "choices",
    "candidates",
    "generations",
    "contents",
    "output",
    "input",
    "prompt",
    "message",
    "value",
)
INSTRUCTION_KEYS = ("system", "instructions", "system_instruction", "systemInstruction")
MESSAGE_MARKS = (
    *('"role"', '"model"', '"parts"', '"messages"', '"type"', '"prompt"', '"lc"', '"choices"', '"delta"'),
    *("Message(", "\"content='", '"content=\\"'),
    *(f'"{key}"' for key in SPEAKER_KEYS),
)
MAX_CONTAINER_DEPTH = 5
MAX_CONTAINER_FIELDS = 20  # of an object in which a conversation is looked for


def normalised(value: str | None, role: str) -> str | None:
    """Return `value` with its messages in our shape if it is a conversation.

    `role` is for messages without a role."""
    if not value:
        return value
    is_json = value[0] in "[{" and any(map(value.__contains__, MESSAGE_MARKS))
    is_stream = is_event_stream(value)
    if not is_json and not is_stream and not is_printed(value):
        return value
    try:
        decoded = json_value(value) if is_json else events_of_stream(value) if is_stream else None
        is_whole = (isinstance(decoded, list) and not is_stream) or (isinstance(decoded, dict) and "role" in decoded)
        if decoded is None and (decoded := unprinted(value)) is not None:
            messages = conversation(decoded, role) or printed_message(decoded, role)
        else:
            messages = conversation(decoded, role)
        if not messages:
            return value
        return dump(messages) if is_whole else Excerpt(dump(messages))
    except RecursionError:  # no real message is nested that deeply
        return value


def chat(role: str, *, is_json: bool = False) -> Reader:
    """Return a reader of inputs or outputs. `is_json` is for SDKs that encode every text as JSON."""

    def read(value: Any) -> str | None:
        if is_json and isinstance(value, str) and value[:1] == '"':
            decoded = json_value(value)
            value = decoded if isinstance(decoded, str) else value
        return normalised(text(value), role)

    return read


asked, answered = chat("user"), chat("assistant")
json_asked, json_answered = chat("user", is_json=True), chat("assistant", is_json=True)


def dumped(messages: list[ChatMessage] | None) -> str | None:
    """Return messages as JSON, or None if there are none."""
    return dump(messages) if messages else None


def is_telling(message: ChatMessage) -> bool:
    """Return whether a message has any content."""
    return any(message.get(key) for key in ("content", "reasoning", "tool_calls", "media"))


def called_tools(output: str | None) -> list[str] | None:
    """Return the names of tools that a stored output calls, because many applications run tools without a span."""
    if not output or output[0] != "[" or '"tool_calls"' not in output:
        return None
    called = [item.get("tool_calls") for item in json_value(output) or () if isinstance(item, dict)]
    calls = [call for several in called if isinstance(several, list) for call in several if isinstance(call, dict)]
    return sorted({name for call in calls if isinstance(name := call.get("name"), str) and name}) or None


def conversation(value: Any, role: str, depth: int = 0) -> list[ChatMessage] | None:
    """Return the messages of a list, of one message, or of a request or response that contains them.

    Return None for anything else."""
    if isinstance(value, list):
        return _list(value, role, depth)
    if not isinstance(value, dict) or depth > MAX_CONTAINER_DEPTH:
        return None
    if (single := message(value, role)) is not None:
        return single
    if isinstance(answer := value.get("raw"), str) and "pydantic" in value:  # CrewAI's outputs hold far more
        return [{"role": "assistant", "content": answer}]
    for container in MESSAGE_CONTAINER_KEYS:
        if (inner := value.get(container)) is None:
            continue
        if isinstance(inner, str) and container in ("input", "prompt") and "model" in value:
            inner = [{"role": "user", "content": inner}]
        if found := conversation(inner, role, depth + 1):
            return [*_instructions(value), *found]
    return None if "type" in value else _around(value, role, depth)


def _around(value: dict[str, Any], role: str, depth: int) -> list[ChatMessage] | None:
    """Return the conversation in a field of any name, followed by what a text beside it says."""
    if len(value) > MAX_CONTAINER_FIELDS:
        return None
    inside = (conversation(inner, role, depth + 1) for inner in value.values() if isinstance(inner, dict | list))
    found = next((messages for messages in inside if messages), None)
    said = sentence({key: item for key, item in value.items() if isinstance(item, str)}) if found else None
    return [*found, {"role": role, "content": said}] if found and said and likeness(said) == PROSE_LIKE else found


def _list(items: list[Any], role: str, depth: int) -> list[ChatMessage] | None:
    if len(items) == 1 and isinstance(items[0], list) and depth < 3 and message(items[0], role) is None:
        return conversation(items[0], role, depth + 1)  # LangChain's batches of one
    if (streamed := joined_stream(items)) is not None:
        return [{"role": "assistant", "content": streamed}]
    found: list[ChatMessage] = []
    for item in items:
        messages = printed_message(unprinted(item), "user") if isinstance(item, str) else message(item, role)
        if messages is None:
            return dialogue(items)
        found += messages
    return found or None


def _instructions(request: Mapping[str, Any]) -> list[ChatMessage]:
    for key in INSTRUCTION_KEYS:
        if said := request.get(key):
            draft = Draft("system")
            draft.add(said.get("parts", said) if isinstance(said, dict) else said)
            return draft.messages()
    return []
