"""Previews of a trace for lists: the question and the answer in a few words, from whatever the SDK sent."""

import json
from contextlib import suppress
from typing import Any

from tracing.limits.fitting import clean
from tracing.vocabularies.speech import MAX_PARSED_CHARACTERS, is_silent, mended, parsed, sentence

PREVIEW_LENGTH = 500  # characters
MAX_PREVIEW_DEPTH = 8
MAX_CALLS_NAMED = 5  # of a message without words
# Keys under which frameworks put text, best first.
PREVIEW_TEXT_KEYS = (
    "content", "text", "message", "messages", "input", "output", "query", "question", "prompt", "answer", "response",
    "result", "args", "kwargs", "value", "parts", "choices", "data",
)  # fmt: skip
MESSAGE_HEADS = ('{"role":"%s","content":"', '{"role": "%s", "content": "')
CUT_ESCAPE_CHARACTERS = 6  # of the longest, `\u4f60`, of which the end may be missing
DECODER = json.JSONDecoder(strict=False)


def preview(text: str, *, role: str) -> str:
    """Return at most PREVIEW_LENGTH characters of what `role` said."""
    words = mended(spoken_text(text, role=role)[: PREVIEW_LENGTH * 12])  # twelve: the longest escape of a character
    return clean(" ".join(words[: PREVIEW_LENGTH * 4].split())[:PREVIEW_LENGTH])


def spoken_text(text: str, *, role: str) -> str:
    """Return the last message of `role`, or what an object says, or the text itself.

    Of a text that is too large to be parsed, or whose end was cut off, it is the last message that can be found."""
    value = parsed(text)
    if value is None:
        found = _last_message(text, role) if text[:1] in ("[", "{") else None
        return "" if text in ("null", "None") else text if found is None else found
    if isinstance(value, dict | list):
        return _words(value, role, 0) or ("" if is_silent(value) or _is_conversation(value) else text)
    return value if isinstance(value, str) else text


def _words(value: Any, role: str, depth: int) -> str:
    if isinstance(value, str):
        return _said(value)
    if depth > MAX_PREVIEW_DEPTH:
        return ""
    if _is_conversation(value):
        said = [item for item in value if item["role"] == role]
        return next((words for item in [*reversed(said), *reversed(value)] if (words := _of_message(item))), "")
    if isinstance(value, dict | list) and (told := sentence(value)):
        return told
    if isinstance(value, list):
        return next((words for item in value if (words := _words(item, role, depth + 1))), "")
    if isinstance(value, dict):
        found = (_words(value[key], role, depth + 1) for key in PREVIEW_TEXT_KEYS if key in value)
        return next((words for words in found if words), "")
    return ""


def _is_conversation(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) and "role" in item for item in value)


def _of_message(item: dict[str, Any]) -> str:
    """Return the words of a message, or the names of the tools that it calls."""
    content = item.get("content")
    words = _said(content) if isinstance(content, str) else sentence(content) or ""
    calls = item.get("tool_calls")
    if words or not isinstance(calls, list):
        return words
    names = (str(call.get("name") or "") for call in calls[:MAX_CALLS_NAMED] if isinstance(call, dict))
    return ", ".join(filter(None, names))


def _said(words: str) -> str:
    """Return the words, or what they say if they are an object, as JSON or printed."""
    value = parsed(words)
    return sentence(value) or words if isinstance(value, dict | list) else words


def _last_message(text: str, role: str) -> str | None:
    """Return the content of the last message of `role`, found from the end, or None if there is none.

    Quotes inside of a text are escaped, so that the head of a message is found nowhere else."""
    heads = [head % role for head in MESSAGE_HEADS]
    place, head = max((text.rfind(head), head) for head in heads)
    if place < 0:
        return None
    start = place + len(head) - 1
    piece = text[start : start + MAX_PARSED_CHARACTERS]
    with suppress(ValueError):
        content, _ = DECODER.raw_decode(piece)
        return _said(content) if isinstance(content, str) else None
    whole = piece[:-CUT_ESCAPE_CHARACTERS] if "\\" in piece[-CUT_ESCAPE_CHARACTERS:] else piece
    with suppress(ValueError):
        content = DECODER.raw_decode(whole + '"')[0]
        return str(content)
    return None
