"""Renders one text or JSON value in its most readable form: a foldable tree, Markdown, or plain words.

At most BODY_HEAD_CHARACTERS are shown at a time, and the page says that more follows."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import orjson
from django.utils.safestring import SafeString

from tracing.reading import budget, markdown, tree

BODY_HEAD_CHARACTERS = 10_000  # shown at a time
MAX_INDENTED_CHARACTERS = 100_000  # longer JSON stays on one line: one line per item may swell it a hundredfold
LATE_NOTE = "Not formatted: this page reached its time limit."
TANGLED_NOTE = "Not formatted: it is nested too deeply, or its HTML would be too large."
MAX_PARSED_CHARACTERS = 5_000_000  # of JSON
MAX_JSON_CONTAINERS = 200_000  # lists and objects need a hundred times the memory of their text
# Scripts that belong to one language, which then decides about letter forms and the voice of a screen reader.
CJK_SCRIPTS = (
    ("ja", re.compile("[\u3041-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("hi", re.compile("[\u0900-\u097f]")),
)
SCRIPT_SAMPLE_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class RenderedBody:
    """Something to read: `html` if there is a special form, and otherwise plain `text`.

    `following` is where the rest begins, or None if this is all."""

    text: str = ""
    html: SafeString | None = None
    following: int | None = None
    rest: int = 0  # characters after this piece
    note: str = ""  # a remark for the reader on how it is shown

    @property
    def lang(self) -> str:
        """Return the language that the script belongs to, or "" if it belongs to several."""
        head = self.text[:SCRIPT_SAMPLE_CHARACTERS]
        return "" if head.isascii() else next((lang for lang, script in CJK_SCRIPTS if script.search(head)), "")


def body_of(value: Any, head: int = BODY_HEAD_CHARACTERS) -> RenderedBody:
    """Return the body of a JSON value, or of a text that may contain one."""
    if isinstance(value, str):
        return body(value, parsed(value), head)
    return body(indented(value), value, head)


def body(text: str, value: Any, head: int = BODY_HEAD_CHARACTERS) -> RenderedBody:
    """Return the body of a text. `value` is what it parses to, or None."""
    if isinstance(value, str):
        text, value = value, None
    html, note = None, ""
    if isinstance(value, dict | list):
        if tree.is_small(value):
            html, note = _formed(tree.foldable, value)
    elif len(text) <= head and markdown.is_formatted(text):
        html, note = _formed(markdown.rendered, text)
    return (
        RenderedBody(text, html=html) if html is not None else replace(plain(spelled(text, value), 0, head), note=note)
    )


def _formed(form: Callable[[Any], SafeString | None], content: Any) -> tuple[SafeString | None, str]:
    """Return the HTML, or an empty value and the reason why there is none."""
    try:
        if not budget.has_time():
            return None, LATE_NOTE
        html = form(content)
    except budget.Late:
        return None, LATE_NOTE
    return html, "" if html is not None else TANGLED_NOTE


def spelled(text: str, value: Any) -> str:
    """Return the text that is shown piece by piece. `value` is what it parses to, or None."""
    return indented(value, otherwise=text) if isinstance(value, dict | list) else text


def plain(text: str, offset: int, head: int = BODY_HEAD_CHARACTERS) -> RenderedBody:
    """Return the plain text from `offset` on."""
    end = offset + head
    if end >= len(text):
        return RenderedBody(text[offset:])
    return RenderedBody(text[offset:end], following=end, rest=len(text) - end)


def parsed(text: str) -> Any:
    """Return the JSON value in a text, or None if the text is not JSON or too large to parse."""
    if text[:1] not in ("[", "{", '"') or len(text) > MAX_PARSED_CHARACTERS:
        return None
    if text.count("[") + text.count("{") > MAX_JSON_CONTAINERS:
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def indented(value: Any, *, otherwise: str = "(nested too deeply to be shown)") -> str:
    """Return JSON with one line for each item, or all on one line if it is long."""
    try:
        line = orjson.dumps(value)
        is_long = len(line) > MAX_INDENTED_CHARACTERS
        return (line if is_long else orjson.dumps(value, option=orjson.OPT_INDENT_2)).decode()
    except TypeError:  # orjson reads deeper values than it writes
        return otherwise


def words(value: Any) -> str:
    """Return the text of a value. A stored message should have text, but one that only looks like it may not."""
    if isinstance(value, str):
        return value
    return "" if value is None else indented(value)
