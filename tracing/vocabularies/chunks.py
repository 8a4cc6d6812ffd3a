"""Joins an answer that was recorded piece by piece, as a model streams it."""

from collections.abc import Sequence
from typing import Any

from tracing.vocabularies.parts import ChatMessage
from tracing.vocabularies.readers import json_value

WORD_KEYS = frozenset({"content", "reasoning"})  # of a message, whose pieces are joined
DELTA_TEXT_KEYS = ("content", "text", "output_text")


def joined_stream(items: Sequence[Any]) -> str | None:
    """Return the words of recorded events of a stream, such as OpenAI's chunks, or None if they are something else."""
    if len(items) < 2 or not isinstance(items[0], dict) or "role" in items[0]:
        return None
    if not all(isinstance(item, dict) for item in items):
        return None
    pieces = [_piece(item) for item in items]
    return "".join(filter(None, pieces)) or None if any(pieces) and _is_stream(items) else None


def is_event_stream(text: str) -> bool:
    """Return whether a text is the body of a stream of events (SSE), as a proxy sees it."""
    return text.startswith(("data:", "event:")) and "\n" in text


def events_of_stream(body: str) -> list[Any] | None:
    """Return the data of the events in the body of a stream, or None if one has something else than JSON."""
    lines = (line[5:].strip() for line in body.splitlines() if line.startswith("data:"))
    events = [json_value(line) for line in lines if line and line != "[DONE]"]
    return events if events and all(isinstance(event, dict) for event in events) else None


def joined_messages(sent: Any, messages: list[ChatMessage]) -> list[ChatMessage]:
    """Return the messages with those that are pieces of one answer joined.

    `sent` is what they were read from: a piece is sent with an empty reason why it finished."""
    if not isinstance(sent, list) or len(sent) != len(messages) or not any(map(_is_unfinished, sent)):
        return messages
    groups: list[list[ChatMessage]] = []
    continues = False
    for item, message in zip(sent, messages, strict=True):
        if continues and groups[-1][0]["role"] == message["role"]:
            groups[-1].append(message)
        else:
            groups.append([message])
        continues = _is_unfinished(item)
    return [group[0] if len(group) == 1 else _whole(group) for group in groups]


def _whole(pieces: Sequence[ChatMessage]) -> ChatMessage:
    """Return the message of which these are pieces."""
    whole: ChatMessage = {}
    for piece in pieces:
        whole |= piece
    for key in whole:
        parts = [piece[key] for piece in pieces if piece.get(key)]
        if all(isinstance(part, str) for part in parts) and key in WORD_KEYS:
            whole[key] = "".join(parts)
        elif all(isinstance(part, list) for part in parts):
            whole[key] = [item for part in parts for item in part]
    return whole


def _is_unfinished(item: Any) -> bool:
    return isinstance(item, dict) and "finish_reason" in item and not item["finish_reason"]


def _is_stream(items: Sequence[dict[str, Any]]) -> bool:
    return all("choices" in item or "delta" in item or "type" in item for item in items)


def _piece(item: dict[str, Any]) -> str:
    """Return the words that an event of a stream adds."""
    choices = item.get("choices")
    holder = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else item
    delta = holder.get("delta")
    if isinstance(delta, dict):
        delta = next((delta[key] for key in DELTA_TEXT_KEYS if isinstance(delta.get(key), str)), "")
    return delta if isinstance(delta, str) else ""
