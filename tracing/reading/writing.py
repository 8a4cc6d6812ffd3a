"""Writes HTML from the events of a Markdown parser, with a closed set of tags, limited in size and depth."""

from collections.abc import Iterable
from html import escape
from typing import Any

from tracing.reading import budget
from tracing.reading.code import coloured
from tracing.reading.formulas import Formulas

EVENTS_BETWEEN_CLOCK_LOOKS = 1_000  # the clock is read once per this many events
MAX_TAG_DEPTH = 40  # browsers fail at some hundreds
LINK_SCHEMES = ("http://", "https://", "mailto:")
HEAD_END, CODE_END, LINK_END = "</tr></thead><tbody>", "</code></pre>", "</a>"
TAG_NAMES = {
    "Paragraph": "p", "Item": "li", "BlockQuote": "blockquote", "Emphasis": "em", "Strong": "strong",
    "Strikethrough": "s", "TableRow": "tr", "TableCell": "td",
}  # fmt: skip
TAG_PAIRS = {name: (f"<{tag}>", f"</{tag}>") for name, tag in TAG_NAMES.items()}
TAG_PAIRS |= {"Table": ('<table tabindex="0">', "</tbody></table>"), "TableHead": ("<thead><tr>", HEAD_END)}
VOID_ELEMENTS = {"SoftBreak": "<br>\n", "HardBreak": "<br>\n", "Rule": "<hr>"}
TASK_BOXES = ('<span class="task">☐</span> ', '<span class="task done">☑</span> ')
OPENER = "\ufdd0"  # a code point without a character, in place of every `<`: the parser sees no tag


class Writer:
    """The HTML so far, and the tags that must still be closed."""

    def __init__(self, most: int, formulas: Formulas) -> None:
        self.left = most  # characters, formulas apart
        self.formulas = formulas
        self.pieces: list[str] = []
        self.ends: list[str] = []
        self.language = ""  # of the block of code that is open

    def take(self, event: Any) -> bool:
        """Write one event, and return whether there is room for more."""
        if isinstance(event, str):
            self._write(VOID_ELEMENTS.get(event, ""))
            return self.left >= 0
        for kind, value in event.items():  # there is one
            if kind == "Start":
                self._open(value)
            elif kind == "End":
                self._write(self.ends.pop())
            elif kind == "TaskListMarker":
                self._write(TASK_BOXES[bool(value)])
            elif kind == "Code":
                self._write(f"<code>{escape(self._spelled(value))}</code>")
            elif self.ends and self.ends[-1] == CODE_END:
                self._write(coloured(self._spelled(value), self.language))
            else:
                text = escaped(str(value))
                self.left -= len(text)
                self.pieces.append(self.formulas.drawn(text))
        return self.left >= 0 and len(self.ends) <= MAX_TAG_DEPTH

    def _open(self, tag: Any) -> None:
        name, detail = (tag, None) if isinstance(tag, str) else next(iter(tag.items()))
        start, end = TAG_PAIRS.get(name) or self._tags(name, detail)
        if name == "TableCell" and self.ends[-1] == HEAD_END:
            start, end = "<th>", "</th>"
        self._write(start)
        self.ends.append(end)

    def _write(self, html: str) -> None:
        self.left -= len(html)
        self.pieces.append(html)

    def _spelled(self, text: str) -> str:
        """Return the text as it was before the parser."""
        return self.formulas.spelled(text.replace(OPENER, "<"))

    def _tags(self, name: str, detail: Any) -> tuple[str, str]:
        """Return the HTML that opens and closes an element. Both are empty for elements without a form here."""
        if name in ("Link", "Image"):
            return self._link(detail["dest_url"], detail["title"])
        if name == "CodeBlock":
            self.language = "" if detail in (None, "Indented") else detail["Fenced"].partition(" ")[0]
            return "<pre><code>", CODE_END
        if name == "List":
            return ("<ul>", "</ul>") if detail is None else (f'<ol start="{int(detail)}">', "</ol>")
        if name == "Heading":
            level = detail["level"].lower()
            return f"<{level}>", f"</{level}>"
        return "", ""

    def _link(self, address: str, title: str) -> tuple[str, str]:
        """Return the tags of a link.

        An image becomes a link, too: nothing is loaded. A link that does not lead to the web shows its address."""
        if LINK_END in self.ends:
            return "", ""
        address = self._spelled(address)
        if ":" in address.partition("/")[0] and not address.lower().startswith(LINK_SCHEMES):
            return "", f" ({escape(address)})"
        title_attribute = f' title="{escape(self._spelled(title))}"' if title else ""
        return f'<a href="{escape(address)}"{title_attribute}>', LINK_END


def escaped(text: str) -> str:
    """Return the text with HTML escaped, and restored what the parser did not see."""
    return escape(text).replace(OPENER, "&lt;")


def written(events: Iterable[Any], most: int, formulas: Formulas) -> str | None:
    """Return the HTML, or None if it has more than `most` characters or is nested too deeply.

    Raises Late if the time is over in the middle of a text."""
    writer = Writer(most, formulas)
    for number, event in enumerate(events):
        if number % EVENTS_BETWEEN_CLOCK_LOOKS == EVENTS_BETWEEN_CLOCK_LOOKS - 1 and not budget.has_time():
            raise budget.Late
        if not writer.take(event):
            return None
    return "".join(writer.pieces)
