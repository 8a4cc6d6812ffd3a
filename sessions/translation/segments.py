"""Splits a text into segments that an engine takes at once, and everything between them.

Segments are sentences of at most MAX_SEGMENT_CHARACTERS. All pieces together are the text, byte for byte. Blocks of
code stay whole; headings, quotes, lists and tables keep their marks, because those are between the segments."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import pyromark

from sessions.translation.masking import MaskedRange, clipped, has_words, spans_of

MAX_SEGMENT_CHARACTERS = 300  # characters; the embedded models cut longer ones off without a word
LINE = re.compile(r"\r\n?|\n")
LINE_MARKS = re.compile(r"[ \t]*(?:>[ \t]?|(?:[-*+•–—]|\d{1,9}[.)]|#{1,6})[ \t]+|\[[ xX]\][ \t]+)*")
SENTENCE_END = re.compile(r"(?:(?<![.!?…])[.!?…]++[\"'”’»)\]]*+(?=\s)|[。！？]+[」』”]*)")
CELL_END = re.compile(r"(\|)")
SOFT_END = re.compile(r"[;:,،؛、，；]+\s*|\s+")
CODE = ({"End": "CodeBlock"}, {"End": "HtmlBlock"})  # events of the parser
HIDDEN = "\ufffc"  # stands for what is verbatim while ends are looked for


@dataclass(frozen=True, slots=True)
class Piece:
    """Some characters of a text.

    Only those that are language have `spans`, their verbatim parts."""

    text: str
    line: int
    spans: tuple[MaskedRange, ...] | None = None

    @property
    def is_language(self) -> bool:
        """Return whether the piece is to be translated."""
        return self.spans is not None


def pieces(text: str) -> list[Piece]:
    """Yield all of `text` in pieces, in order."""
    verbatim = _code_lines(text)
    spans = spans_of(text)
    found: list[Piece] = []
    for number, (start, end, whole) in enumerate(_lines(text)):
        if number in verbatim:
            found.append(Piece(text[start:whole], number))
            continue
        found += _of_line(text, spans, start, end, number)
        if whole > end:
            found.append(Piece(text[end:whole], number))
    return found


def _lines(text: str) -> Iterator[tuple[int, int, int]]:
    """Yield start, end, and end with the line break, of each line as the parser counts them."""
    at = 0
    for found in LINE.finditer(text):
        yield at, found.start(), found.end()
        at = found.end()
    if at < len(text):
        yield at, len(text), len(text)


def _code_lines(text: str) -> set[int]:
    if "`" not in text and "~" not in text and "    " not in text and "\t" not in text and "<" not in text:
        return set()  # nothing that a block of code begins with
    starts = list(accumulate((len(text[start:whole].encode()) for start, _, whole in _lines(text)), initial=0))
    lines: set[int] = set()
    for event, place in pyromark.events_with_range(text):  # places are counted in bytes
        if event in CODE:
            first, last = (bisect_right(starts, at) - 1 for at in (place["start"], place["end"] - 1))
            lines.update(range(first, last + 1))
    return lines


def _of_line(text: str, spans: Sequence[MaskedRange], start: int, end: int, number: int) -> Iterator[Piece]:
    marks = LINE_MARKS.match(text, start, end)
    at = marks.end() if marks else start
    if at > start:
        yield Piece(text[start:at], number)
    own = clipped(spans, at, end)
    shadow = _shadow(text[at:end], own)
    for left, right in _cut(shadow):
        yield from _trimmed(text[at + left : at + right], clipped(own, left, right), number)


def _shadow(line: str, spans: Sequence[MaskedRange]) -> str:
    """Return the line with its verbatim parts hidden, at the same length."""
    parts, at = [], 0
    for start, end, _ in spans:
        parts += [line[at:start], HIDDEN * (end - start)]
        at = end
    return "".join([*parts, line[at:]])


def _cut(line: str) -> Iterator[tuple[int, int]]:
    """Split a line into cells, these into sentences, and these into what an engine takes at once."""
    at = 0
    for cell in CELL_END.split(line):
        begin = 0
        for found in SENTENCE_END.finditer(cell):
            yield from _bounded(cell, begin, found.end(), at)
            begin = found.end()
        if begin < len(cell):
            yield from _bounded(cell, begin, len(cell), at)
        at += len(cell)


def _bounded(cell: str, start: int, end: int, offset: int) -> Iterator[tuple[int, int]]:
    while end - start > MAX_SEGMENT_CHARACTERS:
        ends = [
            found.end()
            for found in SOFT_END.finditer(cell, start + MAX_SEGMENT_CHARACTERS // 2, start + MAX_SEGMENT_CHARACTERS)
        ]
        middle = ends[-1] if ends else _between_characters(cell, start + MAX_SEGMENT_CHARACTERS, end)
        yield offset + start, offset + middle
        start = middle
    if start < end:
        yield offset + start, offset + end


def _between_characters(cell: str, at: int, end: int) -> int:
    """Return `at`, or the end of the verbatim part that `at` would cut."""
    while at < end and cell[at - 1] == HIDDEN and cell[at] == HIDDEN:
        at += 1
    return at


def _trimmed(text: str, spans: Sequence[MaskedRange], number: int) -> Iterator[Piece]:
    """Yield the words of a segment; blanks around them, and what has no words, are separate pieces."""
    inner = text.strip()
    if not inner or not has_words(text, spans):
        if text:
            yield Piece(text, number)
        return
    start = text.index(inner)
    end = start + len(inner)
    if start:
        yield Piece(text[:start], number)
    yield Piece(inner, number, tuple(clipped(spans, start, end)))
    if end < len(text):
        yield Piece(text[end:], number)
