"""LiveKit Agents: what was heard and said in a call. Model calls also have GenAI attributes."""

from typing import Any

from tracing.json_text import dump
from tracing.records import Kind
from tracing.vocabularies.messages import conversation, dumped, json_answered, json_asked
from tracing.vocabularies.readers import always, identifier, json_value, seconds, text
from tracing.vocabularies.tables import Excerpt, Together, Vocabulary

TOOL_PREFIX = "lk.function_tool."


def context(value: Any) -> str | None:
    """Return the messages of a chat context `{"items": [...]}`, whose items are messages, calls and results."""
    decoded = json_value(value)
    items = decoded.get("items") if isinstance(decoded, dict) else decoded
    messages = conversation(items, "user")
    return Excerpt(dump(messages)) if messages else text(value)


def response(values: dict[str, Any]) -> str | None:
    """Return the text of a response, or a message if it has calls."""
    words, calls = values.get("lk.response.text"), json_value(values.get("lk.response.function_calls"))
    if not isinstance(calls, list) or not calls:
        return text(words)
    return dumped(conversation({"role": "assistant", "content": text(words) or "", "tool_calls": calls}, "assistant"))


RESPONSE = Together(response)
LIVEKIT = Vocabulary(
    title="LiveKit Agents",
    table={
        "name": {TOOL_PREFIX + "name": identifier},
        "kind": {
            TOOL_PREFIX + "name": always(Kind.TOOL),
            "lk.input_text": always(Kind.SPEECH),
            "lk.user_transcript": always(Kind.TRANSCRIPTION),
        },
        "completion_started_at": {"lk.response.ttft": seconds},
        "input": {
            "lk.chat_ctx": context,
            TOOL_PREFIX + "arguments": json_asked,
            "lk.user_input": text,
            "lk.user_transcript": text,
            "lk.input_text": text,
        },
        "output": {
            "lk.response.text": RESPONSE,
            "lk.response.function_calls": RESPONSE,
            TOOL_PREFIX + "output": json_answered,
        },
    },
)
