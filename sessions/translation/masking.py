"""Hides from engines what must not change: code, formulas, links, placeholders, ids, numbers and Markdown's marks.

Every engine that was tried changes some of them, so that they are replaced by `XQ0`, `XQ1`, ... and restored byte
for byte. An answer in which one is missing, doubled or out of order is refused, and so is one that brings new
structure."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tracing.reading.formulas import FORMULA

# Signs that mean something to Markdown, HTML or templates, and what the models drop: arrows, currencies, emoji.
# The pipe is missing: it separates the cells of tables, so segments end there.
SYMBOLS = (
    r"#@<>\[\]{}\\^~`=*_$€£¥₹₽°©®™§¶±×÷¬¦µ\u2190-\u2bff\ufe00-\ufe0f\u200b\u200d-\u200f\u202a-\u202e\u2060-\u2064"
    r"\ue000-\uf8ff\ufff9-\uffff\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\U0001f000-\U0001faff\U000e0000-\U000effff"
)
# Named `mark`: what opens and closes something, so that its order has a meaning.
VERBATIM = re.compile(
    "|".join(
        (
            r"(?<!`)(?P<ticks>`+)(?!`)(?:(?!\n[ \t]{0,99}\n)[\s\S]){1,2000}?(?<!`)(?P=ticks)(?!`)",  # inline code
            r"(?P<mark><[A-Za-z/!?][^<>]{0,2000}>"  # tags, and links in angle brackets
            r"|(?<=\])\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+\"[^\"\n]*\")?\)"  # where a link leads
            r"|!?\[(?=[^\]\n]{0,300}\])|[*_~\]]+)",
            FORMULA.pattern,
            r"&(?:[A-Za-z]\w{1,30}|#\w{1,8});",  # entities
            r"(?:https?|ftp|file|s3|gs|wss?)://[^\s<>\"'`|)\]}]*[^\s<>\"'`|)\]}.,;:!?*_]",
            r"www\.[^\s<>\"'`|)\]}]*[^\s<>\"'`|)\]}.,;:!?*_]",
            r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+",
            r"\{\{[^{}\n]{0,200}\}\}|\{%[^{}\n]{0,200}%\}|[$#]?\{[^{}\n]{0,200}\}",  # placeholders of templates
            r"%\([\w.]{1,60}\)[a-zA-Z]|%(?:\d+\$)?[-+0#]?\d*(?:\.\d+)?[sdfrxoegiu@](?!\w)",
            r"(?:\b[A-Za-z]:\\|\\\\|~/|\.{1,2}/|(?<![\w/])/)[\w.@%+~-]+(?:[/\\][\w.@%+~-]+)*[/\\]?",  # paths
            r"[@#]\w++(?:[./:-]\w++)*",  # mentions and ticket numbers
            r"\b[A-Za-z_][\w.]{0,100}\((?:\)|[^()\n]{0,200}[=_\"'\d,][^()\n]{0,200}\))",  # calls, not "order(s)"
            r"\b[A-Z]{1,3}\$",  # R$
            r"(?<![^\W_])(?:[^\W_]++[-./:]){0,6}?\w{0,99}?\d\w*(?:[-./:,'’]\w{0,99}?\d\w*)*%?",  # numbers, dates
            r"\b[^\W_]++(?:_[^\W_]*+)+|\b[a-z]++(?:[A-Z][a-z0-9]*+)+\b",  # snake_case, camelCase
            r"\b[\w-]{1,80}+(?:\.[a-z][\w-]*+)+",  # example.com, order.id
            rf"[{SYMBOLS}]",
        )
    )
)
FORBIDDEN = re.compile(rf"[{SYMBOLS}|\n\r\t]")
LIST_START = re.compile(r"\s*(?:[-+>]|\d{1,9}[.)])")
REPEATED_TEXT = re.compile(r"(\b\S.{2,40}?\S)(?:\W+\1\b){3,}")
INVENTED = re.compile(r"XQ+\d")
LETTER = re.compile(r"[^\W\d_]")
LONGEST_GROWTH, SHORT = 3.0, 20  # a longer or shorter answer than these is no translation; short texts may be anything


class MaskedRange(NamedTuple):
    """A range of a text that no engine sees, and whether it is mere markup."""

    start: int
    end: int
    is_mark: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Mask:
    """One piece that was taken out.

    `before` and `after` say whether it was glued to a letter or to the edge."""

    text: str
    glued_before: bool
    glued_after: bool
    is_mark: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """A text as an engine sees it, with the pieces that were taken out."""

    text: str
    masks: tuple[Mask, ...]
    tag: str
    prefix: str = ""  # marks around the words, which the engine need not see at all
    suffix: str = ""


def spans_of(text: str) -> list[MaskedRange]:
    """Return the ranges of `text` that stay verbatim, sorted; ranges with only blanks between them are joined."""
    spans: list[MaskedRange] = []
    for found in VERBATIM.finditer(text):
        (start, end), is_mark = found.span(), found["mark"] is not None
        if spans and not text[spans[-1].end : start].strip(" "):
            spans[-1] = MaskedRange(spans[-1].start, end, spans[-1].is_mark or is_mark)
        else:
            spans.append(MaskedRange(start, end, is_mark))
    return spans


def clipped(spans: Sequence[MaskedRange], start: int, end: int) -> list[MaskedRange]:
    """Return the parts of sorted ranges that lie within start..end, counted from `start`."""
    first = max(bisect_left(spans, (start,)) - 1, 0)
    within = []
    for span in spans[first:]:
        if span.start >= end:
            break
        if span.end > start:
            within.append(MaskedRange(max(span.start, start) - start, min(span.end, end) - start, span.is_mark))
    return within


def has_words(text: str, spans: Iterable[MaskedRange]) -> bool:
    """Return whether anything is left to translate."""
    return LETTER.search(_without(text, spans)) is not None


def words_of(text: str) -> str:
    """Return only the words of a text, for detecting its language."""
    return " ".join(_without(text, spans_of(text)).split())


def mask(text: str, spans: Sequence[MaskedRange]) -> Masked:
    """Replace everything verbatim with placeholders; marks at either edge are kept aside."""
    prefix, suffix, text, spans = _without_edges(text, spans)
    tag = "XQ"
    while tag.lower() in text.lower():
        tag += "Q"
    parts: list[str] = []
    masks: list[Mask] = []
    at = 0
    for number, (start, end, is_mark) in enumerate(spans):
        before, after = text[start - 1 : start], text[end : end + 1]
        glued_before, glued_after = bool(before) and before.isalpha(), bool(after) and after.isalpha()
        masks.append(Mask(text=text[start:end], glued_before=glued_before, glued_after=glued_after, is_mark=is_mark))
        parts += [text[at:start], " " * glued_before, f"{tag}{number}", " " * glued_after]
        at = end
    return Masked(text="".join([*parts, text[at:]]), masks=tuple(masks), tag=tag, prefix=prefix, suffix=suffix)


def unmasked(masked: Masked, answer: str) -> str | None:
    """Return the translated text with everything restored, or None if the answer must not be used."""
    answer = answer.strip()
    found = _placeholders(masked, answer)
    if found is None or not _is_plausible(masked, answer):
        return None
    out: list[str] = []
    at, last = 0, None
    for number, start, end in [*found, (None, len(answer), len(answer))]:
        mask = None if number is None else masked.masks[number]
        out.append(_fitted(answer[at:start], last, mask))
        out.append(mask.text if mask else "")
        at, last = end, mask
    return masked.prefix + "".join(out) + masked.suffix


def words_between(masked: Masked) -> list[str]:
    """Split the masked text at its placeholders: words, placeholder, words, ...

    For engines that lose placeholders."""
    return _placeholder(masked).split(masked.text)


def _placeholder(masked: Masked) -> re.Pattern[str]:
    return re.compile(rf"({re.escape(masked.tag)}\d{{1,6}}(?!\d))")


def _without(text: str, spans: Iterable[MaskedRange]) -> str:
    parts, at = [], 0
    for start, end, _ in spans:
        parts.append(text[at:start])
        at = end
    return " ".join([*parts, text[at:]])


def _without_edges(text: str, spans: Sequence[MaskedRange]) -> tuple[str, str, str, list[MaskedRange]]:
    """Take marks without words off both ends, and count the ranges anew."""
    inner = list(spans)
    start, end = 0, len(text)
    if inner and inner[0].start == 0 and not _says(text[: inner[0].end]):
        start = inner.pop(0).end
    if inner and inner[-1].end == end and not _says(text[inner[-1].start :]):
        end = inner.pop().start
    while start < end and text[start] == " ":
        start += 1
    while end > start and text[end - 1] == " ":
        end -= 1
    return (
        text[:start],
        text[end:],
        text[start:end],
        [MaskedRange(left - start, right - start, is_mark) for left, right, is_mark in inner],
    )


def _says(text: str) -> bool:
    return any(sign.isalnum() for sign in text)


def _placeholders(masked: Masked, answer: str) -> list[tuple[int, int, int]] | None:
    """Return number, start and end of each placeholder.

    None unless each came back once and pairs kept their order."""
    found = [(int(hit[1].removeprefix(masked.tag)), *hit.span()) for hit in _placeholder(masked).finditer(answer)]
    numbers = [number for number, *_ in found]
    if sorted(numbers) != list(range(len(masked.masks))):
        return None
    paired = [number for number in numbers if masked.masks[number].is_mark]
    return found if paired == sorted(paired) else None


def _is_plausible(masked: Masked, answer: str) -> bool:
    words = _placeholder(masked).sub("", answer)
    if not LETTER.search(words) or FORBIDDEN.search(words) or LIST_START.match(words):
        return False
    if INVENTED.search(words) or (REPEATED_TEXT.search(answer) and not REPEATED_TEXT.search(masked.text)):
        return False
    before, after = len(masked.text), len(answer)
    return max(before, after) <= SHORT or before / LONGEST_GROWTH <= after <= before * LONGEST_GROWTH


def _fitted(words: str, last: Mask | None, following: Mask | None) -> str:
    """Return the words between two masks without added spaces, and with those that an engine dropped."""
    if last and following and not words.strip():
        return words or " "
    if last:
        words = words.lstrip(" ") if last.glued_after else f" {words}" if words[:1].isalnum() else words
    if following:
        words = words.rstrip(" ") if following.glued_before else f"{words} " if words[-1:].isalnum() else words
    return words
