"""Prepares a stored text for people: as a conversation, a JSON tree, Markdown, or plain words.

A page shows at most BODY_HEAD_CHARACTERS of one text and MESSAGES_PER_PAGE of one conversation, and says where to read
on."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tracing.reading.bodies import BODY_HEAD_CHARACTERS, RenderedBody, body_of, indented, parsed, plain, spelled
from tracing.reading.messages import Message, content_of, messages_of
from tracing.reading.sayings import SpokenWords, bodies_of, is_conversation, saying

__all__ = [
    "BODY_HEAD_CHARACTERS",
    "MESSAGES_PER_PAGE",
    "RenderedBody",
    "Shown",
    "body_of",
    "earlier",
    "indented",
    "is_conversation",
    "piece",
    "shown",
]

MESSAGES_PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class Shown:
    """A stored text: either `messages`, the last ones of a conversation with `earlier` before them, or a `body`."""

    size: int
    messages: list[Message] = field(default_factory=list)
    earlier: int = 0
    body: RenderedBody | None = None
    sent: RenderedBody | None = None  # the whole object of which `body` is what it says
    is_repeated: bool = False  # the earlier messages were shown in a previous turn


def shown(text: str, *, is_said: bool = True) -> Shown:
    """Return the beginning of a text or, of a conversation, its last turn.

    With `is_said`, an object that says one thing is shown as that, otherwise as it was sent."""
    said = saying(text) if is_said else SpokenWords(text, parsed(text))
    if is_conversation(said.value):
        start = last_turn(said.value)
        return Shown(len(text), messages_of(said.value, start, len(said.value)), earlier=start)
    shown_body, sent = bodies_of(said, BODY_HEAD_CHARACTERS)
    return Shown(len(text), body=shown_body, sent=sent)


def earlier(text: str, before: int) -> Shown:
    """Return the page of messages that ends before message `before`."""
    value = parsed(text)
    if not is_conversation(value):
        return Shown(len(text))
    before = min(before, len(value))
    start = max(0, before - MESSAGES_PER_PAGE)
    return Shown(len(text), messages_of(value, start, before), earlier=start)


def piece(text: str, offset: int, message: int | None = None) -> RenderedBody:
    """Return BODY_HEAD_CHARACTERS from `offset` on, of the text itself or of one of its messages."""
    said = saying(text)
    if message is not None:
        value = said.value
        said = content_of(value[message]) if is_conversation(value) and message < len(value) else SpokenWords("")
    return plain(said.words if is_conversation(said.value) else spelled(said.words, said.value), offset)


def last_turn(messages: Sequence[dict[str, Any]]) -> int:
    """Return the index of the first new message: after the assistant's last answer without open calls."""
    for index in range(len(messages) - 2, -1, -1):
        if messages[index]["role"] == "assistant" and not messages[index].get("tool_calls"):
            return max(index + 1, len(messages) - MESSAGES_PER_PAGE)
    first = 1 if len(messages) > 1 and messages[0]["role"] == "system" else 0
    return max(first, len(messages) - MESSAGES_PER_PAGE)
