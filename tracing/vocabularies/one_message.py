"""Reads one chat message in any known spelling, and returns it in the shape that messages.py describes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tracing.json_text import dump
from tracing.vocabularies.parts import ChatMessage, Draft, opened
from tracing.vocabularies.readers import first_text, json_value
from tracing.vocabularies.speech import speaking

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
    "ModelRequest": "user",
    "ModelResponse": "assistant",
}
# Fields that say who speaks, beside `role`, and words for people and machines there.
SPEAKER_KEYS = ("sender", "author", "speaker", "from")
ROLE_BY_SENDER = {
    **dict.fromkeys(("user", "human", "customer", "client", "visitor", "caller", "guest"), "user"),
    **dict.fromkeys(("assistant", "ai", "bot", "model", "gpt", "agent", "chatbot", "operator", "support"), "assistant"),
    "system": "system",
}
KNOWN_ROLES = frozenset({"system", "user", "assistant", "tool", *ROLE_BY_SPEAKER})
CONTENT_KEYS = frozenset(
    {"content", "parts", "contents", "blocks", "tool_calls", "text", "function_call", "reasoning", "media"}
)
SPOKEN_KEYS = frozenset({"content", "parts"})
HOLDERS_OF_CONTENT = ("parts", "contents", "content", "blocks", "text")  # the first one counts
HOLDERS_OF_CALLS = ("tool_calls", "function_call", "function_call_name")
REASONING_KEYS = ("reasoning", "reasoning_content", "thinking")
EMPTY_VALUES: tuple[Any, ...] = (None, "", [], {})
PLAIN_KEYS = frozenset({"role", "content", "parts", "name"})
READ_KEYS = CONTENT_KEYS | {
    *("role", "type", "name", "finish_reason", "media", "refusal", "tool_call_id", "toolCallId", "event.name"),
    *("reasoning_content", "thinking", "function_call_name", "function_call_arguments_json", "message"),
}
KEYS_BESIDE_WORDS = READ_KEYS - {"type"}  # what makes a message more than words
# Items of OpenAI's Responses API that have no role.
ITEM_ROLES = {
    **dict.fromkeys(("function_call", "custom_tool_call", "reasoning", "web_search_call"), "assistant"),
    **dict.fromkeys(("file_search_call", "code_interpreter_call", "mcp_call"), "assistant"),
    **dict.fromkeys(("function_call_output", "custom_tool_call_output"), "tool"),
}


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
        named = ITEM_ROLES.get(kind) or (kind if kind in KNOWN_ROLES and not SPOKEN_KEYS.isdisjoint(value) else None)
        named = named or (role if kind in ("", "message") and "text" in value and "index" in value else None)
        if named is None:
            return None
    draft = Draft(ROLE_BY_SPEAKER.get(named, ROLE_BY_SPEAKER.get(named.lower(), named.lower())))
    _fill(draft, value, kind)
    return draft.messages()


def dialogue(items: Sequence[Any]) -> list[ChatMessage] | None:
    """Return the messages of a transcript, `{"speaker": "customer", "text": "Hello"}`, or None for anything else."""
    first = items[0] if items and isinstance(items[0], dict) else {}
    key = next((key for key in SPEAKER_KEYS if key in first), None)
    found: list[ChatMessage] = []
    for item in items if key else ():
        named = item.get(key) if isinstance(item, dict) else None
        role = ROLE_BY_SENDER.get(named.lower()) if isinstance(named, str) else None
        rest = {name: inner for name, inner in item.items() if name != key} if role else {}
        paths = speaking(rest)
        said = rest.pop(str(paths[0][0])) if len(paths) == 1 == len(paths[0]) else None
        if said is None or not KEYS_BESIDE_WORDS.isdisjoint(rest):
            return None
        found.append({"role": str(role), "content": said, **rest})
    return found or None


def _plain(value: Any) -> ChatMessage | None:
    """Return the most common kind of message quickly, or None for other kinds."""
    if not isinstance(value, dict) or len(value) != 2:
        return None
    role, content = value.get("role"), value.get("content")
    if not isinstance(role, str) or not isinstance(content, str) or role not in KNOWN_ROLES:
        return None
    if content[:1] == "[" and opened(content) is not content:
        return None
    return {"role": ROLE_BY_SPEAKER.get(role, role), "content": content}


def _unwrapped(value: Any) -> dict[str, Any] | None:
    """Return a message without the wrapping of some libraries."""
    if isinstance(value, list | tuple) and len(value) == 2 and all(isinstance(item, str) for item in value):
        return {"role": value[0], "content": value[1]} if value[0] in KNOWN_ROLES else None
    if not isinstance(value, dict):
        return None
    has_role = "role" in value
    for wrapper in () if has_role else ("message", "delta"):  # a choice; OpenInference's flattened messages
        if isinstance(value.get(wrapper), dict):
            reason = {key: value[key] for key in ("finish_reason",) if key in value}
            return _unwrapped({**reason, **value[wrapper]})
    if isinstance(value.get("kwargs"), dict) and isinstance(value.get("id"), list) and value["id"]:  # LangChain
        return {**value["kwargs"], "type": str(value["id"][-1])}
    if isinstance(value.get("data"), dict) and str(value.get("type")) in KNOWN_ROLES:
        return {**value["data"], "type": value["type"]}
    if has_role:
        return value
    content = value.get("content")
    if isinstance(content, dict) and ("parts" in content or "role" in content):  # Gemini
        return {"role": "assistant", "finish_reason": value.get("finishReason"), **content}
    if isinstance(event := value.get("event.name"), str):  # pydantic-ai's events
        return {**value, "role": event.removeprefix("gen_ai.").removesuffix(".message")}
    return value


def _fill(draft: Draft, value: Mapping[str, Any], kind: str) -> None:
    own = draft.message
    if kind in ITEM_ROLES:
        draft.add(dict(value))
        return
    content = None
    for key in HOLDERS_OF_CONTENT:
        if (content := value.get(key)) is not None:
            break
    if own["role"] == "tool" and isinstance(content, dict):
        content = dump(content)
    draft.add(opened(content) if isinstance(content, str) else content)
    for call in () if value.keys().isdisjoint(HOLDERS_OF_CALLS) else _calls(value):
        draft.add_call(call)
    for key in () if value.keys().isdisjoint(REASONING_KEYS) else REASONING_KEYS:
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
    if value.keys() <= READ_KEYS:
        return
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


def printed_message(value: Any, role: str) -> list[ChatMessage] | None:
    """Return the message that Python printed. LangChain prints its fields without its class, and so without its role.

    `role` is for messages whose fields do not tell whose they are."""
    if not isinstance(value, dict):
        return None
    if (known := message(value, role)) is not None or "content" not in value or "type" in value:
        return known
    if value.get("tool_call_id"):
        role = "tool"
    elif value.get("usage_metadata") or value.get("tool_calls") or value.get("response_metadata"):
        role = "assistant"
    return message({**value, "role": role}, role)
