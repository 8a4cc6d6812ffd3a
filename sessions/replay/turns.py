"""The turns of a session in order, one window at a time and in both directions.

However long the session, a window costs the same: an index range beside the place where it starts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet, Sum
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThanOrEqual, TupleLessThan

from projects.values import moment_in, whole_number
from sessions.models import Session
from sessions.replay.weights import TURN, weight
from tracing.models import Trace
from tracing.reading.exchanges import find_turn, trace_ids_of, turns_in
from tracing.reading.turns import Spoken, TurnReading, load_readings

TURNS_PER_PAGE = 30
FIRST_PAGE = 10  # turns of the window that a page opens with: more than a screen shows, and soon there
CONTEXT = 2  # turns before the one that was asked for
# Characters of a window's texts, and of its HTML; the texts of later turns come when they are reached.
WINDOW_BUDGET_CHARACTERS, WINDOW_CHARACTERS = 120_000, 230_000
IDLE_SHOWN = timedelta(seconds=30)  # a shorter wait is part of talking
# All that a turn shows beside its texts; metadata and claims may be large.
TURN_COLUMNS = (
    "project_id", "trace_id", "bucket", "session_id", "user_id", "name", "started_at", "ended_at", "updated_at",
    "input_preview", "output_preview", "input_span_id", "output_span_id", "span_count", "error_count",
    "unmeasured_count", "unpriced_count", "total_tokens", "total_cost", "usage_by_model", "environment", "exchanges",
)  # fmt: skip
# What a reader may narrow a conversation to: the parameter's value, the words on its button, the condition.
ONLY = {
    "errors": ("Errors", Q(error_count__gt=0)),
    "tools": ("Tools", ~Q(tool_names=[])),
    "generations": ("Model calls", Q(call_count__gt=0)),
}


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
class Cursor:
    """The edge of a window, as a URL carries it: `<number>~<end so far>~<start of its trace>~<id of the turn>`."""

    number: int
    ended_at: datetime
    started_at: datetime
    turn_id: str

    def __str__(self) -> str:
        return f"{self.number}~{self.ended_at.isoformat()}~{self.started_at.isoformat()}~{self.turn_id}"

    @property
    def trace_ids(self) -> list[str]:
        """Return the ids that the turn's trace may have."""
        return trace_ids_of(self.turn_id)

    @classmethod
    def read(cls, text: str) -> "Cursor | None":
        """Return the cursor in a text, or None if it is none: the page then starts at the beginning."""
        try:
            number, ended, started, turn_id = text.split("~", 3)
        except ValueError:
            return None
        counted, ended_at, started_at = whole_number(number), moment_in(ended), moment_in(started)
        if counted is None or ended_at is None or started_at is None:
            return None
        return cls(number=counted, ended_at=ended_at, started_at=started_at, turn_id=turn_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnPage:
    """A window, and the edges beyond which there is more, None where there is nothing. `last` is its end."""

    turns: list[Turn]
    previous: Cursor | None
    following: Cursor | None
    last: Cursor | None


def traces_of(session: Session, only: str = "") -> QuerySet[Trace]:
    """Return the session's traces, or those that the filter `only` keeps."""
    traces: QuerySet[Trace] = Trace.objects.for_project(session.project_id).filter(session_id=session.session_id)
    return traces.filter(ONLY[only][1]) if only in ONLY else traces


def turns_after(session: Session, cursor: Cursor | None = None, *, only: str = "") -> TurnPage:
    """Return the window behind `cursor`, or the first.

    Three queries, bounded whatever the size of the session."""
    traces = traces_of(session, only)
    if cursor is None:
        found = _ahead(traces, FIRST_PAGE + 1)
        return _page([], found[:FIRST_PAGE], 1, None, has_more=len(found) > FIRST_PAGE)
    later = traces.filter(TupleGreaterThanOrEqual(*_edge(cursor.started_at, cursor.trace_ids[-1])))
    found = _ahead(later, TURNS_PER_PAGE + 2)
    seen = next((place for place, turn in enumerate(found, start=1) if turn.turn_id == cursor.turn_id), 0)
    prior, found = found[:seen][-1:], found[seen:]
    return _page(
        prior, found[:TURNS_PER_PAGE], cursor.number + 1, cursor.ended_at, has_more=len(found) > TURNS_PER_PAGE
    )


def turns_before(session: Session, cursor: Cursor, *, only: str = "") -> TurnPage:
    """Return the window that ends where `cursor` begins."""
    traces = traces_of(session, only)
    own = list(turns_in(traces.filter(trace_id__in=cursor.trace_ids).only(*TURN_COLUMNS)))
    seen = next((place for place, turn in enumerate(own) if turn.turn_id == cursor.turn_id), 0)
    found = _back(traces, cursor.started_at, cursor.trace_ids[-1], TURNS_PER_PAGE + 1) + own[:seen]
    prior, found = found[:-TURNS_PER_PAGE][-1:], found[-TURNS_PER_PAGE:]
    return _page(prior, found, max(1, cursor.number - len(found)), None, has_more=True)


def turns_around(session: Session, turn_id: str, *, only: str = "") -> TurnPage | None:
    """Return the window around a turn, or None if the session has no such turn."""
    traces = traces_of(session, only)
    asked = _turn(traces, turn_id)
    if asked is None:
        return None
    edge = _edge(asked.whole.started_at, asked.trace_id)
    before = _back(traces, *edge[1], CONTEXT + 1)
    found = before + _ahead(traces.filter(TupleGreaterThanOrEqual(*edge)), asked.place + FIRST_PAGE + 1)
    start = max(0, len(before) + asked.place - CONTEXT)
    number = turn_count_of(session, traces.filter(TupleLessThan(*edge))) - len(before) + start + 1
    window = found[start : start + FIRST_PAGE]
    return _page(found[:start][-1:], window, number, None, has_more=len(found) > start + FIRST_PAGE)


def turn_count_of(session: Session, traces: QuerySet[Trace]) -> int:
    """Return how many turns these traces of a session are."""
    if session.turn_count == session.trace_count:
        return traces.count()
    turns: int = traces.aggregate(turns=Sum("turn_count", default=0))["turns"]
    return turns


def turn_at(session: Session, number: int, *, only: str = "") -> str:
    """Return the id of the turn with this number, of the last one if there are fewer, or "" if there is none."""
    traces = traces_of(session, only).order_by("started_at", "trace_id")
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
    before = _back(traces_of(session), turn.whole.started_at, turn.trace_id, 1)
    before += list(turns_in([turn.whole]))[: turn.place]
    reading = load_readings([turn], before[-1:])[0]
    if weight(reading) > WINDOW_CHARACTERS:  # the side that is left out is read by itself
        reading = replace(reading, input=_unread(reading.input))
    if weight(reading) > WINDOW_CHARACTERS:
        reading = replace(reading, output=_unread(reading.output))
    return Turn(trace=turn, number=0, idle_ms=None, reading=reading)


def _turn(traces: QuerySet[Trace], turn_id: str) -> Trace | None:
    return find_turn(traces.filter(trace_id__in=trace_ids_of(turn_id)).only(*TURN_COLUMNS), turn_id)


def _edge(started_at: datetime, trace_id: str) -> tuple[Tuple, tuple[datetime, str]]:
    return Tuple("started_at", "trace_id"), (started_at, trace_id)


def _ahead(traces: QuerySet[Trace], limit: int) -> list[Trace]:
    """Return the turns of the next traces, `limit` of them or somewhat more."""
    return list(turns_in(traces.order_by("started_at", "trace_id").only(*TURN_COLUMNS)[:limit]))


def _back(traces: QuerySet[Trace], started_at: datetime, trace_id: str, limit: int) -> list[Trace]:
    earlier = traces.filter(TupleLessThan(*_edge(started_at, trace_id))).order_by("-started_at", "-trace_id")
    return list(turns_in(list(earlier.only(*TURN_COLUMNS)[:limit])[::-1]))


def _page(
    prior: Sequence[Trace], traces: Sequence[Trace], number: int, ended_at: datetime | None, *, has_more: bool
) -> TurnPage:
    """Return a window.

    `prior` is the trace before it, `ended_at` the time at which everything before it had ended."""
    if ended_at is None and prior:
        ended_at = prior[-1].ended_at
    turns = list(_numbered(prior, traces, number, ended_at))
    if not turns:
        return TurnPage(turns=[], previous=None, following=None, last=None)
    first, last = turns[0].trace, turns[-1].trace
    ended = max([turn.trace.ended_at for turn in turns] + [ended_at or last.ended_at])
    end = Cursor(number=turns[-1].number, ended_at=ended, started_at=last.whole.started_at, turn_id=last.turn_id)
    start = Cursor(
        number=turns[0].number, ended_at=first.ended_at, started_at=first.whole.started_at, turn_id=first.turn_id
    )
    return TurnPage(
        turns=turns, previous=start if turns[0].number > 1 else None, following=end if has_more else None, last=end
    )


def _numbered(prior: Sequence[Trace], traces: Sequence[Trace], start: int, ended_at: datetime | None) -> Iterator[Turn]:
    left = min(WINDOW_BUDGET_CHARACTERS, WINDOW_CHARACTERS - TURN * len(traces))
    for number, (trace, reading) in enumerate(zip(traces, load_readings(traces, prior), strict=True), start=start):
        idle = trace.started_at - ended_at if ended_at else timedelta()
        ended_at = max(trace.ended_at, ended_at) if ended_at else trace.ended_at
        left -= weight(reading)
        reading = reading if left >= 0 else _closed(reading)
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
