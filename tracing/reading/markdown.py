"""Converts Markdown to safe HTML, because the author of a text may be an attacker.

The parser (pulldown-cmark) needs time linear in the text and never sees HTML. The writer and the sanitizer allow a
closed set of tags. Nothing is loaded from elsewhere: an image becomes a link."""

import re
from functools import lru_cache

import nh3
import pyromark
from django.utils.safestring import SafeString, mark_safe

from tracing.reading.formulas import MATH_ATTRIBUTES, MATH_TAGS, Formulas, has_formula
from tracing.reading.writing import OPENER, written

ALLOWED_TAGS = {
    "a", "p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li",
    "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "span", *MATH_TAGS,
}  # fmt: skip
ALLOWED_ATTRIBUTES = {
    "a": {"href", "title"}, "code": {"class"}, "span": {"class", "tabindex"}, "ol": {"start"}, "table": {"tabindex"},
}  # fmt: skip
CACHED_TEXTS = 256  # enough for a page that is opened again
# Signs that make a text worth rendering; other texts keep their spaces and line ends. Each of these patterns is linear:
# an attempt ends where the next one may begin, and possessive parts never backtrack.
# The first finds headings, lists, quotations and tables, the second strong words, links and code.
MARKDOWN_LINE = re.compile(r"\n(?:#{1,6} \S|[^\S\n]*+(?:[-*+]|\d{1,3}[.)]) \S|> \S|\|[^\n]+\|)")
MARKDOWN_WITHIN_LINE = re.compile(r"```|\*\*\S|\]\((?:https?:|mailto:)|`[^`\n]+`")
MARKDOWN_SIGNS = ("`", "**", "](")  # without one of them, the pattern need not be tried at each character
LINK = re.compile(r"!?\[([^\[\]]++)\]\([^)\[\s]*+\)")
MARKDOWN_INLINE_PATTERN = re.compile(r"\|(?:\s*+:?-++:?\s*+\|)++|```\w*+|(?:^|(?<=\s))(?:#{1,6}|\|)(?=\s)|(?<=\s)\|$")
EMPHASIS = re.compile(
    r"\*\*([^*\s][^*]*+)(?<!\s)\*\*|\*([^*\s][^*]*+)(?<!\s)\*|__([^_\s][^_]*+)(?<!\s)__|(`{1,3})([^`]++)\4"
)

AUTOLINK_OR_OPENER = re.compile(r"<(?!(?:https?://|mailto:)[^\s<>]++>)")
# Many nested blocks on one line: the parser reads every following line once for each of them.
NESTED = re.compile(r"^(?:[ \t]*+(?:>|[-+*](?=[ \t\n])|\d{1,9}[.)](?=[ \t\n]))){20}", re.MULTILINE)
MAX_SWELLING = 10  # the HTML may be this many times as long as the text
MARKDOWN_OPTIONS = pyromark.Options.ENABLE_STRIKETHROUGH | pyromark.Options.ENABLE_TASKLISTS

_cleaner = nh3.Cleaner(
    tags=ALLOWED_TAGS,
    attributes=ALLOWED_ATTRIBUTES,
    tag_attribute_values=MATH_ATTRIBUTES,
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener noreferrer nofollow",
)


def is_markdown(text: str) -> bool:
    """Return whether a text is worth rendering as Markdown."""
    if any(sign in text for sign in MARKDOWN_SIGNS) and MARKDOWN_WITHIN_LINE.search(text):
        return True
    return MARKDOWN_LINE.search("\n" + text) is not None


def is_formatted(text: str) -> bool:
    """Return whether a text is more than words: Markdown, or words with formulas."""
    return is_markdown(text) or has_formula(text)


def without_signs(text: str) -> str:
    """Return the words of a preview without Markdown signs. A preview has no line ends."""
    if not is_markdown(text):
        return text
    words = LINK.sub(r"\1", MARKDOWN_INLINE_PATTERN.sub(" ", text))
    for _ in range(2):  # twice for nested emphasis
        words = EMPHASIS.sub(r"\1\2\3\5", words)
    return " ".join(words.split())


@lru_cache(CACHED_TEXTS)
def rendered(text: str) -> SafeString | None:
    """Return the HTML, or None if the text is nested too deeply or its HTML would be too large.

    Links lead only to the web or to mail addresses, and do not reveal where the reader came from."""
    if NESTED.search(text):
        return None
    options = MARKDOWN_OPTIONS | pyromark.Options.ENABLE_TABLES if has_even_tables(text) else MARKDOWN_OPTIONS
    formulas = Formulas()
    tagless = AUTOLINK_OR_OPENER.sub(OPENER, formulas.taken_out(text.replace(OPENER, "\ufffd")))
    html = written(pyromark.events(tagless, options=options), MAX_SWELLING * len(text) + 1_000, formulas)
    return None if html is None else mark_safe(_cleaner.clean(html))


def has_even_tables(text: str) -> bool:
    """Return whether no table has a wide first row.

    Each row gets as many cells as the first: a wide one above many short ones makes thousands of empty cells."""
    lines = text.splitlines()
    return max((line.count("|") for line in lines), default=0) * len(lines) <= len(text) + 1_000
