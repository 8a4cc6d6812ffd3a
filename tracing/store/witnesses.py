"""Compares what a span reports with the sum of the spans below it, and counts only the difference, field by field.

The rules stand in docs/numbers.md: the larger report counts, and a cost that somebody stated beats a price that was
computed for the same work."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from tracing.store.rows import COST_PRECISION, SpanRow

TOKEN_FIELDS = (
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
)
COST_FIELDS = ("input_cost", "output_cost", "total_cost")
INPUT_PLACE, OUTPUT_PLACE, TOTAL_PLACE = range(3)  # places in both
ZERO = Decimal(0)


@dataclass(slots=True)
class CountedWork:
    """Tokens and costs that one span adds to its trace.

    A call is unmeasured while no span reports its tokens, and unpriced while none reports its cost; a span above may
    still do so."""

    span: SpanRow
    tokens: list[int] = field(default_factory=lambda: [0] * len(TOKEN_FIELDS))
    costs: list[Decimal] = field(default_factory=lambda: [ZERO] * len(COST_FIELDS))  # USD
    is_call: bool = False
    is_itemised: bool = True  # False: a wrapper's surplus over the calls below it
    is_computed: bool = False  # its cost is a price of ours, which a stated one replaces
    is_unmeasured: bool = False
    is_unpriced: bool = False

    @property
    def is_open(self) -> bool:
        return self.is_computed or self.is_unmeasured or self.is_unpriced


@dataclass(slots=True)
class Subtotal:
    """The work of a span and of everything below it."""

    tokens: list[int] = field(default_factory=lambda: [0] * len(TOKEN_FIELDS))
    costs: list[Decimal] = field(default_factory=lambda: [ZERO] * len(COST_FIELDS))
    stated_cost: Decimal = ZERO  # the part of the total cost that somebody stated
    call_count: int = 0
    has_usage: bool = False
    has_cost: bool = False
    has_failure: bool = False
    open: list[CountedWork] = field(default_factory=list)  # what a span above may still settle

    def add(self, other: "Subtotal") -> None:
        """Add the work of a span beside."""
        for place, tokens in enumerate(other.tokens):
            self.tokens[place] += tokens
        for place, cost in enumerate(other.costs):
            self.costs[place] += cost
        self.stated_cost += other.stated_cost
        self.call_count += other.call_count
        self.has_usage |= other.has_usage
        self.has_cost |= other.has_cost
        self.has_failure |= other.has_failure
        shorter, longer = sorted((self.open, other.open), key=len)
        longer.extend(shorter)
        self.open = longer

    def take(self, work: CountedWork) -> None:
        """Add what a span of its own says beyond it."""
        for place, tokens in enumerate(work.tokens):
            self.tokens[place] += tokens
        for place, cost in enumerate(work.costs):
            self.costs[place] += cost
        if not work.is_computed:
            self.stated_cost += work.costs[TOTAL_PLACE]
        if work.is_open:
            self.open.append(work)

    def forget(self, works: Sequence[CountedWork]) -> None:
        """Take out what is counted elsewhere below."""
        for work in works:
            for place, tokens in enumerate(work.tokens):
                self.tokens[place] -= tokens
            for place, cost in enumerate(work.costs):
                self.costs[place] -= cost
            if not work.is_computed:
                self.stated_cost -= work.costs[TOTAL_PLACE]
            self.call_count -= work.is_call
        if works:
            self.open = [work for work in self.open if all(work is not other for other in works)]


def total_tokens(span: SpanRow) -> int:
    """Return input and output together, or the stated total where it says more."""
    return max(span.total_tokens or 0, (span.input_tokens or 0) + (span.output_tokens or 0))


def has_usage(span: SpanRow) -> bool:
    return bool(span.input_tokens or span.output_tokens or span.total_tokens)


def count_tokens(work: CountedWork, span: SpanRow, below: Subtotal) -> bool:
    """Count what the span reports beyond `below`. Return whether it speaks for all of that."""
    known = below.tokens
    own = [getattr(span, name) or 0 for name in TOKEN_FIELDS]
    work.tokens = [max(0, tokens - known[place]) for place, tokens in enumerate(own)]
    whole = max(total_tokens(span), known[TOTAL_PLACE], sum(work.tokens[:TOTAL_PLACE]) + sum(known[:TOTAL_PLACE]))
    work.tokens[TOTAL_PLACE] = whole - known[TOTAL_PLACE]
    if work.tokens[TOTAL_PLACE]:
        for call in below.open:
            call.is_unmeasured = False
    return own[INPUT_PLACE] >= known[INPUT_PLACE] and own[OUTPUT_PLACE] >= known[OUTPUT_PLACE]


def count_cost(work: CountedWork, span: SpanRow, below: Subtotal, *, covers: bool) -> Decimal:
    """Count what the span's cost adds to `below`. Return the part of it that `below` says already."""
    assert span.total_cost is not None
    if span.has_bill:
        _count_stated(work, span, span.total_cost, below)
    else:
        _count_computed(work, span, span.total_cost, below, covers=covers)
    return max(ZERO, span.total_cost - work.costs[TOTAL_PLACE])


