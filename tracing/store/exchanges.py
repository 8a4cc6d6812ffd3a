"""Finds the exchanges of a trace that holds a whole conversation, such as a call or a chat loop (docs/replay.md).

Any other trace is one turn: also one whose agent asks other agents, repeats a call, or uses tools. What decides is who
says what (tracing/store/turn_openings.py), and never which library reports it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import Any

from tracing.records import Kind
from tracing.store.branches import (
    RUN_KINDS,
    SPEAKER_KINDS,
    Branch,
    Key,
    answers_in_words,
    is_turn,
    question_of,
)
from tracing.store.counting import Counted
from tracing.store.rows import SpanRow, age
from tracing.store.turn_openings import Opening, find_opening
from tracing.store.witnesses import TOTAL_PLACE

MAX_EXCHANGES = 1_000  # of a trace; the last one holds the rest


@dataclass(slots=True)
class FoundExchange:
    """What a user said and an agent answered, or what only one of them said."""

    branches: list[Branch] = field(default_factory=list)
    keys: set[Key] = field(default_factory=set)
    questions: set[int] = field(default_factory=set)  # their fingerprints
    has_user: bool = False
    has_answer: bool = False
    is_settled: bool = False  # it was answered, or failed

    def add(self, branch: Branch) -> None:
        """Add a branch, with what is said in it."""
        self.branches.append(branch)
        if branch.asks:
            self.keys |= branch.keys
            self.questions |= {last for _, last in branch.keys}
        self.has_user |= branch.asks
        self.has_answer |= branch.answers
        self.is_settled |= branch.answers or branch.has_failed

    @property
    def spans(self) -> list[SpanRow]:
        return [span for branch in self.branches for span in branch.spans]

    @property
    def span_id(self) -> str:
        """Return the id of the span that began it, for its permanent link."""
        return next((branch for branch in self.branches if branch.asks), self.branches[0]).top.span_id

    @property
    def asker(self) -> SpanRow | None:
        """Return the span whose input is what the user said: rather a whole message than a part that was heard."""
        askers = [branch.asker for branch in self.branches if branch.asker]
        heard = [span for span in askers if span.kind == Kind.TRANSCRIPTION]
        others = [span for span in askers if span.kind != Kind.TRANSCRIPTION]
        if len(heard) > 1 and not others:
            others = [span for span in self.spans if span.kind in SPEAKER_KINDS and question_of(span)]
        return min(others, key=age, default=None) or next(iter(heard), None)

    @property
    def answerer(self) -> SpanRow | None:
        """Return the span whose output is the last answer: of a turn as a whole, of a model, or what was read aloud."""
        spans = self.spans
        tops = {branch.top.span_id for branch in self.branches}
        said = self.questions | {(span.claims or {}).get("answered") for span in spans}

        def weight(span: SpanRow) -> tuple[object, ...]:
            is_read_aloud = span.kind == Kind.SPEECH
            claims = span.claims or {}
            return (
                not is_read_aloud,
                is_turn(span) and span.span_id in tops,
                not said.isdisjoint((*claims.get("asked", ())[-1:], claims.get("quoted", 0))),
                span.kind in RUN_KINDS,
                (span.output_size or 0) if is_read_aloud else 0,
                age(span),
            )

        return max(filter(answers_in_words, spans), key=weight, default=None)


def find_exchanges(spans: Sequence[SpanRow], parents: Mapping[str, str | None]) -> list[FoundExchange]:
    """Return the exchanges in order; none if the trace tells of no conversation."""
    opening = find_opening(spans, parents)
    if opening is None:
        return []
    found: list[FoundExchange] = []
    for branch in opening.branches:
        if not found or (len(found) < MAX_EXCHANGES and _begins(branch, found[-1], opening)):
            found.append(FoundExchange())
            if opening.by_history and len(found) > 1:
                _hand_over(found[-2], found[-1], branch)
        found[-1].add(branch)
    found = [exchange for exchange in found if exchange.has_user or exchange.has_answer]
    return found if len(found) >= opening.least else []


def _begins(branch: Branch, current: FoundExchange, opening: Opening) -> bool:
    """Return whether a branch begins a new exchange after the current one."""
    if not current.has_user and not current.has_answer:
        return False  # so far nobody said anything
    if not branch.asks:
        return opening.is_turn_by_turn and branch.answers and current.is_settled
    if not current.has_user:
        return True  # the agent spoke first
    if opening.by_history:
        return branch.keys.isdisjoint(current.keys)
    is_new = branch.is_heard or not any(last in current.questions for _, last in branch.keys)
    return is_new and (current.is_settled or opening.is_turn_by_turn)


def _hand_over(before: FoundExchange, after: FoundExchange, opener: Branch) -> None:
    """Move what prepares the next answer, such as a search: what follows the longest pause since the last answer."""
    answered = max((place for place, branch in enumerate(before.branches) if branch.answers), default=-1)
    tail = [*before.branches[answered:], opener] if answered >= 0 else []
    if len(tail) < 3:
        return
    pauses = [(following.start - branch.end, place) for place, (branch, following) in enumerate(pairwise(tail))]
    kept = answered + 1 + max(pauses)[1]
    for branch in before.branches[kept:]:
        after.add(branch)
    del before.branches[kept:]


def described(exchanges: Sequence[FoundExchange], counted: Counted) -> list[dict[str, Any]]:
    """Return the exchanges as they are stored: with their texts, times, and the numbers that their own spans report."""
    owner = {span.span_id: place for place, exchange in enumerate(exchanges) for span in exchange.spans}
    rows = [_described(exchange) for exchange in exchanges]
    for span in counted.failed:
        if (place := owner.get(span.span_id)) is not None:
            rows[place]["error_count"] += 1
    for work in counted.work:
        if (place := owner.get(work.span.span_id)) is None:
            continue  # what the whole conversation reports is nobody's share
        row = rows[place]
        row["unmeasured_count"] += work.is_unmeasured
        row["unpriced_count"] += work.is_unpriced
        row["total_tokens"] += work.tokens[TOTAL_PLACE]
        row["total_cost"] = str(Decimal(row["total_cost"]) + work.costs[TOTAL_PLACE])
        row["models"] = sorted({*row["models"], work.span.model or "unknown"})
    return rows


def _described(exchange: FoundExchange) -> dict[str, Any]:
    asker, answerer = exchange.asker, exchange.answerer
    return {
        "id": exchange.span_id,
        "input": asker.span_id if asker else None,
        "output": answerer.span_id if answerer else None,
        "started_at": min(branch.start for branch in exchange.branches).isoformat(),
        "ended_at": max(branch.end for branch in exchange.branches).isoformat(),
        "span_count": len(exchange.spans),
        "error_count": 0,
        "unmeasured_count": 0,
        "unpriced_count": 0,
        "total_tokens": 0,
        "total_cost": "0",
        "models": [],
    }
