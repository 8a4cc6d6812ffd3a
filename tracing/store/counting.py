"""The rule of counting: of all spans that report on the same work, the best witness counts (docs/numbers.md).

At every span, the subtotal is its own report or the sum of the spans below it, whichever is larger, field by field. So
a wrapper that repeats its children adds nothing. What a wrapper reports beyond them is counted, and called *not
itemised*. A failure counts at the span where it happened."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from tracing.records import VOICE_KINDS, Kind, Level
from tracing.store.rows import EPOCH, GUESSED_COST, SpanRow
from tracing.store.run_reports import COST_PLACE, NO_EARLIER_USE, EarlierUse, RunReport
from tracing.store.running_totals import find_running_totals, step_of
from tracing.store.span_tree import children_first
from tracing.store.twins import MODEL_CALLS, Twins, find_twins
from tracing.store.witnesses import (
    TOTAL_PLACE,
    ZERO,
    CountedWork,
    Subtotal,
    count_cost,
    count_tokens,
    has_usage,
    total_tokens,
)

PREPARATION_GAP = timedelta(milliseconds=2)  # between a span that prepares a model call and the call itself


@dataclass(slots=True)
class Counted:
    """What all spans of a trace add to it, and what was reported and not counted."""

    work: list[CountedWork] = field(default_factory=list)
    failed: list[SpanRow] = field(default_factory=list)  # the spans where a failure happened
    left_out: dict[str, Any] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)  # spans of calls that failed, as a span above them says
    reports: list[RunReport] = field(default_factory=list)  # what spans above model calls say

    @property
    def error_count(self) -> int:
        return len(self.failed)

    @property
    def span_ids(self) -> set[str]:
        """Return the ids of the spans that add something."""
        return {work.span.span_id for work in self.work}

    def leave_out(self, **amounts: int | Decimal) -> None:
        """Add to the account of wrappers; see `Trace.left_out`."""
        for name, amount in amounts.items():
            known = self.left_out.get(name, 0)
            self.left_out[name] = str(Decimal(known) + amount) if isinstance(amount, Decimal) else known + amount


def count(spans: Sequence[SpanRow], parents: Mapping[str, str | None], earlier: EarlierUse = NO_EARLIER_USE) -> Counted:
    """Count every span once, whatever the order of `spans`.

    `earlier` is what its running totals repeat of the traces before it."""
    counted = Counted()
    subtotals: dict[str, Subtotal] = {}
    twins = find_twins(spans, parents)
    once = spans if twins is None else _once(spans, twins, counted)
    repeated = _told_by_the_next(once, parents)
    spans = _without_running_totals(counted, spans, once, parents, earlier)
    shadows: dict[str, list[CountedWork]] = {}
    for span in children_first(spans, parents):
        subtotal, counting = subtotals.pop(span.span_id, None), counted
        if twins is not None and subtotal is not None:
            subtotal.forget([work for shadow in twins.meetings.get(span.span_id, ()) for work in shadows.pop(shadow)])
        if twins is not None and span.span_id in twins.shadows:
            counting = Counted(refused=counted.refused)
            shadows[span.span_id] = counting.work
        elif twins is not None:
            span = twins.rows.get(span.span_id, span)
        if _reports(span) and span.span_id not in repeated and not (twins and span.span_id in twins.repeated):
            subtotal = subtotal or Subtotal()
            repeats_failure = _count_failure(counting, span, subtotal)
            if _count_span(counting, span, subtotal) or repeats_failure:
                counting.leave_out(span_count=1, error_count=int(repeats_failure))
        parent = parents[span.span_id]
        if subtotal is None or parent is None:
            continue
        if parent in subtotals:
            subtotals[parent].add(subtotal)
        else:
            subtotals[parent] = subtotal
    if counted.refused:
        counted.work = [work for work in counted.work if work.span.span_id not in counted.refused]
    return counted


def _without_running_totals(
    counted: Counted,
    spans: Sequence[SpanRow],
    once: Sequence[SpanRow],
    parents: Mapping[str, str | None],
    earlier: EarlierUse,
) -> Sequence[SpanRow]:
    """Return the spans with what each step used instead of running totals, and note what was told again."""
    found = find_running_totals(once, parents)
    if found is None:
        return spans
    counted.reports = found.reports
    open_ids = {report.span_id for report in found.reports if report.is_open}
    for doubt in (found.doubtful, *(earlier.doubtful[span_id] for span_id in open_ids & earlier.doubtful.keys())):
        if any(doubt):
            counted.leave_out(doubtful_tokens=doubt[TOTAL_PLACE], doubtful_cost=doubt[COST_PLACE])
    before = found.before | {span_id: earlier.repeated[span_id] for span_id in open_ids & earlier.repeated.keys()}
    if not before:
        return spans
    steps = {span.span_id: step_of(span, before[span.span_id]) for span in spans if span.span_id in before}
    for span in spans:
        if (step := steps.get(span.span_id)) is not None:
            again = (span.total_cost or ZERO) - (step.total_cost or ZERO)
            counted.leave_out(span_count=1, total_tokens=total_tokens(span) - total_tokens(step), total_cost=again)
    return [steps.get(span.span_id, span) for span in spans]


def _once(spans: Sequence[SpanRow], twins: Twins, counted: Counted) -> list[SpanRow]:
    """Return the spans with each call once, and note what was told again."""
    again = twins.shadows | twins.repeated
    for span in spans:
        if span.span_id in again:
            counted.leave_out(
                span_count=1,
                error_count=int(span.level == Level.ERROR),
                total_tokens=total_tokens(span),
                total_cost=span.total_cost or ZERO,
            )
    return [twins.rows.get(span.span_id, span) for span in spans if span.span_id not in again]


def _is_model_call(span: SpanRow) -> bool:
    """Return whether a model answered, whether or not its usage is known.

    A failed call without usage is only a failure: nobody pays for it, and it has no tokens that could be missing."""
    is_model = span.kind == Kind.GENERATION or (span.kind == Kind.EMBEDDING and span.model is not None)
    return is_model and span.level != Level.ERROR


def _told_by_the_next(spans: Sequence[SpanRow], parents: Mapping[str, str | None]) -> set[str]:
    """Return the ids of model calls without usage that the next span beside them reports.

    Some libraries prepare a call in a span of its own, or report a streamed answer in a second one when it is complete.
    """
    silent = {s.span_id for s in spans if _is_model_call(s) and not has_usage(s) and s.total_cost is None and s.model}
    if not silent:
        return silent
    beside: dict[tuple[str | None, str], list[SpanRow]] = defaultdict(list)
    for span in spans:
        if span.model and span.started_at and span.kind in MODEL_CALLS:
            beside[parents[span.span_id], span.model].append(span)
    return {
        span.span_id
        for calls in beside.values()
        for span, following in pairwise(sorted(calls, key=lambda call: (call.started_at, call.span_id)))
        if span.span_id in silent and following.span_id not in silent and _is_told_by(span, following)
    }


def _is_told_by(span: SpanRow, following: SpanRow) -> bool:
    if span.ended_at is None or following.started_at is None:
        return False
    is_summary = following.started_at == following.ended_at  # it took no time: a report about a call, not a call
    return is_summary or timedelta(0) <= following.started_at - span.ended_at <= PREPARATION_GAP


def _reports(span: SpanRow) -> bool:
    return has_usage(span) or span.total_cost is not None or span.level == Level.ERROR or _is_model_call(span)


def _count_failure(counted: Counted, span: SpanRow, below: Subtotal) -> bool:
    """Count a failure where it happened. Return whether the span only repeats one from below."""
    if span.level != Level.ERROR:
        return False
    is_repeated = below.has_failure
    if not is_repeated:
        counted.failed.append(span)
        _refuse_unanswered(counted, below)
    below.has_failure = True
    return is_repeated


def _refuse_unanswered(counted: Counted, below: Subtotal) -> None:
    """Take back the last call below a failure that nobody answered: some libraries report its failure only above."""
    unanswered = [work for work in below.open if work.is_unmeasured and work.is_unpriced and _has_no_answer(work.span)]
    if not unanswered:
        return
    refused = max(unanswered, key=lambda work: (work.span.started_at or EPOCH, work.span.span_id))
    refused.is_call = refused.is_unmeasured = refused.is_unpriced = False
    below.call_count -= 1
    counted.refused.add(refused.span.span_id)


def _has_no_answer(span: SpanRow) -> bool:
    return span.output_size is None and span.response_id is None and span.completion_started_at is None


def _count_span(counted: Counted, span: SpanRow, below: Subtotal) -> bool:
    """Add to `below` what the span knows beyond it. Return whether it is a wrapper with something to account for."""
    reported = has_usage(span)
    work = CountedWork(span)
    asks = not below.call_count and (reported or _is_model_call(span))
    work.is_call = asks and span.kind not in VOICE_KINDS
    work.is_itemised = not (below.call_count or below.has_usage or below.has_cost)
    work.is_unmeasured = asks and not reported
    work.is_unpriced = asks and span.total_cost is None
    covers = reported and count_tokens(work, span, below)
    repeated_cost = ZERO
    if span.total_cost is not None:
        repeated_cost = count_cost(work, span, below, covers=covers)
    is_wrapper = not work.is_itemised and _account(counted, work, span, repeated_cost)
    if span.stated_costs & GUESSED_COST and work.costs[TOTAL_PLACE]:
        counted.leave_out(guessed_count=1, guessed_cost=work.costs[TOTAL_PLACE])
    if work.is_call or any(work.tokens) or any(work.costs) or (span.total_cost is not None and work.is_itemised):
        counted.work.append(work)
    below.call_count += work.is_call
    below.has_usage |= reported
    below.has_cost |= span.total_cost is not None
    below.take(work)
    return is_wrapper


def _account(counted: Counted, work: CountedWork, span: SpanRow, repeated_cost: Decimal) -> bool:
    """Note what a wrapper repeats, which is not counted, and what it adds, which no call below itemises.

    Return whether there is any of both."""
    repeated_tokens = total_tokens(span) - work.tokens[TOTAL_PLACE] if has_usage(span) else 0
    added_tokens, added_cost = work.tokens[TOTAL_PLACE], work.costs[TOTAL_PLACE]
    if not (repeated_tokens or repeated_cost or added_tokens or added_cost):
        return False
    counted.leave_out(
        total_tokens=repeated_tokens,
        not_itemised_tokens=added_tokens,
        total_cost=repeated_cost,
        not_itemised_cost=added_cost,
    )
    return True
