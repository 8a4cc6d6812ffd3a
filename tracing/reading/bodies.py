"""One text or JSON value in the form in which it reads best: a foldable tree, Markdown, or the words as they are.

Whatever its size, at most HEAD characters are shown at once, and the rest is said to follow."""

import re
from dataclasses import dataclass
from typing import Any

import orjson
from django.utils.safestring import SafeString

from tracing.reading import markdown, tree

HEAD = 10_000  # characters shown at once
PARSED = 5_000_000  # characters beyond which JSON is not looked into
# Scripts that belong to one language well enough to choose its letter forms and a voice that reads it aloud.
SCRIPTS = (
    ("ja", re.compile("[\u3041-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("hi", re.compile("[\u0900-\u097f]")),
)
ASKED_FOR_SCRIPT = 200  # characters


@dataclass(frozen=True, slots=True)
class Body:
    """Something to read: `html` when it has a form of its own, else plain `text`; `following` is where the rest starts,
    None when this is all."""

    text: str = ""
    html: SafeString | None = None
    following: int | None = None
    rest: int = 0  # characters after this piece

    @property
    def lang(self) -> str:
        """The language that the script gives away; empty when it does not."""
        head = self.text[:ASKED_FOR_SCRIPT]
        return "" if head.isascii() else next((lang for lang, script in SCRIPTS if script.search(head)), "")


def body_of(value: Any, head: int = HEAD) -> Body:
    """Any JSON value, or a text that may hold one."""
    if isinstance(value, str):
        return body(value, parsed(value), head)
    return body(indented(value), value, head)


def body(text: str, value: Any, head: int = HEAD) -> Body:
    """`value` is what `text` parses to, or None."""
    if isinstance(value, str):
        text, value = value, None
    if isinstance(value, dict | list) and tree.is_small(value):
        return Body(text, html=tree.foldable(value))
    if isinstance(value, dict | list):
        text = indented(value, otherwise=text)
    elif len(text) <= head and markdown.is_markdown(text):
        return Body(text, html=markdown.rendered(text))
    return plain(text, 0, head)


def plain(text: str, offset: int, head: int = HEAD) -> Body:
    end = offset + head
    if end >= len(text):
        return Body(text[offset:])
    return Body(text[offset:end], following=end, rest=len(text) - end)


def parsed(text: str) -> Any:
    """What a text that may be JSON says; None when it is none, or too long to be looked into."""
    if text[:1] not in ("[", "{", '"') or len(text) > PARSED:
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def indented(value: Any, *, otherwise: str = "(nested too deep to be shown)") -> str:
    """JSON with a line for each item."""
    try:
        return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    except TypeError:  # it nests deeper than orjson writes, though not deeper than it reads
        return otherwise


def words(value: Any) -> str:
    """Stored messages have the documented shape; a text that only looks like one may hold anything."""
    if isinstance(value, str):
        return value
    return "" if value is None else indented(value)
