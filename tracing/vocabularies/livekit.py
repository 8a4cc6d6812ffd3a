"""LiveKit Agents: what was heard and said in a call; model calls carry GenAI attributes beside these."""

from typing import Any

from tracing.json_text import dump
from tracing.records import Kind
from tracing.vocabularies.messages import conversation, dumped, json_answered, json_asked
from tracing.vocabularies.readers import always, identifier, json_value, seconds, text
from tracing.vocabularies.tables import Excerpt, Together, Vocabulary

TOOL = "lk.function_tool."


def context(value: Any) -> str | None:
    """A chat context is `{"items": [...]}`; its items are messages, calls and answers."""
    decoded = json_value(value)
    items = decoded.get("items") if isinstance(decoded, dict) else decoded
    messages = conversation(items, "user")
    return Excerpt(dump(messages)) if messages else text(value)


def response(values: dict[str, Any]) -> str | None:
    words, calls = values.get("lk.response.text"), json_value(values.get("lk.response.function_calls"))
    if not isinstance(calls, list) or not calls:
        return text(words)
    return dumped(conversation({"role": "assistant", "content": text(words) or "", "tool_calls": calls}, "assistant"))


RESPONSE = Together(response)
LIVEKIT = Vocabulary(
    title="LiveKit Agents",
    table={
        "name": {TOOL + "name": identifier},
        "kind": {TOOL + "name": always(Kind.TOOL)},
        "completion_started_at": {"lk.response.ttft": seconds},
        "input": {
            "lk.chat_ctx": context,
            TOOL + "arguments": json_asked,
            "lk.user_input": text,
            "lk.user_transcript": text,
            "lk.input_text": text,
        },
        "output": {
            "lk.response.text": RESPONSE,
            "lk.response.function_calls": RESPONSE,
            TOOL + "output": json_answered,
        },
    },
)
