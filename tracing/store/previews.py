"""Previews of a trace for lists: the question and the answer in a few words, from whatever the SDK sent."""

from contextlib import suppress
from typing import Any

import orjson

from tracing.limits.fitting import clean

PREVIEW_LENGTH = 500  # characters
PARSED_LENGTH = 200_000  # characters; of a longer text, the preview is its beginning
# Keys under which frameworks put text, best first.
PREVIEW_TEXT_KEYS = (
    "content", "text", "message", "messages", "input", "output", "query", "question", "prompt", "answer", "response",
    "result", "args", "kwargs", "value", "parts", "choices", "data",
)  # fmt: skip


def preview(text: str, *, role: str) -> str:
    """Return at most PREVIEW_LENGTH characters of what `role` said."""
    words = spoken_text(text, role=role, parsed=PARSED_LENGTH)
    return clean(" ".join(words[: PREVIEW_LENGTH * 4].split())[:PREVIEW_LENGTH])


def spoken_text(text: str, *, role: str, parsed: int) -> str:
    """Return the last message of `role`, or the first text in JSON, or the text itself.

    A text of more than `parsed` characters is not parsed."""
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
