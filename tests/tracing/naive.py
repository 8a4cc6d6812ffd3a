"""The rule of counting once more, straight from docs/numbers.md and as slow as it is plain."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

from tracing.records import Kind, Level
from tracing.store.rows import SpanRow


@dataclass
class Naive:
    """What a branch of the tree adds up to, by docs/numbers.md."""

    tokens: dict[str, int]
    stated: Decimal = Decimal(0)
    computed: Decimal = Decimal(0)
    calls: set[str] = field(default_factory=set)
    unmeasured: set[str] = field(default_factory=set)
    unpriced: set[str] = field(default_factory=set)
    has_usage: bool = False
    has_cost: bool = False
    failures: int = 0

    @property
    def cost(self) -> Decimal:
        return self.stated + self.computed


def reported_tokens(span: SpanRow) -> dict[str, int]:
    tokens = {name: getattr(span, name) or 0 for name in ("input_tokens", "output_tokens", "total_tokens")}
    return tokens | {"total_tokens": max(tokens["total_tokens"], tokens["input_tokens"] + tokens["output_tokens"])}


def naive(span: SpanRow, spans: Sequence[SpanRow]) -> Naive:
    """Straight from the rule, from the top down."""
    branches = [naive(child, spans) for child in spans if child.parent_id == span.span_id]
    is_silent = is_told_by_another(span, spans)
    sums = Naive({name: sum(b.tokens[name] for b in branches) for name in reported_tokens(span)})
    for branch in branches:
        sums.stated, sums.computed = sums.stated + branch.stated, sums.computed + branch.computed
        sums.calls, sums.failures = sums.calls | branch.calls, sums.failures + branch.failures
        sums.unmeasured, sums.unpriced = sums.unmeasured | branch.unmeasured, sums.unpriced | branch.unpriced
        sums.has_usage, sums.has_cost = sums.has_usage or branch.has_usage, sums.has_cost or branch.has_cost
    below = replace(sums, tokens=dict(sums.tokens))
    own, usage = reported_tokens(span), any(reported_tokens(span).values())
    is_refused = span.level == Level.ERROR
    is_model = span.kind == Kind.GENERATION or (span.kind == Kind.EMBEDDING and span.model)
    if not below.calls and not is_silent and (usage or (is_model and not is_refused)):
        sums.calls = {span.span_id}
        sums.unmeasured = set() if usage else {span.span_id}
        sums.unpriced = set() if span.total_cost is not None else {span.span_id}
    if usage:
        sums.tokens = {name: max(own[name], below.tokens[name]) for name in own}
        sums.tokens["total_tokens"] = max(
            sums.tokens["total_tokens"], sums.tokens["input_tokens"] + sums.tokens["output_tokens"]
        )
        if sums.tokens["total_tokens"] > below.tokens["total_tokens"]:
            sums.unmeasured = set()
    knows_all = usage and all(own[name] >= below.tokens[name] for name in ("input_tokens", "output_tokens"))
    knows_more = any(own[name] > below.tokens[name] for name in ("input_tokens", "output_tokens"))
    if span.total_cost is not None and span.stated_costs:
        if not below.has_cost or span.total_cost > below.stated:
            sums.stated, sums.computed, sums.unpriced = span.total_cost, Decimal(0), set()
    elif span.total_cost is not None and (not below.has_cost or knows_more or (knows_all and below.unpriced)):
        if below.stated:
            for side in ("input", "output"):
                whole = own[f"{side}_tokens"]
                more = max(0, whole - below.tokens[f"{side}_tokens"])
                share = (getattr(span, f"{side}_cost") or Decimal(0)) * more / whole if whole else Decimal(0)
                sums.computed += round(share, 12)
        else:
            sums.computed = max(span.total_cost, below.computed)
        sums.unpriced = set() if knows_all else below.unpriced
    sums.has_usage, sums.has_cost = below.has_usage or usage, below.has_cost or span.total_cost is not None
    sums.failures = below.failures or int(span.level == Level.ERROR)
    return sums


def naive_branches(spans: Sequence[SpanRow]) -> list[Naive]:
    """Count every branch of a trace. Parents must form no loop."""
    ids = {span.span_id for span in spans}
    return [naive(span, spans) for span in spans if span.parent_id not in ids]


def is_told_by_another(span: SpanRow, spans: Sequence[SpanRow]) -> bool:
    """Whether the next call of the same model beside this one reports it."""
    if span.kind not in (Kind.GENERATION, Kind.EMBEDDING) or not span.model or span.ended_at is None:
        return False
    if any(reported_tokens(span).values()) or span.total_cost is not None or span.level == Level.ERROR:
        return False
    ids = {other.span_id for other in spans}
    parent = span.parent_id if span.parent_id in ids else None
    beside = [
        other
        for other in spans
        if other.model == span.model
        and other.kind in (Kind.GENERATION, Kind.EMBEDDING)
        and (other.parent_id if other.parent_id in ids else None) == parent
        and (other.started_at, other.span_id) > (span.started_at, span.span_id)
    ]
    if not beside:
        return False
    following = min(beside, key=lambda other: (other.started_at, other.span_id))
    tells = any(reported_tokens(following).values()) or following.total_cost is not None
    if not tells and following.level != Level.ERROR:
        return False
    gap = following.started_at - span.ended_at
    return following.started_at == following.ended_at or timedelta(0) <= gap <= timedelta(milliseconds=2)
