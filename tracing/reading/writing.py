"""HTML of what a Markdown parser found, out of a closed set of tags and no larger or deeper than stated."""

from collections.abc import Iterable
from html import escape
from typing import Any

from tracing.reading import budget
from tracing.reading.code import coloured

EVENTS_BETWEEN_CLOCK_LOOKS = 1_000  # events between two looks at the clock
MAX_TAG_DEPTH = 40  # tags inside tags; browsers give up at some hundreds
LINK_SCHEMES = ("http://", "https://", "mailto:")
HEAD_END, CODE_END, LINK_END = "</tr></thead><tbody>", "</code></pre>", "</a>"
TAG_NAMES = {
    "Paragraph": "p", "Item": "li", "BlockQuote": "blockquote", "Emphasis": "em", "Strong": "strong",
    "Strikethrough": "s", "TableRow": "tr", "TableCell": "td",
}  # fmt: skip
TAG_PAIRS = {name: (f"<{tag}>", f"</{tag}>") for name, tag in TAG_NAMES.items()}
TAG_PAIRS |= {"Table": ("<table>", "</tbody></table>"), "TableHead": ("<thead><tr>", HEAD_END)}
VOID_ELEMENTS = {"SoftBreak": "<br>\n", "HardBreak": "<br>\n", "Rule": "<hr>"}
OPENER = "\ufdd0"  # stands for every `<` of the text, so that the parser meets no tag (the code point is no character)


class Writer:
    """HTML so far, and the tags that are still to be closed."""

    def __init__(self, most: int) -> None:
        self.left = most  # characters
        self.pieces: list[str] = []
        self.ends: list[str] = []
        self.language = ""  # of the block of code that is open

    def take(self, event: Any) -> bool:
        """Whether there is room for more."""
        if isinstance(event, str):
            self._write(VOID_ELEMENTS.get(event, ""))
            return self.left >= 0
        for kind, value in event.items():  # there is one
            if kind == "Start":
                self._open(value)
            elif kind == "End":
                self._write(self.ends.pop())
            elif kind == "Code":
                self._write(f"<code>{said(value)}</code>")
            elif self.ends and self.ends[-1] == CODE_END:
                self._write(coloured(value.replace(OPENER, "<"), self.language))
            else:
                self._write(said(str(value)))
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

    def _tags(self, name: str, detail: Any) -> tuple[str, str]:
        """What opens and what closes it; both are empty for what has no form here."""
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
        """An image is a link, too: nothing is loaded. What leads nowhere on the web says where it leads."""
        if LINK_END in self.ends:
            return "", ""
        if ":" in address.partition("/")[0] and not address.lower().startswith(LINK_SCHEMES):
            return "", f" ({said(address)})"
        told = f' title="{said(title)}"' if title else ""
        return f'<a href="{said(address)}"{told}>', LINK_END


def said(text: str) -> str:
    return escape(text).replace(OPENER, "&lt;")


def written(events: Iterable[Any], most: int) -> str | None:
    """None when the HTML has more than `most` characters, or nests too deep. Raises Late in the middle of a text."""
    writer = Writer(most)
    for number, event in enumerate(events):
        if number % EVENTS_BETWEEN_CLOCK_LOOKS == EVENTS_BETWEEN_CLOCK_LOOKS - 1 and not budget.has_time():
            raise budget.Late
        if not writer.take(event):
            return None
    return "".join(writer.pieces)
