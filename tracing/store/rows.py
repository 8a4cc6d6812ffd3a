"""Rows of the span table, made from reports and priced."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Self

import orjson
from xxhash import xxh3_64

from tracing.json_text import dump
from tracing.pricing.project_prices import LIST_PRICES, Prices
from tracing.records import SpanRecord
from tracing.store.utterances import utterances_of

STATED_INPUT, STATED_OUTPUT, STATED_TOTAL = 1, 2, 4
STATED = {"input_cost": STATED_INPUT, "output_cost": STATED_OUTPUT, "total_cost": STATED_TOTAL}
STATED_COSTS = STATED_INPUT | STATED_OUTPUT | STATED_TOTAL
GUESSED_COST = 8  # its price is that of another seller
COST_PRECISION = Decimal("1e-12")  # of a stored cost
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class SpanRow:
    """A row of the span table without its tenant and partition, in column order."""

    trace_id: str
    span_id: str
    parent_id: str | None = None
    is_root: bool = False
    name: str | None = None
    kind: int | None = None
    level: int | None = None
    status_message: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    completion_started_at: datetime | None = None
    provider: str | None = None
    model: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    input_cost: Decimal | None = None
    output_cost: Decimal | None = None
    total_cost: Decimal | None = None
    stated_costs: int = 0
    input_size: int | None = None
    output_size: int | None = None
    text_hash: int | None = None
    response_id: str | None = None
    scope: str | None = None
    price_details: dict[str, Any] | None = None  # PRICED_PARTS and the service tier, as far as they were reported
    claims: dict[str, Any] | None = None
    said: dict[str, int] | None = None
    received_at: datetime = EPOCH

    @property
    def has_bill(self) -> bool:
        """Return whether somebody stated a cost."""
        return bool(self.stated_costs & STATED_COSTS)

    @classmethod
    def from_row(cls, row: tuple[Any, ...]) -> Self:
        """Return the row from a SELECT of SPAN_ROW_COLUMNS, whose JSON is text."""
        values = list(row)
        for place in JSON_PLACES:
            values[place] = None if values[place] is None else orjson.loads(values[place])
        return cls(*values)


SPAN_ROW_COLUMNS = tuple(f.name for f in fields(SpanRow))
SPAN_JSON_COLUMNS = ("price_details", "claims", "said")
JSON_PLACES = tuple(map(SPAN_ROW_COLUMNS.index, SPAN_JSON_COLUMNS))
# Columns that one report may leave out and another may have.
MERGED = tuple(
    c
    for c in SPAN_ROW_COLUMNS
    if c not in {"trace_id", "span_id", "is_root", "stated_costs", "price_details", "claims", "said", "received_at"}
)
USAGE_COLUMNS = (
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
)


@dataclass(slots=True)
class Texts:
    """The long texts of a span. With span_id "", they are the input and output of the trace itself."""

    trace_id: str
    span_id: str
    input: str | None = None
    output: str | None = None
    raw: dict[str, Any] | None = None
    dumped: tuple[dict[str, Any], str] | None = (
        None  # the raw part and its JSON, which is needed twice: to be hashed and to be stored
    )

    def raw_json(self) -> str | None:
        """Return the raw part as JSON, or None if there is none."""
        if not self.raw:
            return None
        if self.dumped is None or self.dumped[0] is not self.raw:
            self.dumped = self.raw, dump(self.raw)
        return self.dumped[1]

    @property
    def say_something(self) -> bool:
        """Return whether there is any text."""
        return self.input is not None or self.output is not None or bool(self.raw)

    def hash(self) -> int:
        """Return 64 bits that differ if any of the texts does."""
        digest = xxh3_64()
        for text in (self.input, self.output, self.raw_json()):
            digest.update(b"\0" if text is None else text.encode("utf-8", "surrogatepass") + b"\1")
        return int.from_bytes(digest.digest(), "big", signed=True)

    def fill_from(self, known: "Texts") -> None:
        """Take over what this report does not have."""
        self.input = known.input if self.input is None else self.input
        self.output = known.output if self.output is None else self.output
        self.raw = merge_raw(known.raw, self.raw)


def merge_raw(known: dict[str, Any] | None, new: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the raw parts of two reports merged: mappings key by key, lists replaced if the newer one has any."""
    if not known or not new:
        return new or known
    both = {key: known[key] | new[key] for key in known.keys() & new.keys() if isinstance(known[key], dict)}
    return known | {key: value for key, value in new.items() if value} | both