def _count_stated(work: CountedWork, span: SpanRow, cost: Decimal, below: Subtotal) -> None:
    """Count a stated cost. It is the bill of everything below, unless the bills below say more."""
    if below.has_cost and cost <= below.stated_cost:
        return
    for call in below.open:
        call.is_unpriced = False
    if cost < below.costs[TOTAL_PLACE]:
        _share_out(cost - below.stated_cost, below)
    else:
        work.costs = _surplus(span, cost - below.costs[TOTAL_PLACE], below)
    for call in below.open:
        call.is_computed = False
    below.stated_cost = below.costs[TOTAL_PLACE]
    below.open = [call for call in below.open if call.is_open]


def _count_computed(work: CountedWork, span: SpanRow, cost: Decimal, below: Subtotal, *, covers: bool) -> None:
    """Count a computed price, for tokens that no span below reports or has a price for."""
    is_missing = covers and any(call.is_unpriced for call in below.open)
    if below.has_cost and not is_missing and not any(work.tokens[:TOTAL_PLACE]):
        return
    work.is_computed = True
    if below.stated_cost:
        work.costs = _price_of_surplus(work, span)
    else:
        work.costs = _surplus(span, max(ZERO, cost - below.costs[TOTAL_PLACE]), below)
    if covers:
        for call in below.open:
            call.is_unpriced = False


def _surplus(span: SpanRow, total: Decimal, below: Subtotal) -> list[Decimal]:
    """Return input, output and total cost beyond `below`; the parts never exceed the total."""
    inputs = min(total, max(ZERO, (span.input_cost or ZERO) - below.costs[INPUT_PLACE]))
    outputs = min(total - inputs, max(ZERO, (span.output_cost or ZERO) - below.costs[OUTPUT_PLACE]))
    return [inputs, outputs, total]


def _price_of_surplus(work: CountedWork, span: SpanRow) -> list[Decimal]:
    """Return the span's price of those of its tokens alone that nobody below reports."""
    costs = [
        ((cost or ZERO) * tokens / whole).quantize(COST_PRECISION) if whole else ZERO
        for cost, tokens, whole in (
            (span.input_cost, work.tokens[INPUT_PLACE], span.input_tokens),
            (span.output_cost, work.tokens[OUTPUT_PLACE], span.output_tokens),
        )
    ]
    return [*costs, costs[INPUT_PLACE] + costs[OUTPUT_PLACE]]


def _share_out(amount: Decimal, below: Subtotal) -> None:
    """Let the computed costs below add up to `amount` of a stated bill, each in proportion to its price."""
    calls = sorted((call for call in below.open if call.is_computed), key=lambda call: call.span.span_id)
    whole = sum((call.costs[TOTAL_PLACE] for call in calls), ZERO)
    left = amount
    for call in calls:
        before = call.costs
        call.costs = [(cost * amount / whole).quantize(COST_PRECISION) for cost in before]
        call.costs[TOTAL_PLACE] = left if call is calls[-1] else min(left, call.costs[TOTAL_PLACE])
        left -= call.costs[TOTAL_PLACE]
        for place, cost in enumerate(before):
            below.costs[place] += call.costs[place] - cost
