"""The few words around what was found in a text, as they were written."""

from typing import NamedTuple

from sessions.search.snippets import aligned
from sessions.search.tokens import folded
from tracing.reading.markdown import without_signs

AROUND = 60  # characters on both sides of a hit, up to the next word
MAX_ALIGNED_CHARACTERS = 20_000  # of a text that is not ASCII; what is found behind them is shown folded
WORD_CHARACTERS = 20  # of a word that is left out rather than cut
ELLIPSIS = "…"


class FoundWords(NamedTuple):
    """A piece of a text: `words` are what was found, between `before` and `after`. All are empty without a hit."""

    before: str = ""
    words: str = ""
    after: str = ""


def excerpt(text: str, needle: str) -> FoundWords:
    """Return the words around the first place where `text` says `needle`, a folded text.

    They are in the case of the text and without the signs of Markdown, if it is found without them as well."""
    line = " ".join(text.split())
    for shown in (without_signs(line), line):
        plain, places = aligned(shown if shown.isascii() else shown[:MAX_ALIGNED_CHARACTERS])
        if (start := plain.find(needle)) >= 0:
            end = start + len(needle)
            return cut(shown, *((start, end) if places is None else (places[start], places[end])))
    plain = folded(text)
    start = plain.find(needle)
    if start < 0:
        return FoundWords(before=cut(plain, 0, 0).after)
    return cut(plain, start, start + len(needle))


def cut(text: str, start: int, end: int) -> FoundWords:
    """Return a place of a line with what stands around it, cut between words."""
    first, last = max(0, start - AROUND), min(len(text), end + AROUND)
    if first:
        first = next(
            (at + 1 for at in range(first - 1, min(start, first + WORD_CHARACTERS)) if text[at].isspace()), first
        )
    if last < len(text):
        last = next((at for at in range(last, max(end, last - WORD_CHARACTERS), -1) if text[at].isspace()), last)
    before, after = text[first:start], text[end:last]
    return FoundWords(
        before=f"{ELLIPSIS}{before}" if first else before,
        words=text[start:end],
        after=f"{after}{ELLIPSIS}" if last < len(text) else after,
    )
