"""One text or JSON value in the form in which it reads best: a foldable tree, Markdown, or the words as they are.

Whatever its size, at most BODY_HEAD_CHARACTERS are shown at once, and the rest is said to follow."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import orjson
from django.utils.safestring import SafeString

from tracing.reading import budget, markdown, tree

BODY_HEAD_CHARACTERS = 10_000  # characters shown at once
INDENTED = 100_000  # characters of JSON; more stays on one line: a line for each item may swell it a hundredfold
LATE_NOTE = "Not formatted: this page reached its time limit."
TANGLED = "Not formatted: it nests too deep, or makes too much of too little."
PARSED = 5_000_000  # characters beyond which JSON is not looked into
MAX_JSON_CONTAINERS = 200_000  # lists and objects, which cost a hundred times as much as the characters that open them
# Scripts that belong to one language well enough to choose its letter forms and a voice that reads it aloud.
CJK_SCRIPTS = (
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
class RenderedBody:
    """Something to read: `html` when it has a form of its own, else plain `text`; `following` is where the rest starts,
    None when this is all."""

    text: str = ""
    html: SafeString | None = None
    following: int | None = None
    rest: int = 0  # characters after this piece
    note: str = ""  # what a reader should know of how it is shown

    @property
    def lang(self) -> str:
        """The language that the script gives away; empty when it does not."""
        head = self.text[:ASKED_FOR_SCRIPT]
        return "" if head.isascii() else next((lang for lang, script in CJK_SCRIPTS if script.search(head)), "")


def body_of(value: Any, head: int = BODY_HEAD_CHARACTERS) -> RenderedBody:
    """Any JSON value, or a text that may hold one."""
    if isinstance(value, str):
        return body(value, parsed(value), head)
    return body(indented(value), value, head)


def body(text: str, value: Any, head: int = BODY_HEAD_CHARACTERS) -> RenderedBody:
    """`value` is what `text` parses to, or None."""
    if isinstance(value, str):
        text, value = value, None
    html, note = None, ""
    if isinstance(value, dict | list):
        if tree.is_small(value):
            html, note = _formed(tree.foldable, value)
    elif len(text) <= head and markdown.is_markdown(text):
        html, note = _formed(markdown.rendered, text)
    return (
        RenderedBody(text, html=html) if html is not None else replace(plain(spelled(text, value), 0, head), note=note)
    )


def _formed(form: Callable[[Any], SafeString | None], content: Any) -> tuple[SafeString | None, str]:
    """HTML, or why there is none."""
    try:
        if not budget.has_time():
            return None, LATE_NOTE
        html = form(content)
    except budget.Late:
        return None, LATE_NOTE
    return html, "" if html is not None else TANGLED


def spelled(text: str, value: Any) -> str:
    """The text that a reader is shown piece by piece; `value` is what it parses to, or None."""
    return indented(value, otherwise=text) if isinstance(value, dict | list) else text


def plain(text: str, offset: int, head: int = BODY_HEAD_CHARACTERS) -> RenderedBody:
    end = offset + head
    if end >= len(text):
        return RenderedBody(text[offset:])
    return RenderedBody(text[offset:end], following=end, rest=len(text) - end)


def parsed(text: str) -> Any:
    """What a text that may be JSON says; None when it is none, or too much to be looked into."""
    if text[:1] not in ("[", "{", '"') or len(text) > PARSED or text.count("[") + text.count("{") > MAX_JSON_CONTAINERS:
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def indented(value: Any, *, otherwise: str = "(nested too deep to be shown)") -> str:
    """JSON with a line for each item, on one line if that is long already."""
    try:
        line = orjson.dumps(value)
        return (line if len(line) > INDENTED else orjson.dumps(value, option=orjson.OPT_INDENT_2)).decode()
    except TypeError:  # it nests deeper than orjson writes, though not deeper than it reads
        return otherwise


def words(value: Any) -> str:
    """Stored messages have the documented shape; a text that only looks like one may hold anything."""
    if isinstance(value, str):
        return value
    return "" if value is None else indented(value)
