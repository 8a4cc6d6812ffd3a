"""The search of the documentation: sections that have every word, those with the words in their titles first."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from sessions.documentation.articles import Article, DocSection
from sessions.documentation.contents import DocGroup

MAX_SOUGHT_CHARACTERS = 200
MAX_SOUGHT_WORDS = 8
MAX_DOC_HITS = 20
EXCERPT_CHARACTERS = 140
SOUGHT_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class DocHit:
    """A section that was found."""

    article: Article
    section: DocSection
    excerpt: SafeString

    @property
    def address(self) -> str:
        return f"{self.article.address}#{self.section.anchor}" if self.section.anchor else self.article.address


def search_docs(groups: list[DocGroup], sought: str) -> list[DocHit]:
    """Return the best sections. A word also finds those that begin with it."""
    words = list(dict.fromkeys(SOUGHT_WORD.findall(sought[:MAX_SOUGHT_CHARACTERS].lower())))[:MAX_SOUGHT_WORDS]
    if not words:
        return []
    ranked: list[tuple[int, int, Article, DocSection]] = []
    for group in groups:
        for article in group.articles:
            for section in article.sections:
                weight = _weight(article, section, words)
                if weight:
                    ranked.append((-weight, len(ranked), article, section))
    ranked.sort(key=lambda found: found[:2])
    return [DocHit(article, section, _excerpt(section, words)) for _, _, article, section in ranked[:MAX_DOC_HITS]]


def _weight(article: Article, section: DocSection, words: list[str]) -> int:
    """Return how well a section answers, or 0 if it lacks a word."""
    title, heading, text = (SOUGHT_WORD.findall(part.lower()) for part in (article.title, section.title, section.text))
    weight = 0
    for word in words:
        parts = (8 * _begun(heading, word, 1), 3 * _begun(title, word, 1), _begun(text, word, 3))
        if not any(parts):
            return 0
        weight += sum(parts)
    return weight


def _begun(among: list[str], word: str, most: int) -> int:
    """Return how many words begin with `word`, at most `most`."""
    return len(list(islice((found for found in among if found.startswith(word)), most)))


def _excerpt(section: DocSection, words: list[str]) -> SafeString:
    """Return words around the first hit, with every hit marked."""
    first = next(_hits(section.text, words), None)
    start = max(0, (first.start() if first else 0) - EXCERPT_CHARACTERS // 3)
    start = section.text.rfind(" ", 0, start) + 1 if start else 0
    cut = section.text[start : start + EXCERPT_CHARACTERS]
    pieces, last = [], 0
    for found in _hits(cut, words):
        pieces += [escape(cut[last : found.start()]), f"<mark>{escape(found[0])}</mark>"]
        last = found.end()
    pieces.append(escape(cut[last:]))
    ends = ("…" if start else "", "…" if start + EXCERPT_CHARACTERS < len(section.text) else "")
    return mark_safe(ends[0] + "".join(pieces) + ends[1])


def _hits(text: str, words: list[str]) -> Iterator[re.Match[str]]:
    """Yield the words of a text that begin with one of those sought."""
    return (found for found in SOUGHT_WORD.finditer(text) if found[0].lower().startswith(tuple(words)))
