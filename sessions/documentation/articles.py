"""Turns a Markdown file of docs/ into the parts of a page: prose, code, requests in three languages, and queries."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from itertools import count
from urllib.parse import quote

import nh3
import pyromark
from django.utils.html import escape, strip_tags
from django.utils.safestring import SafeString, mark_safe

from sessions.documentation.requests import CodeTab, tabs_of
from tracing.reading.code import coloured

DOCS_ADDRESS = "/docs"
LEVELS = re.compile(r"^(#{1,4}) (.+)$")
FENCE = re.compile(r"^```(\w*)$")
NOT_IN_ANCHORS = re.compile(r"[^\w\- ]")
LINK_TO_PAGE = re.compile(r"^(?:\.\./docs/)?([a-z-]+)\.md(#.*)?$")
IMAGE = re.compile(r"!\[[^\]\n]{0,300}\]\([^)\n]{0,300}\)\n*")
FILE_AS_WORDS = re.compile(r">([a-z-]+)\.md</a>")
HEADING_TAG = re.compile(r'<h([2-4]) id="([^"]{0,200})">(.{0,300}?)</h\1>')
QUERY_TABLE_HEAD, TABLE_END = "<table><thead><tr><th>Written</th>", "</table>"
QUERY_CELL = re.compile(r"<tr><td><code>(.{0,300}?)</code></td>")
OPTIONS = pyromark.Options.ENABLE_TABLES | pyromark.Options.ENABLE_HEADING_ATTRIBUTES
TAGS = {
    "a", "p", "br", "hr", "em", "strong", "code", "pre", "blockquote", "ul", "ol", "li", "h2", "h3", "h4",
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
ATTRIBUTES = {"a": {"href"}, "h2": {"id"}, "h3": {"id"}, "h4": {"id"}, "ol": {"start"}}
CODE_LANGUAGES = {"sh": "Shell", "js": "JavaScript", "python": "Python", "json": "JSON", "toml": "TOML", "ini": "INI"}


@dataclass(frozen=True)
class DocHeading:
    """A heading below the title."""

    level: int
    text: str
    anchor: str


@dataclass(frozen=True)
class DocBlock:
    """A part of a page, with the name of its template."""

    template: str
    id: str = ""
    html: str = ""
    text: str = ""
    language: str = ""
    tabs: tuple[CodeTab, ...] = ()


@dataclass(frozen=True)
class DocSection:
    """What the search looks through: a heading, and the words below it."""

    title: str
    anchor: str
    text: str


@dataclass(frozen=True)
class Article:
    """A page of the documentation."""

    name: str
    title: str
    lead: str
    headings: tuple[DocHeading, ...]
    blocks: tuple[DocBlock, ...]
    sections: tuple[DocSection, ...]

    @property
    def address(self) -> str:
        return f"{DOCS_ADDRESS}/{self.name}"

    @property
    def summary(self) -> str:
        """Return the first sentence of the page, in plain text."""
        words = " ".join(unescape(strip_tags(self.lead)).split())
        return f"{words.partition('. ')[0].rstrip('.')}." if words else ""


@dataclass
class _Reader:
    """The parts so far, and the lines of the part that is open."""

    blocks: list[DocBlock] = field(default_factory=list)
    headings: list[DocHeading] = field(default_factory=list)
    sections: list[DocSection] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    ids: Iterator[int] = field(default_factory=lambda: count(1))
    titles: dict[str, str] = field(default_factory=dict)  # of all pages, by name

    def end_prose(self) -> None:
        """Close the prose that is open, if it says anything."""
        text = IMAGE.sub("", "\n".join(self.lines)).strip()
        self.lines = []
        if text:
            self.blocks.append(DocBlock("docs/_prose.html", html=_prose(text, self.titles)))

    def add_heading(self, level: int, text: str) -> None:
        """Begin a section, and give it an anchor as GitHub does."""
        words = strip_tags(pyromark.html(text)).strip()
        words = unescape(words)
        anchor = base = NOT_IN_ANCHORS.sub("", words.lower()).replace(" ", "-")
        for number in count(1):
            if anchor not in self.anchors:
                break
            anchor = f"{base}-{number}"
        self.anchors.add(anchor)
        self.headings.append(DocHeading(level, words, anchor))
        self.sections.append(DocSection(words, anchor, ""))
        self.lines.append(f"{'#' * level} {text} {{#{anchor}}}")

    def add_words(self, text: str) -> None:
        """Note words for the search."""
        if self.sections:
            last = self.sections[-1]
            self.sections[-1] = DocSection(last.title, last.anchor, f"{last.text} {text}".strip())

    def add_code(self, language: str, text: str) -> None:
        self.end_prose()
        self.add_words(text)
        self.blocks.append(_code(language, text, f"code-{next(self.ids)}"))


def article_of(name: str, text: str, titles: dict[str, str] | None = None) -> Article:
    """Return the page of a Markdown text whose first line is its title.

    Links that say the name of a file say the title of its page instead."""
    title, _, rest = text.partition("\n")
    lead, _, body = rest.strip().partition("\n\n")
    reader = _Reader(sections=[DocSection(title.removeprefix("# "), "", "")], titles=titles or {})
    if lead.startswith(("#", "```", "|", "<!--")):
        lead, body = "", rest.strip()
    reader.add_words(_words(lead))
    _read_lines(reader, body.splitlines())
    return Article(
        name=name,
        title=title.removeprefix("# "),
        lead=str(_prose(lead, reader.titles)).removeprefix("<p>").removesuffix("</p>") if lead else "",
        headings=tuple(reader.headings),
        blocks=tuple(reader.blocks),
        sections=tuple(reader.sections),
    )


def _read_lines(reader: _Reader, lines: list[str]) -> None:
    code: list[str] | None = None
    language = ""
    for line in lines:
        fence = FENCE.match(line)
        if code is not None:
            if fence:
                reader.add_code(language, "\n".join(code))
                code = None
            else:
                code.append(line)
        elif fence:
            language, code = fence[1], []
        elif heading := LEVELS.match(line):
            reader.add_heading(len(heading[1]), heading[2])
        else:
            reader.lines.append(line)
            reader.add_words(_words(line))
    reader.end_prose()


def _words(line: str) -> str:
    """Return the words of a line without the signs of Markdown."""
    return unescape(strip_tags(pyromark.html(line.strip("| ").replace("|", " ")))).strip()


def _code(language: str, text: str, block_id: str) -> DocBlock:
    if language == "query":
        return DocBlock("docs/_query.html", id=block_id, text=text)
    if language == "sh" and text.startswith("curl "):
        return DocBlock("docs/_request.html", id=block_id, tabs=tabs_of(text))
    html = mark_safe(coloured(text, language))
    return DocBlock("docs/_code.html", id=block_id, html=html, language=CODE_LANGUAGES.get(language, language))


def _prose(text: str, titles: dict[str, str]) -> SafeString:
    html = nh3.clean(
        pyromark.html(text, options=OPTIONS),
        tags=TAGS,
        attributes=ATTRIBUTES,
        attribute_filter=_led,
        link_rel=None,
        url_schemes={"http", "https", "mailto"},
    )
    html = TABLE_END.join(map(_with_tries, html.split(TABLE_END)))
    html = HEADING_TAG.sub(_heading, html)
    html = FILE_AS_WORDS.sub(lambda link: f">{escape(titles.get(link[1], link[1]))}</a>", html)
    html = html.replace("<table>", '<div class="prose-table" tabindex="0" role="group"><table class="doc-table">')
    return mark_safe(html.replace("</table>", "</table></div>"))


def _led(tag: str, attribute: str, value: str) -> str:
    """Lead links between files to the pages that they are here."""
    page = LINK_TO_PAGE.match(value) if (tag, attribute) == ("a", "href") else None
    return f"{DOCS_ADDRESS}/{page[1]}{page[2] or ''}" if page else value


def _with_tries(html: str) -> str:
    """Make links of the examples in a table of queries, if `html` ends within one."""
    before, head, rows = html.partition(QUERY_TABLE_HEAD)
    return before + head + QUERY_CELL.sub(_try, rows)


def _try(cell: re.Match[str]) -> str:
    """Make an example a link, which a page without a project takes away again."""
    return f'<tr><td><a class="try" href="?q={escape(quote(unescape(cell[1])))}"><code>{cell[1]}</code></a></td>'


def _heading(found: re.Match[str]) -> str:
    level, anchor, text = found.groups()
    link = f'<a class="doc-anchor" href="#{anchor}" aria-label="Link to {escape(strip_tags(text))}">#</a>'
    return f'<h{level} id="{anchor}">{text} {link}</h{level}>'
