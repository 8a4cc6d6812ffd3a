"""Markdown to HTML that is safe to show: whoever wrote the text may be an attacker.

The parser passes no HTML through, the sanitizer keeps a closed set of tags, and nothing is loaded from elsewhere: an
image becomes a link."""

import re
from functools import lru_cache

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped]
from pygments.util import ClassNotFound  # type: ignore[import-untyped]

TAGS = {
    "a", "p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li",
    "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "span",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "code": {"class"}, "span": {"class"}, "ol": {"start"}}
COLOURED = 5_000  # characters of a block of code; a longer one stays plain
REMEMBERED = 256  # texts: a page that is opened again, and the windows that come back to it
# What makes a text worth rendering; anything else keeps its spaces and line ends as they are.
SIGNS = re.compile(
    r"```|^#{1,6} \S|^\s*[-*+] \S|^\s*\d{1,3}[.)] \S|^> \S|^\|.+\||\*\*\S|\[[^\]\n]+\]\((https?:|mailto:)|`[^`\n]+`",
    re.MULTILINE,
)
LINK = re.compile(r"!?\[([^\]]+)\]\([^)\s]*\)")
EMPHASIS = re.compile(r"(\*\*|__|\*|`{1,3})(\S(?:.*?\S)?)\1")
RULES = re.compile(r"\|(?:\s*:?-+:?\s*\|)+|```\w*|(?:^|(?<=\s))(?:#{1,6}|\|)(?=\s)|(?<=\s)\|$")

_formatter = HtmlFormatter(nowrap=True)


def coloured(code: str, language: str, _: str) -> str:
    """HTML with the classes of Pygments' tokens (static/css/replay.css); the code as it is in an unknown language."""
    if not language or len(code) > COLOURED:
        return escape(code)
    try:
        lexer = get_lexer_by_name(language[:40], stripnl=False)
    except ClassNotFound:
        return escape(code)
    return str(highlight(code, lexer, _formatter))


_parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "highlight": coloured})
_parser = _parser.enable(["table", "strikethrough"]).disable("image")
_cleaner = nh3.Cleaner(
    tags=TAGS,
    attributes=ATTRIBUTES,
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener noreferrer nofollow",
)


def is_markdown(text: str) -> bool:
    return SIGNS.search(text) is not None


def without_signs(text: str) -> str:
    """The words of a preview, which has lost its lines already."""
    if not is_markdown(text):
        return text
    return " ".join(EMPHASIS.sub(r"\2", LINK.sub(r"\1", RULES.sub(" ", text))).split())


@lru_cache(REMEMBERED)
def rendered(text: str) -> SafeString:
    """Links open without telling where the reader came from, and only lead to the web or to a mail address."""
    return mark_safe(_cleaner.clean(_parser.render(text)))
