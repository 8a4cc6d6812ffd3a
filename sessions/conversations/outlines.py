"""Conversations for readers with little room: an estimate of what a text takes, and outlines of what does not fit."""

from collections.abc import Sequence
from typing import Any

from tracing.json_text import dump

BYTES_PER_TOKEN = 4  # of UTF-8: near the truth for prose in most languages, and too much for few


def estimate_tokens(value: Any) -> int:
    """Return about how many tokens a value takes as JSON in a model's context."""
    return -(-len(dump(value).encode()) // BYTES_PER_TOKEN)


def outline_of(messages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return who says how much, message by message, without what is said."""
    return [
        {
            "role": str(message.get("role", "")),
            "characters": _length(message.get("content")),
            "tools": [name for call in _calls(message) if (name := _name_of(call))],
        }
        for message in messages
    ]


def _length(content: Any) -> int:
    return len(content) if isinstance(content, str) else 0 if content is None else len(dump(content))


def _calls(message: dict[str, Any]) -> list[Any]:
    calls = message.get("tool_calls")
    return calls if isinstance(calls, list) else []


def _name_of(call: Any) -> str:
    """Return the name of the tool of a call, or nothing for one that says none."""
    told = call.get("function") if isinstance(call, dict) and isinstance(call.get("function"), dict) else call
    name = told.get("name") if isinstance(told, dict) else None
    return name if isinstance(name, str) else ""
