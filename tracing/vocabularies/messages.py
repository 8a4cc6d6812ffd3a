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

from collections.abc import Iterable, Mapping
from typing import Any

from tracing.json_text import dump
from tracing.vocabularies.parts import ChatMessage, Draft, first_text
from tracing.vocabularies.readers import json_value, text
from tracing.vocabularies.tables import Excerpt, Reader

ROLE_BY_SPEAKER = {
    "human": "user",
    "ai": "assistant",
    "model": "assistant",
    "bot": "assistant",
    "developer": "system",
    "function": "tool",
    "generic": "user",
    "chat": "user",
    "HumanMessage": "user",
    "AIMessage": "assistant",
    "SystemMessage": "system",
    "ToolMessage": "tool",
    "HumanMessageChunk": "user",
    "AIMessageChunk": "assistant",
    "FunctionMessage": "tool",
    "ChatMessage": "user",
}
KNOWN_ROLES = frozenset({"system", "user", "assistant", "tool", *ROLE_BY_SPEAKER})
CONTENT_KEYS = frozenset({"content", "parts", "contents", "tool_calls", "text", "function_call", "reasoning", "media"})
EMPTY_VALUES: tuple[Any, ...] = (None, "", [], {})
PLAIN_KEYS = frozenset({"role", "content", "parts", "name"})
READ_KEYS = CONTENT_KEYS | {
    *("role", "type", "name", "finish_reason", "media", "refusal", "tool_call_id", "toolCallId", "event.name"),
    *("reasoning_content", "thinking", "function_call_name", "function_call_arguments_json", "message"),
}
# Items of OpenAI's Responses API that have no role.
ITEM_ROLES = {
    **dict.fromkeys(("function_call", "custom_tool_call", "reasoning", "web_search_call"), "assistant"),
    **dict.fromkeys(("file_search_call", "code_interpreter_call", "mcp_call"), "assistant"),
    **dict.fromkeys(("function_call_output", "custom_tool_call_output"), "tool"),
}
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
)
INSTRUCTION_KEYS = ("system", "instructions", "system_instruction", "systemInstruction")
MESSAGE_MARKS = ('"role"', '"model"', '"parts"', '"messages"', '"type"', '"prompt"', '"lc"', '"choices"')


def normalised(value: str | None, role: str) -> str | None:
    """Return `value` with its messages in our shape if it is a conversation.

    `role` is for messages without a role."""
    if not value or value[0] not in "[{" or not any(mark in value for mark in MESSAGE_MARKS):
        return value
    try:
        decoded = json_value(value)
        messages = conversation(decoded, role)
        if not messages:
            return value
        is_whole = isinstance(decoded, list) or "role" in decoded
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
    if not isinstance(value, dict) or depth > 3:
        return None
    if (single := message(value, role)) is not None:
        return single
    if isinstance(answer := value.get("raw"), str) and "pydantic" in value:  # CrewAI's outputs hold far more
        return [{"role": "assistant", "content": answer}]
    for container in MESSAGE_CONTAINER_KEYS:
        inner = value.get(container)
        if isinstance(inner, str) and container in ("input", "prompt") and "model" in value:
            inner = [{"role": "user", "content": inner}]
        if found := conversation(inner, role, depth + 1):
            return [*_instructions(value), *found]
    return None


def _list(items: list[Any], role: str, depth: int) -> list[ChatMessage] | None:
    if len(items) == 1 and isinstance(items[0], list) and depth < 3:  # LangChain's batches of one
        return conversation(items[0], role, depth + 1)
    found: list[ChatMessage] = []
    for item in items:
        if (messages := message(item, role)) is None:
            return None
        found += messages
    return found or None


def _instructions(request: Mapping[str, Any]) -> list[ChatMessage]:
    for key in INSTRUCTION_KEYS:
        if said := request.get(key):
            draft = Draft("system")
            draft.add(said.get("parts", said) if isinstance(said, dict) else said)
            return draft.messages()
    return []


