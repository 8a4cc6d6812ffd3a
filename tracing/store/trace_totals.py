"""Sums up a trace: one pure function of its spans, used while storing, while recomputing, and to explain numbers.

Tokens, costs and failures count by the rule of tracing/store/counting.py. Everything else comes from the claims of the
spans about their trace."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any

from tracing.records import Kind, Origin
from tracing.store.counting import Counted, count
from tracing.store.exchanges import described, find_exchanges
from tracing.store.latency import Slots, latencies_of
from tracing.store.rows import SpanRow, age
from tracing.store.run_reports import NO_EARLIER_USE, EarlierUse
from tracing.store.span_tree import parents_of
from tracing.store.speakers import speakers
from tracing.store.witnesses import COST_FIELDS, TOKEN_FIELDS, TOTAL_PLACE, ZERO

SUMMED_COUNTS = ("call_count", "unmeasured_count", "unpriced_count", "input_tokens", "output_tokens", "total_tokens")
NO_USAGE: dict[str, Any] = {
    **dict.fromkeys(("call_count", "unmeasured_count", "unpriced_count", *TOKEN_FIELDS), 0),
    **dict.fromkeys(COST_FIELDS, ZERO),
    "not_itemised_tokens": 0,
}
SCALAR_CLAIMS = ("user_id", "name", "release", "version", "environment", "public")


@dataclass(slots=True)
class Totals:
    """The computed columns of a trace."""

    session_id: str | None = None
    other_session_ids: list[str] = field(default_factory=list)  # also claimed, but not chosen
    user_id: str | None = None
    name: str | None = None
    environment: str = "default"
    release: str | None = None
    version: str | None = None
    public: bool = False
    tags: list[str] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)
    started_at: datetime | None = None
    ended_at: datetime | None = None
    root_span_id: str | None = None
    input_span_id: str | None = None
    output_span_id: str | None = None
    span_count: int = 0
    call_count: int = 0
    error_count: int = 0
    unmeasured_count: int = 0
    unpriced_count: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0
    input_cost: Decimal = ZERO
    output_cost: Decimal = ZERO
    total_cost: Decimal = ZERO
    usage_by_model: dict[str, dict[str, Any]] = field(default_factory=dict)
    tool_names: list[str] = field(default_factory=list)
    latencies: dict[str, Slots] = field(default_factory=dict)
    left_out: dict[str, Any] = field(default_factory=dict)  # see Trace.left_out; {} when nothing
    exchanges: list[dict[str, Any]] | None = None  # see Trace.exchanges; None for a trace of one turn
    turn_count: int = 1
    run_reports: list[list[Any]] | None = None  # see Trace.run_reports
    has_open_run: bool = False
    content_hash: int = 0  # see Trace.content_hash


def roll_up(spans: Sequence[SpanRow], claims: Mapping[str, Any], earlier: Mapping[str, Any] | None = None) -> Totals:
    """Sum up one trace.

    `claims` has what was reported about it outside any span, and `earlier` what its running totals repeat of the traces
    before it. The order of `spans` does not matter."""
    totals = Totals(span_count=len(spans), content_hash=_content_hash(spans))
    parents = parents_of(spans)
    root = _root(spans, parents)
    totals.root_span_id = root.span_id if root else None
    counted = count(spans, parents, EarlierUse.from_json(earlier) if earlier else NO_EARLIER_USE)
    _count(totals, counted)
    _measure(totals, spans)
    totals.latencies = latencies_of(spans)
    exchanges = described(find_exchanges(spans, parents), counted)
    _choose_texts(totals, speakers(spans, parents, root, claims), exchanges)
    _decide(totals, list(_by_weight(spans, root, claims)))
    if totals.name is None and root is not None:
        totals.name = root.name
    run = {span.name for span in spans if span.kind == Kind.TOOL and span.name}
    called = {name for span in spans if span.claims for name in span.claims.get("tool_names") or ()}
    totals.tool_names = sorted(run | called)
    return totals


def _content_hash(spans: Sequence[SpanRow]) -> int:
    """Return 64 bits that change with the texts of any span, and with nothing else."""
    told = "\n".join(sorted(f"{span.text_hash} {span.span_id}" for span in spans))
    digest = blake2b(told.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _root(spans: Sequence[SpanRow], parents: Mapping[str, str | None]) -> SpanRow | None:
    tops = (span for span in spans if span.is_root or parents[span.span_id] is None)
    return min(tops, key=lambda span: (not span.is_root, span.parent_id is not None, *age(span)), default=None)


def _count(totals: Totals, counted: Counted) -> None:
    totals.error_count = counted.error_count
    totals.left_out = counted.left_out
    if counted.reports:
        totals.run_reports = [report.as_json() for report in counted.reports]
        totals.has_open_run = any(report.is_open for report in counted.reports)
    for work in counted.work:
        counts = {
            "call_count": int(work.is_call),
            "unmeasured_count": int(work.is_unmeasured),
            "unpriced_count": int(work.is_unpriced),
            **dict(zip(TOKEN_FIELDS, work.tokens, strict=True)),
        }
        usage = totals.usage_by_model.setdefault(work.span.model or "unknown", NO_USAGE.copy())
        for name, number in counts.items():
            usage[name] += number
            if name in SUMMED_COUNTS:
                setattr(totals, name, getattr(totals, name) + number)
        for name, cost in zip(COST_FIELDS, work.costs, strict=True):
            usage[name] += cost
            setattr(totals, name, getattr(totals, name) + cost)
        if not work.is_itemised:
            usage["not_itemised_tokens"] += work.tokens[TOTAL_PLACE]
    for usage in totals.usage_by_model.values():
        usage |= {name: str(usage[name]) for name in COST_FIELDS}


def _measure(totals: Totals, spans: Sequence[SpanRow]) -> None:
    starts = [span.started_at for span in spans if span.started_at]
    ends = [at for span in spans for at in (span.ended_at, span.started_at) if at]
    totals.started_at = min(starts, default=None)
    totals.ended_at = max(ends, default=None)


def _choose_texts(totals: Totals, chosen: Mapping[str, str | None], exchanges: list[dict[str, Any]]) -> None:
    """Set the trace's texts and turns. A conversation begins with its first question and ends with its last answer."""
    is_conversation = len(exchanges) > 1
    for side, told in (("input", exchanges), ("output", exchanges[::-1])):
        source = chosen[side]
        if source is None or (is_conversation and source != ""):
            source = next((found[side] for found in told if found[side] is not None), source)
        setattr(totals, f"{side}_span_id", source)
    if is_conversation:
        totals.exchanges, totals.turn_count = exchanges, len(exchanges)


