"""Recognises spans that report totals of the whole run so far, again on each turn or step.

The evidence is that each report is the one before it and the model calls inside the span, in input and in output.
Reports that only grow may also be what each step used: then they are counted, and the doubt is noted."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from tracing.store.rows import STATED, USAGE_COLUMNS, SpanRow
from tracing.store.twins import MAX_CLIMB_LEVELS, MODEL_CALLS
from tracing.store.witnesses import ZERO, has_usage, total_tokens

Used = tuple[int, int]  # input and output tokens
MIN_DOUBTFUL_REPORTS = 3


@dataclass(slots=True)
class RunningTotals:
    """What was found among the spans of a trace."""

    steps: dict[str, SpanRow] = field(default_factory=dict)  # what each step adds, by the id of its span
    doubtful_tokens: int = 0  # counted, and too many if reports that grow are running totals
    doubtful_cost: Any = ZERO


def find_running_totals(spans: Sequence[SpanRow], parents: Mapping[str, str | None]) -> RunningTotals | None:
    """Return the running totals among spans beside each other, or None without any sign of them."""
    wrappers = [span for span in spans if span.kind not in MODEL_CALLS and has_usage(span)]
    if len(wrappers) < 2:
        return None
    beside: dict[Any, list[SpanRow]] = defaultdict(list)
    for span in wrappers:
        if span.started_at is not None:
            beside[parents[span.span_id], span.kind, span.scope].append(span)
    growing = [
        reports
        for several in beside.values()
        if len(several) > 1 and _grow(reports := sorted(several, key=lambda span: (span.started_at, span.span_id)))
    ]
    if not growing:
        return None
    found, inside = RunningTotals(), _used_inside(spans, parents)
    for reports in growing:
        _judge(found, reports, inside)
    return found


def _judge(found: RunningTotals, reports: Sequence[SpanRow], inside: Mapping[str, Used]) -> None:
    if all(_difference(late, early) == inside.get(late.span_id) for early, late in pairwise(reports)):
        found.steps |= {late.span_id: _step(late, early) for early, late in pairwise(reports)}
    elif len(reports) >= MIN_DOUBTFUL_REPORTS and not any(span.span_id in inside for span in reports):
        found.doubtful_tokens += sum(total_tokens(span) for span in reports[:-1])
        found.doubtful_cost += sum((span.total_cost or ZERO for span in reports[:-1]), ZERO)


def _grow(reports: Sequence[SpanRow]) -> bool:
    """Return whether no report takes back anything of the one before it, and each adds something."""
    steps = [_difference(late, early) for early, late in pairwise(reports)]
    costs = [span.total_cost for span in reports if span.total_cost is not None]
    return all(min(step) >= 0 and max(step) > 0 for step in steps) and costs == sorted(costs)


def _difference(late: SpanRow, early: SpanRow) -> Used:
    inputs = (late.input_tokens or 0) - (early.input_tokens or 0)
    return inputs, (late.output_tokens or 0) - (early.output_tokens or 0)


def _step(late: SpanRow, early: SpanRow) -> SpanRow:
    """Return the row with what the step alone used and cost."""
    changed: dict[str, Any] = {}
    for column in (*USAGE_COLUMNS, *STATED):
        after, before = getattr(late, column), getattr(early, column)
        changed[column] = max(after - before, after * 0) if after is not None and before is not None else after
    return replace(late, **changed)


def _used_inside(spans: Sequence[SpanRow], parents: Mapping[str, str | None]) -> dict[str, Used]:
    """Return what the model calls below each span used."""
    inside: dict[str, Used] = {}
    for span in spans:
        if span.kind not in MODEL_CALLS or not has_usage(span):
            continue
        here = parents[span.span_id]
        for _ in range(MAX_CLIMB_LEVELS):
            if here is None:
                break
            inputs, outputs = inside.get(here, (0, 0))
            inside[here] = inputs + (span.input_tokens or 0), outputs + (span.output_tokens or 0)
            here = parents[here]
    return inside