def row_of(record: SpanRecord, received_at: datetime) -> SpanRow:
    """Return the row of one report.

    Costs are still those that were reported. `said` is set only for reports with the client's time."""
    row = SpanRow(
        trace_id=record.trace_id,
        span_id=record.span_id,
        parent_id=record.parent_id,
        is_root=bool(record.is_root),
        name=record.name,
        kind=None if record.kind is None else int(record.kind),
        level=None if record.level is None else int(record.level),
        status_message=record.status_message,
        started_at=record.started_at,
        ended_at=record.ended_at,
        completion_started_at=record.completion_started_at,
        provider=record.provider,
        model=record.model,
        input_cost=record.input_cost,
        output_cost=record.output_cost,
        total_cost=record.total_cost,
        input_size=record.input_size if record.input is None else record.input_size or len(record.input),
        output_size=record.output_size if record.output is None else record.output_size or len(record.output),
        response_id=record.response_id,
        scope=record.scope,
        claims=record.claims.said() | utterances_of(record.kind, record.name, record.input, record.output) or None,
        received_at=received_at,
    )
    if record.usage is not None:
        for column in USAGE_COLUMNS:
            setattr(row, column, getattr(record.usage, column))
        row.price_details = record.usage.priced_parts()
    if record.service_tier is not None:
        row.price_details = {**(row.price_details or {}), "service_tier": record.service_tier}
    row.stated_costs = sum(bit for column, bit in STATED.items() if getattr(row, column) is not None)
    if record.said_at is not None:
        row.said = dict.fromkeys(_said_fields(row), microseconds(record.said_at))
    return row


def priced(row: SpanRow, prices: Prices = LIST_PRICES) -> SpanRow:
    """Return the row with costs computed that the SDK did not report, if model and tokens are known."""
    forget_computed_costs(row)
    if row.model and (row.input_tokens or row.output_tokens) and (row.input_cost is None or row.output_cost is None):
        price = prices.price_of(
            row.model,
            row.provider,
            input_tokens=row.input_tokens or 0,
            output_tokens=row.output_tokens or 0,
            cached_tokens=row.cached_tokens or 0,
            cache_write_tokens=row.cache_write_tokens or 0,
            at=row.started_at,
            details=row.price_details,
        )
        if price is not None:
            row.input_cost = price.input_cost if row.input_cost is None else row.input_cost
            row.output_cost = price.output_cost if row.output_cost is None else row.output_cost
            row.stated_costs |= GUESSED_COST if price.is_guess and row.total_cost is None else 0
    if row.total_cost is None and (row.input_cost is not None or row.output_cost is not None):
        row.total_cost = (row.input_cost or Decimal(0)) + (row.output_cost or Decimal(0))
    for column in STATED:
        if (cost := getattr(row, column)) is not None:
            setattr(row, column, cost.quantize(COST_PRECISION))
    return row


def forget_computed_costs(row: SpanRow) -> None:
    """Leave only the costs that somebody stated."""
    row.stated_costs &= STATED_COSTS
    for column, bit in STATED.items():
        if not row.stated_costs & bit:
            setattr(row, column, None)


def start_of(row: SpanRow) -> datetime:
    """Return when a span started, or else arrived."""
    return row.started_at or row.received_at


def age(row: SpanRow) -> tuple[datetime, str]:
    """Return the order of spans: by their start, then by their id."""
    return row.started_at or row.received_at, row.span_id


def microseconds(at: datetime) -> int:
    """Return the exact number of microseconds since 1970."""
    return (at - EPOCH) // timedelta(microseconds=1)


def _said_fields(row: SpanRow) -> Iterable[str]:
    yield from (column for column in MERGED if getattr(row, column) is not None)
    if row.price_details:
        yield "price_details"
    yield from (f"claims.{key}" for key in row.claims or {})
