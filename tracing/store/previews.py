"""The few words of a trace that a list shows: what was asked and what was answered, out of whatever the SDK sent."""

from contextlib import suppress
from typing import Any

import orjson

from tracing.limits.fitting import clean

PREVIEW_LENGTH = 500
PARSED_LENGTH = 200_000  # a longer text is shown as it begins
# Where frameworks put the words, the most telling first.
PREVIEW_TEXT_KEYS = (
    "content", "text", "message", "messages", "input", "output", "query", "question", "prompt", "answer", "response",
    "result", "args", "kwargs", "value", "parts", "choices", "data",
)  # fmt: skip


def preview(text: str, *, role: str) -> str:
    """At most 500 characters of what was said."""
    words = said(text, role=role, parsed=PARSED_LENGTH)
    return clean(" ".join(words[: PREVIEW_LENGTH * 4].split())[:PREVIEW_LENGTH])


def said(text: str, *, role: str, parsed: int) -> str:
    """The last message with `role` in a conversation, else the first text in JSON, else the text as it is, also when it
    is longer than `parsed` characters."""
    if text[:1] in '[{"n' and len(text) <= parsed:
        with suppress(orjson.JSONDecodeError, RecursionError):
            value = orjson.loads(text)
            return _words(value, role) or (text if value else "")
    return text


def _words(value: Any, role: str, depth: int = 0) -> str:
    if isinstance(value, str):
        return value
    if depth > 8:
        return ""
    if isinstance(value, list):
        said = [item for item in value if isinstance(item, dict) and item.get("role") == role]
        found = (_words(item, role, depth + 1) for item in [*reversed(said), *(value if not said else ())])
        return next((words for words in found if words), "")
    if isinstance(value, dict):
        found = (_words(value[key], role, depth + 1) for key in PREVIEW_TEXT_KEYS if key in value)
        return next((words for words in found if words), "")
    return ""
