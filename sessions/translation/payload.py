"""Finds the parts of a stored text that are language.

These are a whole text, the contents of chat messages, or sentences in other JSON. Roles, names, ids, keys, tools and
their arguments are no parts, so that nothing can change them."""

import copy
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tracing.json_text import dump
from tracing.reading.bodies import parsed
from tracing.reading.messages import content_of
from tracing.reading.sayings import is_conversation, saying
from tracing.reading.texts import last_turn
from tracing.vocabularies.speech import Path, speaking, text_at

MAX_PAYLOAD_DEPTH = 20
KEYS_KEPT = frozenset({
    "id", "ids", "uuid", "url", "uri", "href", "link", "path", "file", "filename", "type", "kind", "role", "model",
    "status", "state", "code", "key", "token", "hash", "name", "slug", "locale", "lang", "language", "currency", "date",
    "time", "timestamp", "created_at", "updated_at", "email", "phone", "version", "format", "mime_type", "schema",
    "function", "tool", "arguments", "finish_reason", "query", "sql", "html", "css", "regex",
})  # fmt: skip
KEY_ENDS = ("_id", "_ids", "_url", "_at", "_key", "_token", "_code", "_type", "Id", "Url")
PROSE = re.compile(r"[^\W\d_]{2}[,.;:!?]?\s+\S")  # two words at least
LOOKS_LIKE_JSON = re.compile(r"\s*(?:\{\s*[\"}]|\[\s*[\[{\"\d\]])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A stored text, taken apart: `leaves` are its language, `paths` their places in `value`."""

    text: str
    value: Any
    paths: tuple[Path, ...]
    leaves: tuple[str, ...]

    def with_leaves(self, leaves: Sequence[str]) -> str:
        """Return the text with other leaves, or the same text if the leaves are the same."""
        if tuple(leaves) == self.leaves:
            return self.text
        if self.value is None:
            return leaves[0]
        value = copy.deepcopy(self.value)
        for path, leaf in zip(self.paths, leaves, strict=True):
            if not path:
                value = leaf
                continue
            holder = value
            for step in path[:-1]:
                holder = holder[step]
            holder[path[-1]] = leaf
        return dump(value)


def document_of(text: str, *, tool_results: bool = False) -> Document:
    """Take a text apart.

    Of a conversation, only the last turn counts: earlier messages belong to earlier traces."""
    said = saying(text)
    if isinstance(said.sent, str):  # a printed object: its sentence takes the place of all of it
        return Document(text=text, value=None, paths=((),), leaves=(said.words,))
    value = said.value if said.sent is None else said.sent
    if value is None or isinstance(value, int | float):
        is_broken = LOOKS_LIKE_JSON.match(text) is not None  # such as a text that was cut when it was stored
        return Document(text=text, value=None, paths=() if is_broken else ((),), leaves=() if is_broken else (text,))
    if isinstance(value, str):
        found: list[tuple[Path, str]] = [((), value)]
    elif is_conversation(value):
        found = list(_conversation(value, tool_results=tool_results))
    else:
        found = [(path, text_at(value, path)) for path in speaking(value)] or list(_sentences(value, (), 0))
    return Document(
        text=text, value=value, paths=tuple(path for path, _ in found), leaves=tuple(leaf for _, leaf in found)
    )


def _conversation(messages: list[dict[str, Any]], *, tool_results: bool) -> Iterator[tuple[Path, str]]:
    for index in range(_first(messages), len(messages)):
        message = messages[index]
        if message["role"] == "tool" and not tool_results:
            continue
        yield from _content(message, (index, "content"))
        if isinstance(reasoning := message.get("reasoning"), str) and reasoning:
            yield (index, "reasoning"), reasoning


def _first(messages: list[dict[str, Any]]) -> int:
    """Return the index of the first message to translate: the same that the page shows first."""
    first = last_turn(messages)
    return 0 if first == 1 and messages[0]["role"] == "system" else first


def _content(message: dict[str, Any], path: Path) -> Iterator[tuple[Path, str]]:
    content = message.get("content")
    if isinstance(content, str) and (said := content_of(message)).sent is not None:
        yield path, said.words
    elif isinstance(content, str) and content and parsed(content) is None and not LOOKS_LIKE_JSON.match(content):
        yield path, content
    elif isinstance(content, list):
        for index, part in enumerate(content):
            if isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str):
                yield (*path, index, "text"), part["text"]


def _sentences(value: Any, path: Path, depth: int) -> Iterator[tuple[Path, str]]:
    """Yield JSON values that read like language: several words, below a key that is not technical."""
    if depth > MAX_PAYLOAD_DEPTH:
        return
    if isinstance(value, dict):
        for key, item in value.items():
            if key.lower() not in KEYS_KEPT and not key.endswith(KEY_ENDS):
                yield from _sentences(item, (*path, key), depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _sentences(item, (*path, index), depth + 1)
    elif isinstance(value, str) and PROSE.search(value) and not LOOKS_LIKE_JSON.match(value):
        yield path, value
