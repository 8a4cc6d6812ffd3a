"""The rule of counting: a span's tokens, cost or failure count only if no descendant in the trace has any of its own,
since wrappers repeat what their children report. What is not counted is told, with its surplus."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from tracing.records import Level
from tracing.store.rows import SpanRow

TOKENS, COST, FAILURE = 1, 2, 4  # bits of what a span reports and what its descendants report
ZERO = Decimal(0)


def own(span: SpanRow) -> int:
    """Bits of what the span itself reports."""
    bits = TOKENS if span.input_tokens or span.output_tokens or span.total_tokens else 0
    if span.total_cost is not None:
        bits |= COST
    return bits | FAILURE if span.level == Level.ERROR else bits


def covered(spans: Sequence[SpanRow], parents: Mapping[str, str | None]) -> dict[str, int]:
    """Bits that some descendant of each span reports; spans that nobody covers are missing."""
    bits_of: dict[str, int] = {}
    for span in spans:
        bits = own(span)
        parent = parents[span.span_id] if bits else None
        while parent is not None and bits_of.get(parent, 0) & bits != bits:
            bits_of[parent] = bits_of.get(parent, 0) | bits
            parent = parents[parent]
    return bits_of


def parents_of(spans: Iterable[SpanRow]) -> dict[str, str | None]:
    """Each span's parent within the trace: None when it has none, it never arrived, or naming it would close a loop."""
    spans = list(spans)
    known = {span.span_id for span in spans}
    parents = {s.span_id: s.parent_id if s.parent_id in known and s.parent_id != s.span_id else None for s in spans}
    settled: set[str] = set()
    for start in parents:
        path: list[str] = []
        here: str | None = start
        on_path: set[str] = set()
        while here is not None and here not in settled:
            if here in on_path:
                parents[min(path[path.index(here) :])] = None  # the same cut whatever order the spans came in
                break
            path.append(here)
            on_path.add(here)
            here = parents[here]
        settled |= on_path
    return parents


def total_tokens(span: SpanRow) -> int:
    """Input and output together, or the stated total where it says more."""
    return max(span.total_tokens or 0, (span.input_tokens or 0) + (span.output_tokens or 0))


def left_out(
    spans: Sequence[SpanRow], parents: Mapping[str, str | None], covered_bits: Mapping[str, int]
) -> dict[str, Any]:
    """What the rule of counting did not count, so that nothing is lost silently. A wrapper's `surplus_tokens` are what
    it reports beyond all that counts below it: calls that were made and never arrived, or another way of counting."""
    wrappers = [span for span in spans if own(span) & covered_bits.get(span.span_id, 0)]
    if not wrappers:
        return {}
    below = _tokens_below(spans, parents, covered_bits)
    left = {"span_count": len(wrappers), "total_tokens": 0, "surplus_tokens": 0, "error_count": 0}
    cost = ZERO
    for span in wrappers:
        repeated = own(span) & covered_bits[span.span_id]
        if repeated & TOKENS:
            left["total_tokens"] += total_tokens(span)
            left["surplus_tokens"] += max(0, total_tokens(span) - below[span.span_id])
        if repeated & COST:
            cost += span.total_cost or ZERO
        left["error_count"] += bool(repeated & FAILURE)
    return left | {"total_cost": str(cost)}


def _tokens_below(
    spans: Sequence[SpanRow], parents: Mapping[str, str | None], covered_bits: Mapping[str, int]
) -> dict[str, int]:
    """Counted tokens of all descendants of each span: children hand theirs up once all of their own have."""
    counted = {
        span.span_id: total_tokens(span) if own(span) & ~covered_bits.get(span.span_id, 0) & TOKENS else 0
        for span in spans
    }
    below = dict.fromkeys(parents, 0)
    waiting = Counter(parent for parent in parents.values() if parent is not None)
    ready = [span_id for span_id in parents if not waiting[span_id]]
    while ready:
        span_id = ready.pop()
        parent = parents[span_id]
        if parent is not None:
            below[parent] += counted[span_id] + below[span_id]
            waiting[parent] -= 1
            if not waiting[parent]:
                ready.append(parent)
    return below
