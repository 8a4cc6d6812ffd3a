"""What spans above model calls report, beside what these calls report: amounts that can be stored and compared."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import blake2b
from typing import Any, Literal, Self, TypeAlias

from tracing.store.rows import SpanRow, microseconds
from tracing.store.witnesses import COST_FIELDS, TOKEN_FIELDS, TOTAL_PLACE, ZERO, has_usage, total_tokens

Amounts: TypeAlias = tuple[Any, ...]  # of REPORTED_NUMBERS
Calls: TypeAlias = Literal["inside", "own"]
REPORTED_NUMBERS = (*TOKEN_FIELDS, *COST_FIELDS)
NOTHING: Amounts = (0,) * len(TOKEN_FIELDS) + (ZERO,) * len(COST_FIELDS)
SIDE_PLACES = slice(0, TOTAL_PLACE)  # input and output tokens, of amounts
COST_PLACE = len(REPORTED_NUMBERS) - 1
MAX_KEY_CHARACTERS = 200
KEY_DIGITS_PATTERN = re.compile(r"[0-9]+")


@dataclass(slots=True)
class RunReport:
    """What a span above model calls reports, and what these calls report."""

    key: str  # of the reporter: its instrumentation, kind and name
    trace_id: str
    span_id: str
    at: int  # its start in microseconds
    used: Amounts | None  # None if it failed without a report
    inside: Amounts = NOTHING  # of all calls below it
    own: Amounts = NOTHING  # of those with no other reporter in between
    is_settled: bool = False  # by the reports of its own trace

    @property
    def is_open(self) -> bool:
        """Return whether earlier traces may explain what it has beyond its calls."""
        if self.used is None or self.is_settled:
            return False
        return (
            not any(self.inside[SIDE_PLACES])
            or surplus_of(self, "inside") is not None
            or surplus_of(self, "own") is not None
        )

    @classmethod
    def of(cls, span: SpanRow) -> Self:
        """Return the report of a span, without its calls."""
        name = KEY_DIGITS_PATTERN.sub("", (span.name or "")[:MAX_KEY_CHARACTERS])
        key = blake2b(f"{span.scope}\n{span.kind}\n{name}".encode("utf-8", "replace"), digest_size=6).hexdigest()
        assert span.started_at is not None
        used = amounts_of(span) if has_usage(span) else None
        return cls(key, span.trace_id, span.span_id, microseconds(span.started_at), used)

    @classmethod
    def from_json(cls, trace_id: str, stored: Sequence[Any]) -> Self:
        """Return the report of a trace that `as_json` described."""
        key, span_id, at, is_settled, *amounts = stored
        used, inside, own = (None if some is None else _from_json(some) for some in amounts)
        return cls(key, trace_id, span_id, at, used, inside or NOTHING, own or inside or NOTHING, is_settled)

    def as_json(self) -> list[Any]:
        """Return the report as it is stored with its trace."""
        own = None if self.own == self.inside else _to_json(self.own)
        used = None if self.used is None else _to_json(self.used)
        return [self.key, self.span_id, self.at, self.is_settled, used, _to_json(self.inside), own]


@dataclass(slots=True)
class EarlierUse:
    """What reports of a trace repeat of the traces before it, or may repeat, by the ids of their spans."""

    repeated: dict[str, Amounts] = field(default_factory=dict)
    doubtful: dict[str, Amounts] = field(default_factory=dict)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any] | None) -> Self:
        """Return what `as_json` described."""
        return cls(
            *(
                {i: _from_json(used) for i, used in (stored or {}).get(kind, {}).items()}
                for kind in ("repeated", "doubtful")
            )
        )

    def as_json(self) -> dict[str, Any] | None:
        """Return how it is stored with the trace, or None if there is nothing of it."""
        kinds = {"repeated": self.repeated, "doubtful": self.doubtful}
        return {kind: {i: _to_json(u) for i, u in sorted(of.items())} for kind, of in kinds.items() if of} or None


NO_EARLIER_USE = EarlierUse()


def surplus_of(report: RunReport, calls: Calls) -> Amounts | None:
    """Return the input and output that a report has beyond its calls, or None without any."""
    said = getattr(report, calls)[SIDE_PLACES]
    if report.used is None or not any(said):
        return None
    beyond = tuple(used - inside for used, inside in zip(report.used[SIDE_PLACES], said, strict=True))
    return beyond if min(beyond) >= 0 and any(beyond) else None


def amounts_of(span: SpanRow) -> Amounts:
    """Return what a span reports, with zeros for what it does not."""
    known = [getattr(span, name) or nothing for name, nothing in zip(REPORTED_NUMBERS, NOTHING, strict=True)]
    known[TOTAL_PLACE] = total_tokens(span)
    return tuple(known)


def _to_json(amounts: Amounts) -> list[Any]:
    """Return amounts with costs as text, without the zeros at the end."""
    values: list[Any] = [str(value) if isinstance(value, Decimal) and value else int(value) for value in amounts]
    while values and not values[-1]:
        values.pop()
    return values


def _from_json(values: Sequence[Any]) -> Amounts:
    """Return the amounts that `_to_json` described."""
    costs = (Decimal(value) for value in values[len(TOKEN_FIELDS) :])
    known = (*values[: len(TOKEN_FIELDS)], *costs)
    return known + NOTHING[len(known) :]
