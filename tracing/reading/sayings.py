"""Finds what a stored text says, for whatever shows, exports or searches it: JSON around one sentence is that sentence.

Characters that an SDK escaped once too often, `\\u4f60\\u597d`, are shown as themselves.

What was sent stays beside it (tracing/vocabularies/speech.py has the rule)."""

from typing import Any, NamedTuple

from tracing.reading.bodies import RenderedBody, body, body_of, parsed
from tracing.vocabularies.printed import is_printed, unprinted
from tracing.vocabularies.speech import mended, sentence


class SpokenWords(NamedTuple):
    """The words of a text, what they parse to, and the text or value that was sent if it holds more than the words."""

    words: str
    value: Any = None
    sent: Any = None


def saying(text: str) -> SpokenWords:
    """Return what a text says: the text itself, or the one sentence of an object or list."""
    value = parsed(text)
    if is_conversation(value):
        return SpokenWords(text, value)
    sent: Any = value
    if isinstance(value, dict | list):
        words = sentence(value)
    else:
        sent = text
        words = sentence(unprinted(text)) if value is None and is_printed(text) else None
        words = mended(text) if words is None and "\\u" in text and value is None else words
    if words is None or words == text:
        return SpokenWords(text, value)
    words = mended(words)
    return SpokenWords(words, parsed(words), sent)


def bodies_of(said: SpokenWords, head: int) -> tuple[RenderedBody, RenderedBody | None]:
    """Return the bodies of the words, and of what was sent if that holds more."""
    return body(said.words, said.value, head), None if said.sent is None else body_of(said.sent, head)


def is_conversation(value: Any) -> bool:
    """Return whether a value is a list of chat messages, as vocabularies store them."""
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) and "role" in item for item in value)
