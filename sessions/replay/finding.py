"""Finds words within one session, also in turns that are not on the page.

Reads the search index of each turn. The newest turns are not indexed yet: their texts are read themselves, and of
earlier turns without a row, the few words that lists show."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice

from django.db.models import Case, Exists, OuterRef, Q, Value, When

from sessions.models import Session, TraceText
from sessions.replay.hits import excerpt
from sessions.replay.narrowing import ONLY, condition, kept, traces_of
from sessions.search.tokens import folded
from tracing.models import Trace
from tracing.reading.exchanges import turns_in
from tracing.reading.sides import ROLES, SIDE_COLUMNS, load_side
from tracing.store.previews import spoken_text

MAX_TURNS_LISTED = 200  # turns that are listed
MAX_TRACES_SEARCHED = 50_000  # traces of a session
MAX_CONVERSATIONS_READ = 30  # traces of several turns whose texts are read to find the turn
FRESH = 30  # turns without a row whose texts are read
MAX_TEXT_BYTES_SEARCHED = 200_000  # bytes of a text beyond which it is left to the index
MIN_FIND_CHARACTERS = 2
MAX_FIND_CHARACTERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnMatch:
    """A turn that contains the words.

    `words` are between `before` and `after`, as they were written; they are empty if only the turn's name matches."""

    number: int
    turn_id: str
    before: str
    words: str
    after: str


@dataclass(frozen=True, slots=True)
class TurnMatches:
    """The first matches in the order of the conversation."""

    asked: str
    hits: list[TurnMatch]
    is_capped: bool
    is_too_short: bool = False


def found_in(session: Session, asked: str, *, only: str = "") -> TurnMatches:
    """Find words in a session, in at most ten queries whatever its size."""
    asked = " ".join(asked.replace("\x00", "").split())[:MAX_FIND_CHARACTERS]
    needle = folded(asked)
    if len(needle) < MIN_FIND_CHARACTERS and (not needle or needle.isascii()):
        return TurnMatches(asked, [], is_capped=False, is_too_short=True)
    indexed = TraceText.objects.for_project(session.project_id).filter(session_id=session.session_id)
    found = set(indexed.filter(folded__contains=needle).values_list("trace_id", flat=True)[:MAX_TRACES_SEARCHED])
    traces = traces_of(session, only)
    preview = Q(input_preview__icontains=asked) | Q(output_preview__icontains=asked) | Q(name__icontains=asked)
    is_indexed = Exists(TraceText.objects.filter(project_id=session.project_id, trace_id=OuterRef("trace_id")))
    found |= set(
        traces.filter(preview).exclude(is_indexed & ~Q(name__icontains=asked)).values_list("trace_id", flat=True)
    )
    fresh = _fresh(session, list(traces.exclude(is_indexed).order_by("-started_at").only(*SIDE_COLUMNS)[:FRESH]))
    found |= {trace_id for trace_id, text in fresh.items() if needle in folded(text)}
    hits = list(islice(_numbered(session, found, only), MAX_TURNS_LISTED + 1))
    told = _told(session, hits[:MAX_TURNS_LISTED], fresh, needle, only)
    return TurnMatches(asked, told[:MAX_TURNS_LISTED], is_capped=max(len(hits), len(told)) > MAX_TURNS_LISTED)


def _numbered(session: Session, found: Collection[str], only: str) -> Iterator[tuple[int, str, int]]:
    """Yield the number in the session of the first turn, the id, and the number of turns of each trace found."""
    number = 1
    is_kept = Case(When(condition(session, only), then=True), default=False) if only in ONLY else Value(True)
    order = traces_of(session).annotate(is_kept=is_kept).order_by("started_at", "trace_id")
    for trace_id, turn_count, stays in order.values_list("trace_id", "turn_count", "is_kept")[:MAX_TRACES_SEARCHED]:
        if stays and trace_id in found:
            yield number, trace_id, turn_count
        number += turn_count


def _fresh(session: Session, traces: list[Trace]) -> dict[str, str]:
    """Return the last question and the answer of these traces, or of all their turns, by trace id."""
    turns = list(turns_in(traces))
    said = _said(session, turns)
    texts: dict[str, str] = {}
    for turn in turns:
        if turn.turn_id in said:
            texts[turn.trace_id] = f"{texts.get(turn.trace_id, '')} {said[turn.turn_id]}"
    return texts


def _said(session: Session, turns: list[Trace]) -> dict[str, str]:
    """Return the last question and the answer of turns, by the ids of turns."""
    texts: dict[str, str] = {}
    for side, role in ROLES.items():
        for turn_id, text in load_side(session.project_id, turns, side, most=MAX_TEXT_BYTES_SEARCHED).items():
            texts[turn_id] = f"{texts.get(turn_id, '')} {spoken_text(text, role=role)}".lstrip()
    return texts


def _told(
    session: Session, hits: list[tuple[int, str, int]], fresh: dict[str, str], needle: str, only: str
) -> list[TurnMatch]:
    trace_ids = [trace_id for _, trace_id, _ in hits]
    indexed = TraceText.objects.for_project(session.project_id).filter(trace_id__in=trace_ids)
    texts = fresh | {row.trace_id: row.text for row in indexed.only("pk", "trace_id", "text")}
    missing = traces_of(session).filter(trace_id__in=set(trace_ids) - texts.keys())
    for trace_id, question, answer in missing.values_list("trace_id", "input_preview", "output_preview"):
        texts[trace_id] = f"{question} {answer}"
    exchanges = _exchanges(session, [trace_id for _, trace_id, turn_count in hits if turn_count > 1], only)
    told: list[TurnMatch] = []
    for number, trace_id, _ in hits:
        own = [(place, turn_id, text) for place, turn_id, text in exchanges.get(trace_id, ()) if needle in folded(text)]
        for place, turn_id, text in own or [(0, trace_id, texts.get(trace_id, ""))]:
            told.append(_hit(number + place, turn_id, text, needle))
    return told


def _exchanges(session: Session, trace_ids: list[str], only: str) -> dict[str, list[tuple[int, str, str]]]:
    """Return place, id and words of each turn of traces that hold several, by trace id."""
    if not trace_ids:
        return {}
    traces = traces_of(session).filter(trace_id__in=trace_ids[:MAX_CONVERSATIONS_READ]).only(*SIDE_COLUMNS)
    turns = kept(turns_in(traces), only)
    said = _said(session, turns)
    found: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    for turn in turns:
        found[turn.trace_id].append((turn.place, turn.turn_id, said.get(turn.turn_id, "")))
    return found


def _hit(number: int, turn_id: str, text: str, needle: str) -> TurnMatch:
    around = excerpt(text, needle)
    return TurnMatch(number=number, turn_id=turn_id, before=around.before, words=around.words, after=around.after)
