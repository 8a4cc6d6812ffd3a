"""The turns of a session in order, one window at a time and in both directions.

However long the session, a window costs the same: an index range beside the place where it starts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThanOrEqual, TupleLessThan
from django.db.models.functions import Coalesce

from sessions.models import Session
from sessions.replay.cursors import Cursor
from sessions.replay.narrowing import ONLY, kept, prior_turns, traces_of
from sessions.replay.weights import TURN, weight
from tracing.models import Trace
from tracing.reading.exchanges import find_turn, trace_ids_of, turns_in
from tracing.reading.turns import TURN_HEAD_CHARACTERS, Spoken, TurnReading, load_readings

TURNS_PER_PAGE = 15
FIRST_PAGE = 10  # turns of the window that a page opens with: more than a screen shows, and soon there
CONTEXT = 2  # turns before the one that was asked for
# Characters of a window's texts, and of its HTML; the texts of later turns come when they are reached.
WINDOW_BUDGET_CHARACTERS, WINDOW_CHARACTERS = 120_000, 230_000
PRINTED_HEAD_CHARACTERS = 50_000  # of one text
IDLE_SHOWN = timedelta(seconds=30)  # a shorter wait is part of talking
# All that a turn shows beside its texts; metadata and claims may be large.
TURN_COLUMNS = (
    "project_id", "trace_id", "bucket", "session_id", "user_id", "name", "started_at", "ended_at", "updated_at",
    "input_preview", "output_preview", "input_span_id", "output_span_id", "span_count", "error_count",
    "unmeasured_count", "unpriced_count", "total_tokens", "total_cost", "usage_by_model", "environment", "exchanges",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A turn: its number in the session, its messages, and the idle time before it.

    `trace` is the trace that it is, or the part of a trace (tracing/reading/exchanges.py)."""

    trace: Trace
    number: int
    idle_ms: int | None
    reading: TurnReading

    @property
    def models(self) -> list[str]:
        return sorted(self.trace.usage_by_model)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnPage:
    """A window, and the edges beyond which there is more, None where there is nothing. `last` is its end."""

    turns: list[Turn]
    previous: Cursor | None
    following: Cursor | None
    last: Cursor | None


def turns_after(
    session: Session, cursor: Cursor | None = None, *, only: str = "", is_printed: bool = False
) -> TurnPage:
    """Return the window behind `cursor`, or the first.

    Three queries, bounded whatever the size of the session; with a filter one more, which counts what it hides."""
    window = Windows(session, only, is_printed=is_printed)
    if cursor is None:
        found = window.ahead(FIRST_PAGE + 1)
        return window.page([], found[:FIRST_PAGE], 1, has_more=len(found) > FIRST_PAGE)
    later = window.traces.filter(TupleGreaterThanOrEqual(*_edge(cursor.started_at, cursor.trace_ids[-1])))
    found = window.ahead(TURNS_PER_PAGE + 2, later)
    seen = next((place for place, turn in enumerate(found, start=1) if turn.turn_id == cursor.turn_id), 0)
    prior, found = found[:seen][-1:], found[seen:]
    return window.page(prior, found[:TURNS_PER_PAGE], cursor.number + 1, cursor, has_more=len(found) > TURNS_PER_PAGE)


def turns_before(session: Session, cursor: Cursor, *, only: str = "") -> TurnPage:
    """Return the window that ends where `cursor` begins."""
    window = Windows(session, only)
    own = kept(turns_in(window.traces.filter(trace_id__in=cursor.trace_ids).only(*TURN_COLUMNS)), only)
    seen = next((place for place, turn in enumerate(own) if turn.turn_id == cursor.turn_id), 0)
    found = window.back(cursor.started_at, cursor.trace_ids[-1], TURNS_PER_PAGE + 1) + own[:seen]
    prior, found = found[:-TURNS_PER_PAGE][-1:], found[-TURNS_PER_PAGE:]
    return window.page(prior, found, max(1, cursor.number - len(found)), has_more=True)


