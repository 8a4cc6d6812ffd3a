"""Markdown to HTML that is safe to show: whoever wrote the text may be an attacker.

The parser (pulldown-cmark) takes time by the length of the text and meets no HTML, the writer and the sanitizer keep a
closed set of tags, and nothing is loaded from elsewhere: an image becomes a link."""

import re
from functools import lru_cache

import nh3
import pyromark
from django.utils.safestring import SafeString, mark_safe

from tracing.reading.writing import OPENER, written

ALLOWED_TAGS = {
    "a", "p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li",
    "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "span",
}  # fmt: skip
ALLOWED_ATTRIBUTES = {"a": {"href", "title"}, "code": {"class"}, "span": {"class"}, "ol": {"start"}}
REMEMBERED = 256  # texts: a page that is opened again, and the windows that come back to it
# What makes a text worth rendering; anything else keeps its spaces and line ends as they are. Each of these patterns is
# linear: what it looks through ends where its next attempt may begin, and what is possessive is never gone back into.
MARKDOWN_BLOCK_PATTERN = re.compile(
    r"```|^#{1,6} \S|^[^\S\n]*+(?:[-*+]|\d{1,3}[.)]) \S|^> \S|^\|[^\n]+\||\*\*\S|\]\((?:https?:|mailto:)|`[^`\n]+`",
    re.MULTILINE,
)
LINK = re.compile(r"!?\[([^\[\]]++)\]\([^)\[\s]*+\)")
MARKDOWN_INLINE_PATTERN = re.compile(r"\|(?:\s*+:?-++:?\s*+\|)++|```\w*+|(?:^|(?<=\s))(?:#{1,6}|\|)(?=\s)|(?<=\s)\|$")
EMPHASIS = re.compile(
    r"\*\*([^*\s][^*]*+)(?<!\s)\*\*|\*([^*\s][^*]*+)(?<!\s)\*|__([^_\s][^_]*+)(?<!\s)__|(`{1,3})([^`]++)\4"
)

AUTOLINK_OR_OPENER = re.compile(r"<(?!(?:https?://|mailto:)[^\s<>]++>)")
# Blocks in blocks, begun on one line: every line that follows is looked at once for each of them.
NESTED = re.compile(r"^(?:[ \t]*+(?:>|[-+*](?=[ \t\n])|\d{1,9}[.)](?=[ \t\n]))){20}", re.MULTILINE)
SWOLLEN = 10  # times the text: more HTML than this is made by a trick
STRIKES = pyromark.Options.ENABLE_STRIKETHROUGH

_cleaner = nh3.Cleaner(
    tags=ALLOWED_TAGS,
    attributes=ALLOWED_ATTRIBUTES,
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener noreferrer nofollow",
)


def is_markdown(text: str) -> bool:
    return MARKDOWN_BLOCK_PATTERN.search(text) is not None


def without_signs(text: str) -> str:
    """The words of a preview, which has lost its lines already."""
    if not is_markdown(text):
        return text
    words = LINK.sub(r"\1", MARKDOWN_INLINE_PATTERN.sub(" ", text))
    for _ in range(2):  # again for what has emphasis inside
        words = EMPHASIS.sub(r"\1\2\3\5", words)
    return " ".join(words.split())


@lru_cache(REMEMBERED)
def rendered(text: str) -> SafeString | None:
    """Links open without telling where the reader came from, and only lead to the web or to a mail address. None when
    the text nests too deep, or swells."""
    if NESTED.search(text):
        return None
    options = STRIKES | pyromark.Options.ENABLE_TABLES if has_even_tables(text) else STRIKES
    tagless = AUTOLINK_OR_OPENER.sub(OPENER, text.replace(OPENER, "\ufffd"))
    html = written(pyromark.events(tagless, options=options), SWOLLEN * len(text) + 1_000)
    return None if html is None else mark_safe(_cleaner.clean(html))


def has_even_tables(text: str) -> bool:
    """Each row gets as many cells as the first: a wide one above many short ones is thousands of empty cells."""
    lines = text.splitlines()
    return max((line.count("|") for line in lines), default=0) * len(lines) <= len(text) + 1_000
