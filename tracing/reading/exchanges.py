"""The turns that traces hold: a trace is one, unless it is a conversation of several exchanges.

An exchange reads like a trace: it is a copy of the trace, with texts, times and sums of its own."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from tracing.models import Trace

EXCHANGE_SUMS = ("span_count", "error_count", "unmeasured_count", "unpriced_count", "total_tokens")
TURN_SEPARATOR = ":"  # between the ids of a trace and of the span that began an exchange


def turns_in(traces: Iterable[Trace]) -> Iterator[Trace]:
    """Yield the turns of traces in order."""
    for trace in traces:
        if trace.exchanges:
            yield from (_exchange(trace, told, place) for place, told in enumerate(trace.exchanges))
        else:
            yield trace


def find_turn(traces: Iterable[Trace], turn_id: str) -> Trace | None:
    """Return the turn with an id; the id of a trace is that of its first turn."""
    found = list(turns_in(traces))
    named = next((turn for turn in found if turn.turn_id == turn_id), None)
    return named or next((turn for turn in found if turn.trace_id == turn_id), None)


def turn_id_of(trace_id: str, span_id: str) -> str:
    """Return the id of the turn of a trace that a span began."""
    return f"{trace_id}{TURN_SEPARATOR}{span_id}"


def trace_ids_of(turn_id: str) -> list[str]:
    """Return the ids that the trace of a turn may have. Ids of traces are any text."""
    head, separator, _ = turn_id.rpartition(TURN_SEPARATOR)
    return [turn_id, head] if separator else [turn_id]


def _exchange(trace: Trace, told: dict[str, Any], place: int) -> Trace:
    turn = Trace.__new__(Trace)
    turn.__dict__.update(trace.__dict__)
    turn.turn_id = turn_id_of(trace.trace_id, told["id"])
    turn.whole, turn.place, turn.exchange_span_id = trace, place, told["id"]
    turn.input_span_id, turn.output_span_id = told["input"], told["output"]
    turn.input_preview = turn.output_preview = ""
    turn.started_at, turn.ended_at = map(datetime.fromisoformat, (told["started_at"], told["ended_at"]))
    turn.total_cost = Decimal(told["total_cost"])
    turn.usage_by_model = {model: {} for model in told["models"]}
    for name in EXCHANGE_SUMS:
        setattr(turn, name, told[name])
    return turn