def turns_around(session: Session, turn_id: str, *, only: str = "") -> TurnPage | None:
    """Return the window around a turn, or around the next one that a filter keeps. None if there is no such turn."""
    asked = _turn(_with_prior(session), turn_id)
    if asked is None:
        return None
    window, edge = Windows(session, only), _edge(asked.whole.started_at, asked.trace_id)
    before = window.back(*edge[1], CONTEXT + 1)
    later = window.traces.filter(TupleGreaterThanOrEqual(*edge))
    found = before + window.ahead(asked.place + FIRST_PAGE + 1, later)
    behind = enumerate(found[len(before) :], start=len(before))
    at = next((n for n, turn in behind if turn.trace_id != asked.trace_id or turn.place >= asked.place), len(found))
    start = max(0, at - CONTEXT)
    number = asked.prior + asked.place + 1 - (at - start)
    shown = found[start : start + FIRST_PAGE]
    return window.page(found[:start][-1:], shown, number, has_more=len(found) > start + FIRST_PAGE)


def _with_prior(session: Session) -> QuerySet[Any]:
    """Return the session's traces, each with `prior`, the number of turns before it."""
    is_earlier = Q(started_at__lt=OuterRef("started_at")) | Q(
        started_at=OuterRef("started_at"), trace_id__lt=OuterRef("trace_id")
    )
    earlier = traces_of(session).filter(is_earlier).order_by().values("project_id")
    return traces_of(session).annotate(prior=Coalesce(Subquery(earlier.annotate(n=Sum("turn_count")).values("n")), 0))


def turn_at(session: Session, number: int) -> str:
    """Return the id of the turn with this number, of the last one if there are fewer, or "" if there is none."""
    traces = traces_of(session).order_by("started_at", "trace_id")
    left = max(number, 1) - 1
    if session.turn_count == session.trace_count:
        at = traces.values_list("trace_id", flat=True)[left : left + 1].first()
        return at or traces.values_list("trace_id", flat=True).reverse().first() or ""
    last = ""
    for trace_id, turn_count in traces.values_list("trace_id", "turn_count").iterator():
        last = trace_id
        if left < turn_count:
            break
        left -= turn_count
    turns = list(turns_in(traces.filter(trace_id=last).only(*TURN_COLUMNS)))
    return turns[min(left, len(turns) - 1)].turn_id if turns else ""


def one_turn(session: Session, turn_id: str) -> Turn | None:
    """Return one turn with both texts, unless they are too long for one answer."""
    turn = _turn(traces_of(session), turn_id)
    if turn is None:
        return None
    before = Windows(session, "").back(turn.whole.started_at, turn.trace_id, 1)
    before += list(turns_in([turn.whole]))[: turn.place]
    reading = load_readings([turn], before[-1:])[0]
    if weight(reading) > WINDOW_CHARACTERS:  # the side that is left out is read by itself
        reading = replace(reading, input=_unread(reading.input))
    if weight(reading) > WINDOW_CHARACTERS:
        reading = replace(reading, output=_unread(reading.output))
    return Turn(trace=turn, number=0, idle_ms=None, reading=reading)


def _turn(traces: QuerySet[Any], turn_id: str) -> Any:
    return find_turn(traces.filter(trace_id__in=trace_ids_of(turn_id)).only(*TURN_COLUMNS), turn_id)


def _edge(started_at: datetime, trace_id: str) -> tuple[Tuple, tuple[datetime, str]]:
    return Tuple("started_at", "trace_id"), (started_at, trace_id)