def message(value: Any, role: str) -> list[ChatMessage] | None:
    """Return one message in any known spelling.

    The result usually has one message of ours, and more if the message also carries results of tools."""
    if (plain := _plain(value)) is not None:
        return [plain]
    value = _unwrapped(value)
    if value is None:
        return None
    kind = str(value.get("type") or "")
    named = value.get("role")
    if isinstance(named, str) and named:
        strange = named not in KNOWN_ROLES and named.lower() not in KNOWN_ROLES
        if CONTENT_KEYS.isdisjoint(value) or (strange and not value.keys() <= PLAIN_KEYS):
            return None  # something else with roles, such as a list of people
    else:
        named = ITEM_ROLES.get(kind) or (kind if kind in KNOWN_ROLES and "content" in value else None)
        named = named or (role if kind in ("", "message") and "text" in value and "index" in value else None)
        if named is None:
            return None
    draft = Draft(ROLE_BY_SPEAKER.get(named, ROLE_BY_SPEAKER.get(named.lower(), named.lower())))
    _fill(draft, value, kind)
    return draft.messages()


def _plain(value: Any) -> ChatMessage | None:
    """Return the most common kind of message quickly, or None for other kinds."""
    if not isinstance(value, dict) or len(value) != 2:
        return None
    role, content = value.get("role"), value.get("content")
    if not isinstance(role, str) or not isinstance(content, str) or role not in KNOWN_ROLES:
        return None
    return {"role": ROLE_BY_SPEAKER.get(role, role), "content": content}


def _unwrapped(value: Any) -> dict[str, Any] | None:
    """Return a message without the wrapping of some libraries."""
    if isinstance(value, list | tuple) and len(value) == 2 and all(isinstance(item, str) for item in value):
        return {"role": value[0], "content": value[1]} if value[0] in KNOWN_ROLES else None
    if not isinstance(value, dict):
        return None
    for wrapper in ("message", "delta"):  # a choice; OpenInference's flattened messages
        if isinstance(value.get(wrapper), dict) and "role" not in value:
            reason = {key: value[key] for key in ("finish_reason",) if key in value}
            return _unwrapped({**reason, **value[wrapper]})
    if isinstance(value.get("kwargs"), dict) and isinstance(value.get("id"), list) and value["id"]:  # LangChain
        return {**value["kwargs"], "type": str(value["id"][-1])}
    if isinstance(value.get("data"), dict) and str(value.get("type")) in KNOWN_ROLES:
        return {**value["data"], "type": value["type"]}
    content = value.get("content")
    if isinstance(content, dict) and "role" not in value and ("parts" in content or "role" in content):  # Gemini
        return {"role": "assistant", "finish_reason": value.get("finishReason"), **content}
    if isinstance(event := value.get("event.name"), str) and "role" not in value:  # pydantic-ai's events
        return {**value, "role": event.removeprefix("gen_ai.").removesuffix(".message")}
    return value


def _fill(draft: Draft, value: Mapping[str, Any], kind: str) -> None:
    own = draft.message
    if kind in ITEM_ROLES:
        draft.add(dict(value))
        return
    content = next((value[key] for key in ("parts", "contents", "content", "text") if value.get(key) is not None), None)
    if own["role"] == "tool" and isinstance(content, dict):
        content = dump(content)
    draft.add(content)
    for call in _calls(value):
        draft.add_call(call)
    for key in ("reasoning", "reasoning_content", "thinking"):
        if isinstance(value.get(key), str):
            draft.add_reasoning({"text": value[key]})
    if draft.says_nothing() and isinstance(value.get("refusal"), str):
        draft.add(value["refusal"])
    if isinstance(media := value.get("media"), list) and media:
        own["media"] = [*own.get("media", ()), *media]
    if own["role"] == "tool" and (call_id := first_text(dict(value), ("tool_call_id", "toolCallId", "id"))):
        own["tool_call_id"] = call_id
    for key in ("name", "finish_reason"):
        if isinstance(value.get(key), str) and value[key]:
            own[key] = value[key]
    read = READ_KEYS | {"id"} if own["role"] == "tool" else READ_KEYS
    extras = ((key, extra) for key, extra in value.items() if key not in read and extra not in EMPTY_VALUES)
    own |= {key: extra for key, extra in extras if not key.startswith("gen_ai.")}


def _calls(value: Mapping[str, Any]) -> Iterable[Any]:
    calls = value.get("tool_calls")
    if isinstance(calls, str):
        calls = json_value(calls)
    if isinstance(calls, list):
        yield from calls
    if isinstance(value.get("function_call"), dict):
        yield value["function_call"]
    if name := value.get("function_call_name"):
        yield {"name": name, "arguments": value.get("function_call_arguments_json")}
