"""Where in a text the words were found: a window around them in which they are marked, and nothing else is markup."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from projects.normal_forms import normalized
from sessions.search.matching import RefusedTerm, Term, matching, needs_of
from sessions.search.tokens import ACCENTS, CJK, SEA, folded, runs, word

MAX_SNIPPETS_PER_SESSION = 2  # turns of a session
SNIPPET_CHARACTERS = 240  # characters
CHARACTERS_BEFORE_MATCH = 60  # of them before what was found
MOST_HITS = 200  # of one text that are compared
# A letter or digit of a script with spaces: a word neither begins nor ends beside one.
INSIDE = rf"[^\W_{CJK}{SEA}]"


@dataclass(frozen=True, slots=True)
class SearchSnippet:
    """A turn in which the words are. `turns` is in how many of the session's turns they are, the same on each."""

    trace_id: str
    html: SafeString
    turns: int


def snippets_for(
    project_id: int, session_ids: Collection[str], terms: Sequence[Term]
) -> dict[str, list[SearchSnippet]]:
    """Return the newest turns of each session that have all `terms`, by one query."""
    pattern = pattern_of(terms)
    if pattern is None or not session_ids:
        return {}
    by_session = Window(RowNumber(), partition_by=F("session_id"), order_by=[F("started_at").desc(), F("trace_id")])
    found = matching(project_id, terms).filter(session_id__in=list(session_ids))
    found = found.annotate(place=by_session, turns=Window(Count("*"), partition_by=F("session_id")))
    shown: dict[str, list[SearchSnippet]] = {}
    columns = ("session_id", "trace_id", "text", "turns")
    rows: Iterable[Any] = (
        found.filter(place__lte=MAX_SNIPPETS_PER_SESSION).order_by("session_id", "place").values_list(*columns)
    )
    for session_id, trace_id, text, turns in rows:
        html = around(text, pattern) or SafeString(escape(text[:SNIPPET_CHARACTERS]))
        shown.setdefault(session_id, []).append(SearchSnippet(trace_id, html, turns))
    return shown


def sought(terms: Sequence[Term]) -> str:
    """Return the text to look for within a session: one of the terms, a phrase if there is one."""
    wanted = [term for term in terms if not term.is_negated]
    return max(wanted, key=lambda term: term.is_phrase).text if wanted else ""


def pattern_of(terms: Sequence[Term]) -> re.Pattern[str] | None:
    """Return a pattern of the terms for an aligned text; None if they cannot be looked for, or all are negated."""
    try:
        needs_of(terms)
    except RefusedTerm:
        return None
    return re.compile("|".join(_spelling(term) for term in terms if not term.is_negated))


def around(text: str, pattern: re.Pattern[str]) -> SafeString | None:
    """Return the window of `text` with most of the matches; None when there is none."""
    plain, places = aligned(text)
    hits = [hit.span() for _, hit in zip(range(MOST_HITS), pattern.finditer(plain), strict=False)]
    if not hits:
        return None
    best = max(hits, key=lambda hit: (_variety(plain, hits, hit[0]), -hit[0]))
    if places is not None:
        hits = [(places[start], places[end]) for start, end in hits]
        best = (places[best[0]], places[best[1]])
    start = _word_start(text, max(0, best[0] - CHARACTERS_BEFORE_MATCH), best[0])
    return _marked(text, start, min(len(text), start + SNIPPET_CHARACTERS), hits)


def aligned(text: str) -> tuple[str, list[int] | None]:
    """Return the folded text with its white space, and the place in `text` of each of its characters.

    The places are None when they are the same."""
    if text.isascii():
        return text.lower(), None
    plain = normalized("NFKC", text).casefold()
    plain = normalized("NFC", ACCENTS.sub("", normalized("NFKD", plain)))
    if len(plain) == len(text):
        return plain, None
    pieces = [_folded_character(character) for character in text]
    places = [place for place, piece in enumerate(pieces) for _ in piece]
    return "".join(pieces), [*places, len(text)]


@lru_cache(maxsize=4096)
def _folded_character(character: str) -> str:
    return character if character.isspace() else folded(character)


def _spelling(term: Term) -> str:
    text = folded(term.text)
    cut = list(runs(text))
    needs = needs_of([term._replace(is_negated=False)])
    if needs[0].recheck or cut[0][1]:
        inner = r"\s+".join(re.escape(part) for part in text.split())
        return inner + (rf"{INSIDE}*" if term.is_prefix and not cut[-1][1] else "")
    lexeme = word(cut[0][0])
    inner = re.escape(cut[0][0].strip("_"))
    is_open = term.is_prefix or len(lexeme) < len(cut[0][0].replace("-", "").strip("_"))
    return rf"(?<!{INSIDE}){inner}" + (rf"{INSIDE}*" if is_open else rf"(?!{INSIDE})")


def _variety(plain: str, hits: Sequence[tuple[int, int]], start: int) -> int:
    """How many different words begin in the window from `start` on."""
    return len(
        {
            plain[first:last]
            for first, last in hits
            if start <= first < start + SNIPPET_CHARACTERS - CHARACTERS_BEFORE_MATCH
        }
    )


def _word_start(text: str, start: int, latest: int) -> int:
    """Not in the middle of a word, if one begins soon."""
    if start == 0:
        return 0
    space = next((place for place in range(start, min(latest, start + 20)) if text[place].isspace()), None)
    return start if space is None else space + 1


def _marked(text: str, start: int, end: int, hits: Sequence[tuple[int, int]]) -> SafeString:
    pieces, at = ["…"] if start else [], start
    for first, last in hits:
        if first < at or first >= end:
            continue
        last = min(max(last, first + 1), end)
        pieces += [escape(text[at:first]), "<mark>", escape(text[first:last]), "</mark>"]
        at = last
    pieces.append(escape(text[at:end]))
    if end < len(text):
        pieces.append("…")
    return mark_safe("".join(pieces))
