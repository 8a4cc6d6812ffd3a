"""Says whether a trace holds a conversation, and where somebody may begin to speak in it.

Two kinds of evidence count. Either the trace is spoken: its steps hear and speak, a model takes part in realtime, or
its spans call themselves turns. Or its model calls tell it: the history of one contains that of another, and a new
message of the user behind it."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from tracing.records import VOICE_KINDS, Kind, Level
from tracing.store.branches import (
    RUN_KINDS,
    SPEAKER_KINDS,
    Branch,
    Key,
    SpanTree,
    answers_in_words,
    is_turn,
    question_of,
    speaks_for_all,
)
from tracing.store.rows import SpanRow, age
from tracing.store.speakers import is_aside_name
from tracing.store.utterances import MAX_NAME_READ

DIGITS_PATTERN = re.compile(r"\d+")
LIVE_MODEL_PATTERN = re.compile(r"realtime|-live|native-audio|nova-sonic")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """The branches of a conversation in order, and how to tell where an exchange begins.

    `least` is how many exchanges make it a conversation."""

    branches: list[Branch]
    by_history: bool = False
    is_turn_by_turn: bool = False  # each branch is a turn by name
    least: int = 1


def find_opening(spans: Sequence[SpanRow], parents: Mapping[str, str | None]) -> Opening | None:
    """Return where the exchanges of a trace may begin, or None if nothing tells of a conversation."""
    is_voice, is_spoken = _voices(spans)
    speakers = [span for span in spans if span.kind in SPEAKER_KINDS and question_of(span)]
    if not is_voice and len({question_of(span) for span in speakers}) < 2:
        return None
    tree = SpanTree(spans, parents)
    turns = [span for span in spans if is_turn(span)]
    if is_voice and (is_spoken or turns or not speakers):
        return _spoken(tree, turns)
    if opening := _by_history(tree, speakers):
        return opening
    named = [span for span in turns if question_of(span)]
    if len(turns) > 1 and not named:  # spans that only hold a turn
        asking = {above.span_id for span in speakers for above in _upwards(tree, span.span_id)}
        named = [span for span in turns if span.span_id in asking]
    return _spoken(tree, named, is_text=True) if len(named) > 1 else None


def _voices(spans: Iterable[SpanRow]) -> tuple[bool, bool]:
    """Return whether a trace has voices, and whether these are more than an answer that is read aloud."""
    kinds = {span.kind if span.kind in VOICE_KINDS else None for span in spans}
    is_spoken = Kind.TRANSCRIPTION in kinds or any(map(_is_live, spans))
    return is_spoken or Kind.SPEECH in kinds, is_spoken


def _is_live(span: SpanRow) -> bool:
    """Return whether a model hears and speaks by itself."""
    if span.kind != Kind.GENERATION or span.model is None:
        return False
    return LIVE_MODEL_PATTERN.search(span.model[:MAX_NAME_READ].lower()) is not None


def _spoken(tree: SpanTree, turns: Sequence[SpanRow], *, is_text: bool = False) -> Opening | None:
    """Return the branches of a conversation whose steps or names tell of it."""
    spans = tree.by_id.values()
    if turns:
        ((holder, _),) = Counter(tree.parents[span.span_id] for span in turns).most_common(1)
    else:
        holder = tree.holder_of(
            span for span in spans if question_of(span) or answers_in_words(span) or span.kind in VOICE_KINDS
        )
    if any(speaks_for_all(span) and (is_text or span.kind in RUN_KINDS) for span in _upwards(tree, holder)):
        return None
    branches = tree.branches_of(holder)
    is_heard = any(span.kind == Kind.TRANSCRIPTION and question_of(span) for span in spans)
    for branch in branches:
        _listen(branch, by_history=is_turn(branch.top) or not is_heard)
    names = {DIGITS_PATTERN.sub("", branch.top.name or "") for branch in branches if is_turn(branch.top)}
    return Opening(branches=branches, is_turn_by_turn=len(names) == 1, least=2 if is_text else 1)


def _upwards(tree: SpanTree, span_id: str | None) -> Iterable[SpanRow]:
    while span_id is not None:
        yield tree.by_id[span_id]
        span_id = tree.parents[span_id]


def _listen(branch: Branch, *, by_history: bool) -> None:
    """Note what a branch says. `by_history`: also the history of a model's call counts as the user's words."""
    ordered = sorted(branch.spans, key=age)
    speakers = [span for span in ordered if span.kind in SPEAKER_KINDS and question_of(span)]
    heard = [span for span in ordered if span.kind == Kind.TRANSCRIPTION and question_of(span)]
    branch.keys = {key for span in [*speakers, *heard] if (key := question_of(span))}
    branch.is_heard = bool(heard) or (is_turn(branch.top) and branch.top in speakers)
    if branch.top in speakers:
        speakers.insert(0, branch.top)
    if heard or by_history:
        branch.asker = next(iter([*speakers, *heard]), None)
    branch.answers = any(map(answers_in_words, branch.spans))
    branch.has_failed = any(span.level == Level.ERROR for span in branch.spans)


def _by_history(tree: SpanTree, speakers: Sequence[SpanRow]) -> Opening | None:
    """Return the branches of a conversation that the histories of its model calls tell."""
    speakers = sorted((span for span in speakers if span.span_id not in tree.enclosed), key=age)
    speakers = [span for span in speakers if not _is_aside(span)] or speakers
    openers = _openers(speakers)
    if len(openers) < 2:
        return None
    holder = tree.holder_of(openers.values())
    by_span = {span.span_id: key for key, span in openers.items()}
    questions = {last for _, last in openers} | {(span.claims or {}).get("answered", 0) for span in speakers}
    branches = tree.branches_of(holder)
    for branch in branches:
        for span in sorted(branch.spans, key=age):
            if key := by_span.get(span.span_id):
                branch.keys.add(key)
                branch.asker = branch.asker or span
        branch.answers = any(_replies(span, questions) for span in branch.spans)
    above = [span for span in _upwards(tree, holder) if speaks_for_all(span)]
    return Opening(branches=branches, by_history=True, least=3 if above else 2)


def _is_aside(span: SpanRow) -> bool:
    """Return whether a call names, sums up or judges the conversation instead of answering in it."""
    return is_aside_name(span) or bool((span.claims or {}).get("aside"))


def _openers(speakers: Sequence[SpanRow]) -> dict[Key, SpanRow]:
    """Return the first span of each exchange: those whose history is another's with one more message of the user.

    A message that repeats an answer is another agent's, and not the user's."""
    first: dict[int, tuple[Key, SpanRow]] = {}
    openers: dict[Key, SpanRow] = {}
    answers: set[int] = set()
    for span in speakers:
        claims = span.claims or {}
        *earlier, last = claims["asked"][1:]
        key = (claims["asked"][0], last)
        known = next((first[asked] for asked in reversed(earlier) if asked in first), None)
        is_new = answers.isdisjoint((last, claims.get("quoted", last)))
        if known and is_new and key not in openers:
            openers.setdefault(*known)
            openers[key] = span
        first.setdefault(last, (key, span) if is_new or not known else known)
        if "answered" in claims:
            answers.add(claims["answered"])
    return _outermost(openers, speakers)


def _outermost(openers: dict[Key, SpanRow], speakers: Sequence[SpanRow]) -> dict[Key, SpanRow]:
    """Return the openers that are not inside of somebody else's exchange, which goes on after them."""
    spread: dict[Key, tuple[int, int]] = {}
    places: dict[str, int] = {}
    for place, span in enumerate(speakers):
        key = question_of(span) or (0, 0)
        spread[key] = (spread[key][0] if key in spread else place, place)
        places[span.span_id] = place
    changes = [0] * (len(speakers) + 1)
    for first, last in spread.values():
        if last > first:
            changes[first + 1] += 1
            changes[last] -= 1
    around = list(accumulate(changes))
    return {key: span for key, span in openers.items() if not around[places[span.span_id]]}


def _replies(span: SpanRow, questions: Collection[int]) -> bool:
    """Return whether a span answers one of these questions, or speaks before anybody asked."""
    key = question_of(span)
    if span.kind == Kind.SPEECH or (key is None and "asked" in (span.claims or {})):
        return answers_in_words(span)
    return key is not None and key[1] in questions and answers_in_words(span)