@dataclass(frozen=True)
class Windows:
    """What windows of a session are cut from: its turns, or those that the filter `only` keeps."""

    session: Session
    only: str
    is_printed: bool = False  # with whole texts, however long the window gets

    @cached_property
    def traces(self) -> QuerySet[Trace]:
        return traces_of(self.session, self.only)

    def ahead(self, limit: int, traces: QuerySet[Trace] | None = None) -> list[Trace]:
        """Return the turns of the first traces, `limit` of them or somewhat more."""
        traces = self.traces if traces is None else traces
        return kept(turns_in(traces.order_by("started_at", "trace_id").only(*TURN_COLUMNS)[:limit]), self.only)

    def back(self, started_at: datetime, trace_id: str, limit: int) -> list[Trace]:
        """Return the turns of the last traces before a place."""
        earlier = self.traces.filter(TupleLessThan(*_edge(started_at, trace_id))).order_by("-started_at", "-trace_id")
        return kept(turns_in(list(earlier.only(*TURN_COLUMNS)[:limit])[::-1]), self.only)

    def page(
        self,
        prior: Sequence[Trace],
        traces: Sequence[Trace],
        number: int,
        cursor: Cursor | None = None,
        *,
        has_more: bool,
    ) -> TurnPage:
        """Return a window. `prior` is the turn before it; `number` is that of its first turn if no turn is hidden."""
        if not traces:
            return TurnPage(turns=[], previous=None, following=None, last=None)
        numbers = self._numbers([*prior, *traces], number - len(prior))
        ended_at = cursor.ended_at if cursor else prior[-1].ended_at if prior else None
        turns = list(self._numbered(prior, traces, numbers, ended_at))
        first, last = turns[0].trace, turns[-1].trace
        ended = max([turn.trace.ended_at for turn in turns] + [ended_at or last.ended_at])
        end = Cursor(number=turns[-1].number, ended_at=ended, started_at=last.whole.started_at, turn_id=last.turn_id)
        start = Cursor(
            number=turns[0].number, ended_at=first.ended_at, started_at=first.whole.started_at, turn_id=first.turn_id
        )
        is_first = turns[0].number == 1 or (not prior and cursor is None)
        return TurnPage(
            turns=turns, previous=None if is_first else start, following=end if has_more else None, last=end
        )

    def _numbers(self, traces: Sequence[Trace], start: int) -> list[int]:
        if self.only not in ONLY:
            return list(range(start, start + len(traces)))
        before = prior_turns(self.session, traces)
        return [before.get(trace.trace_id, 0) + trace.place + 1 for trace in traces]

    def _numbered(
        self, prior: Sequence[Trace], traces: Sequence[Trace], numbers: Sequence[int], ended_at: datetime | None
    ) -> Iterator[Turn]:
        """Yield turns. `numbers` begin with that of `prior`; `ended_at` is when everything before them had ended."""
        left = min(WINDOW_BUDGET_CHARACTERS, WINDOW_CHARACTERS - TURN * len(traces))
        own = numbers[len(prior) :]
        follows = [number == before + 1 for before, number in pairwise([*(numbers if prior else [0, *numbers])])]
        apart = {trace.turn_id for trace, is_next in zip(traces, follows, strict=True) if not is_next}
        head = PRINTED_HEAD_CHARACTERS if self.is_printed else TURN_HEAD_CHARACTERS
        readings = load_readings(traces, prior, apart=apart, head=head)
        for trace, reading, number in zip(traces, readings, own, strict=True):
            idle = trace.started_at - ended_at if ended_at and trace.turn_id not in apart else timedelta()
            ended_at = max(trace.ended_at, ended_at) if ended_at else trace.ended_at
            left -= weight(reading)
            reading = reading if left >= 0 or self.is_printed else _closed(reading)
            yield Turn(
                trace=trace,
                number=number,
                idle_ms=idle // timedelta(milliseconds=1) if idle >= IDLE_SHOWN else None,
                reading=reading,
            )


def _closed(reading: TurnReading) -> TurnReading:
    """Return the turn without its texts, which are loaded when a reader reaches it."""
    left_out = len(reading.tools) + reading.tools_left_out
    return replace(
        reading, input=_unread(reading.input), output=_unread(reading.output), tools=[], tools_left_out=left_out
    )


def _unread(spoken: Spoken | None) -> Spoken | None:
    return replace(spoken, shown=None) if spoken else None
