"""Markdown to HTML that is safe to show: whoever wrote the text may be an attacker.

The parser passes no HTML through, the sanitizer keeps a closed set of tags, and nothing is loaded from elsewhere: an
image becomes a link."""

import re
from functools import lru_cache

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from tracing.reading.code import coloured

TAGS = {
    "a", "p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li",
    "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "span",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "code": {"class"}, "span": {"class"}, "ol": {"start"}}
REMEMBERED = 256  # texts: a page that is opened again, and the windows that come back to it
# What makes a text worth rendering; anything else keeps its spaces and line ends as they are. Each of these patterns is
# linear: what it looks through ends where its next attempt may begin, and what is possessive is never gone back into.
SIGNS = re.compile(
    r"```|^#{1,6} \S|^[^\S\n]*+(?:[-*+]|\d{1,3}[.)]) \S|^> \S|^\|[^\n]+\||\*\*\S|\]\((?:https?:|mailto:)|`[^`\n]+`",
    re.MULTILINE,
)
LINK = re.compile(r"!?\[([^\[\]]++)\]\([^)\[\s]*+\)")
RULES = re.compile(r"\|(?:\s*+:?-++:?\s*+\|)++|```\w*+|(?:^|(?<=\s))(?:#{1,6}|\|)(?=\s)|(?<=\s)\|$")
EMPHASIS = re.compile(
    r"\*\*([^*\s][^*]*+)(?<!\s)\*\*|\*([^*\s][^*]*+)(?<!\s)\*|__([^_\s][^_]*+)(?<!\s)__|(`{1,3})([^`]++)\4"
)

_options = {"html": False, "breaks": True, "highlight": lambda code, language, _: coloured(code, language)}
_parser = MarkdownIt("commonmark", _options)
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
    words = LINK.sub(r"\1", RULES.sub(" ", text))
    for _ in range(2):  # again for what has emphasis inside
        words = EMPHASIS.sub(r"\1\2\3\5", words)
    return " ".join(words.split())


@lru_cache(REMEMBERED)
def rendered(text: str) -> SafeString:
    """Links open without telling where the reader came from, and only lead to the web or to a mail address."""
    return mark_safe(_cleaner.clean(_parser.render(text)))
