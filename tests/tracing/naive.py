"""The rule of counting once more, straight from docs/numbers.md and as slow as it is plain."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

from tests.tracing.naive_runs import is_above, reported_tokens, steps_of, steps_over_traces, used
from tracing.records import VOICE_KINDS, Kind, Level
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
    if span.level == Level.ERROR and not sums.failures:
        silent = [s for s in spans if s.span_id in sums.unmeasured & sums.unpriced and has_no_answer(s)]
        refused = {s.span_id for s in sorted(silent, key=lambda s: (s.started_at, s.span_id))[-1:]}
        sums.calls, sums.unmeasured = sums.calls - refused, sums.unmeasured - refused
        sums.unpriced = sums.unpriced - refused
    below = replace(sums, tokens=dict(sums.tokens))
    own, usage = reported_tokens(span), any(reported_tokens(span).values())
    is_refused = span.level == Level.ERROR
    is_model = span.kind == Kind.GENERATION or (span.kind == Kind.EMBEDDING and span.model)
    if not below.calls and not is_silent and (usage or (is_model and not is_refused)):
        sums.calls = set() if span.kind in VOICE_KINDS else {span.span_id}
        sums.unmeasured = sums.unmeasured | (set() if usage else {span.span_id})
        sums.unpriced = sums.unpriced | (set() if span.total_cost is not None else {span.span_id})
    if usage:
        sums.tokens = {name: max(own[name], below.tokens[name]) for name in own}
        sums.tokens["total_tokens"] = max(
            sums.tokens["total_tokens"], sums.tokens["input_tokens"] + sums.tokens["output_tokens"]
        )
        if sums.tokens["total_tokens"] > below.tokens["total_tokens"]:
            sums.unmeasured = set()
    knows_all = usage and all(own[name] >= below.tokens[name] for name in ("input_tokens", "output_tokens"))
    knows_more = any(own[name] > below.tokens[name] for name in ("input_tokens", "output_tokens"))
    if span.total_cost is not None and span.has_bill:
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


def told_once(spans: Sequence[SpanRow]) -> list[SpanRow]:
    """The spans with each call once. What tells a call again says nothing anymore."""
    once = {span.span_id: span for span in spans}
    for told in told_calls(spans):
        inner = [s for s in told if not any(is_above(s, other, spans) for other in told)]
        calls = [s for s in spans if s.kind in (Kind.GENERATION, Kind.EMBEDDING)]
        fullest = sorted(told, key=fullness)[0]
        place = min(inner, key=lambda s: (not any(is_above(s, call, spans) for call in calls), fullness(s)))
        merged = replace(
            fullest, span_id=place.span_id, parent_id=place.parent_id,
            level=max((s.level for s in told if s.level is not None), default=None),
        )  # fmt: skip
        billed = sorted((s for s in told if s.has_bill), key=fullness)
        if billed and not fullest.has_bill:
            merged.total_cost, merged.stated_costs = billed[0].total_cost, billed[0].stated_costs
            merged.input_cost, merged.output_cost = billed[0].input_cost, billed[0].output_cost
        for span in told:
            once[span.span_id] = replace(
                span, kind=Kind.SPAN, level=None, total_cost=None, stated_costs=0,
                input_tokens=None, output_tokens=None, total_tokens=None,
            )  # fmt: skip
        once[place.span_id] = merged
    return list(once.values())


def told_calls(spans: Sequence[SpanRow]) -> list[list[SpanRow]]:
    """The calls that several spans tell, each with its spans."""
    calls = [s for s in spans if s.kind in (Kind.GENERATION, Kind.EMBEDDING)]
    in_order = sorted(calls, key=lambda s: (s.started_at, s.span_id))
    told = [[call] for call in in_order]
    for rule, place in (
        (same_answer, lambda s: s.response_id),
        (same_usage, lambda s: (s.model, used(s))),
        (silent_inside, beside),
    ):
        for here in dict.fromkeys(place(call) for call in in_order):
            for call in list(told):
                earlier = told[: next(n for n, other in enumerate(told) if other is call)]
                if rule is same_answer:  # the latest of those whose first span is a report of the same answer
                    earlier = [other for other in reversed(earlier) if other[0].response_id == here][:1]
                for other in earlier:
                    known = [s for s in (other[:1] if rule is same_answer else other) if place(s) == here]
                    pairs = [(one, span) for one in known for span in call if place(span) == here]
                    if may_be_one(other, call, rule) and any(rule(one, span, spans) for one, span in pairs):
                        other.extend(call)
                        told = [one for one in told if one is not call]
                        break
    return [call for call in told if len(call) > 1]


def may_be_one(one: list[SpanRow], other: list[SpanRow], rule: object) -> bool:
    ids = {span.response_id for span in [*one, *other]} - {None}
    return rule is same_answer or (len(ids) < 2 and not {s.scope for s in one} & {s.scope for s in other})


def beside(span: SpanRow) -> object:
    return span.model, span.parent_id, span.level == Level.ERROR


def same_answer(one: SpanRow, other: SpanRow, spans: Sequence[SpanRow]) -> bool:
    if one.response_id is None or one.response_id != other.response_id:
        return False
    if used(one) is None or used(other) is None or used(one) == used(other):
        return True
    return at_the_same_time(one, other) and not is_above(one, other, spans) and not is_above(other, one, spans)


def same_usage(one: SpanRow, other: SpanRow, spans: Sequence[SpanRow]) -> bool:
    is_alike = one.model == other.model and used(one) is not None and used(one) == used(other)
    return is_alike and at_the_same_time(one, other)


def silent_inside(one: SpanRow, other: SpanRow, spans: Sequence[SpanRow]) -> bool:
    if (used(one) and used(other)) or one.ended_at is None or other.ended_at is None:
        return False
    outer = [one, other] if one.ended_at - one.started_at >= other.ended_at - other.started_at else [other, one]
    early, late = outer[1].started_at - outer[0].started_at, outer[0].ended_at - outer[1].ended_at
    return min(early, late) >= -timedelta(milliseconds=5)


def at_the_same_time(one: SpanRow, other: SpanRow) -> bool:
    ends = [span.ended_at or span.started_at for span in (one, other)]
    return one.started_at == other.started_at or (one.started_at < ends[1] and other.started_at < ends[0])


def fullness(span: SpanRow) -> tuple[object, ...]:
    """Sorts the fullest report first, and of those that say as much, the shortest."""
    parts = ("input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens", "reasoning_tokens")
    said = sum(getattr(span, part) is not None for part in parts)
    length = span.ended_at - span.started_at if span.ended_at else timedelta.max
    return used(span) is None, -said, not span.has_bill, span.total_cost is None, length, span.span_id


def has_no_answer(span: SpanRow) -> bool:
    """Whether nothing says that a model answered."""
    return span.output_size is None and span.response_id is None and span.completion_started_at is None


def naive_branches(spans: Sequence[SpanRow]) -> list[Naive]:
    """Count every branch of a trace. Parents must form no loop."""
    return branches_of(steps_of(told_once(spans)))


def naive_session(traces: Sequence[Sequence[SpanRow]]) -> list[Naive]:
    """Count every branch of the traces of a session."""
    steps = steps_over_traces([told_once(spans) for spans in traces])
    return [branch for spans in steps for branch in branches_of(spans)]


def branches_of(spans: Sequence[SpanRow]) -> list[Naive]:
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