def _by_weight(
    spans: Sequence[SpanRow], root: SpanRow | None, claims: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    """Yield claims about the trace, strongest first: those of the trace itself, of its root, of its earliest span."""
    if claims:
        yield claims
    speaking = [span for span in spans if span.claims]
    for span in sorted(speaking, key=lambda span: (span is not root, *age(span))):
        assert span.claims is not None
        yield span.claims


def _decide(totals: Totals, claims: list[Mapping[str, Any]]) -> None:
    by_origin = sorted(
        (claim for claim in claims if "session_id" in claim),
        key=lambda claim: -claim.get("session_origin", Origin.APPLICATION),
    )
    if by_origin:
        totals.session_id = by_origin[0]["session_id"]
        best = by_origin[0].get("session_origin", Origin.APPLICATION)
        rivals = {c["session_id"] for c in by_origin if c.get("session_origin", Origin.APPLICATION) == best}
        totals.other_session_ids = sorted(rivals - {totals.session_id})
    for key in SCALAR_CLAIMS:
        if (value := next((claim[key] for claim in claims if claim.get(key) is not None), None)) is not None:
            setattr(totals, key, value)
    totals.tags = sorted({tag for claim in claims for tag in claim.get("tags") or ()})
    for claim in reversed(claims):
        totals.metadata |= claim.get("metadata") or {}
