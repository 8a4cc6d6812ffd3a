"""Recognises spans that report totals of the whole run so far, again on each turn or step, also from trace to trace.

The evidence is that a report is the one before it and the model calls inside the span, in input and in output. Reports
that only grow may also be what each step used: then they are counted, and the doubt is noted."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from tracing.records import Kind, Level
from tracing.store.rows import SpanRow
from tracing.store.run_reports import (
    COST_PLACE,
    NOTHING,
    REPORTED_NUMBERS,
    SIDE_PLACES,
    Amounts,
    Calls,
    RunReport,
    amounts_of,
    surplus_of,
)
from tracing.store.twins import MAX_CLIMB_LEVELS, MODEL_CALLS
from tracing.store.witnesses import TOKEN_FIELDS, has_usage

MIN_DOUBTFUL_REPORTS = 3
MIN_DOUBTFUL_TRACES = 4  # more, because what a conversation uses in each turn grows by itself
MAX_REPORTS_OF_TRACE = 50
RUN_KINDS = frozenset({Kind.AGENT, Kind.CHAIN})


@dataclass(slots=True)
class RunningTotals:
    """What was found among the spans of a trace."""

    reports: list[RunReport] = field(default_factory=list)  # of those that other traces may explain
    before: dict[str, Amounts] = field(default_factory=dict)  # what each running total repeats, by the id of its span
    doubtful: Amounts = NOTHING  # counted, and too many if reports that grow are running totals


def find_running_totals(spans: Sequence[SpanRow], parents: Mapping[str, str | None]) -> RunningTotals | None:
    """Return the reports of spans above model calls and the running totals among them, or None without any report.

    `spans` has each call once."""
    found = {span.span_id: RunReport.of(span) for span in spans if _is_report(span)}
    if not found:
        return None
    _add_calls(found, spans, parents)
    reports = [report for report in found.values() if report.used is not None or any(report.inside)]
    totals = RunningTotals()
    for several in _by_key(reports):
        _judge(totals, [report for report in several if report.used is not None])
    if len(reports) <= MAX_REPORTS_OF_TRACE:
        totals.reports = sorted(reports, key=lambda report: (report.at, report.span_id))
    return totals


def used_before(reports: Iterable[RunReport]) -> Iterator[tuple[RunReport, Amounts]]:
    """Yield each running total with what was used before its span."""
    for several in _by_key(reports):
        for place, report in enumerate(several):
            if report.is_open and (
                before := _used_before(several, place, "inside") or _used_before(several, place, "own")
            ):
                yield report, before


def doubtful_before(reports: Iterable[RunReport]) -> Iterator[tuple[RunReport, Amounts]]:
    """Yield each report that may be a running total over traces, though no call says so, with the one before it.

    A running total of a conversation grows by more on each turn, because each turn reads the ones before it."""
    for several in _by_key(reports):
        told = [(report, report.used) for report in several if report.used is not None]
        if len(told) < MIN_DOUBTFUL_TRACES or any(any(report.inside[SIDE_PLACES]) for report in several):
            continue
        steps = [_minus(late, early) for (_, early), (_, late) in pairwise(told)]
        inputs = [told[0][1][0], *(step[0] for step in steps)]
        if all(min(step[SIDE_PLACES]) > 0 for step in steps) and inputs == sorted(inputs):
            yield from ((late, used) for (early, used), (late, _) in pairwise(told) if early.trace_id != late.trace_id)


def step_of(span: SpanRow, before: Amounts) -> SpanRow:
    """Return the row with what the step alone used and cost.

    A cost that is less than what was spent before is no running total."""
    is_bill = span.total_cost is None or span.total_cost >= before[COST_PLACE]
    changed = {
        name: max(known - before[place], known * 0)
        for place, name in enumerate(REPORTED_NUMBERS if is_bill else TOKEN_FIELDS)
        if (known := getattr(span, name)) is not None
    }
    return replace(span, **changed)


def _is_report(span: SpanRow) -> bool:
    if span.kind in MODEL_CALLS or span.started_at is None:
        return False
    return has_usage(span) or (span.kind in RUN_KINDS and span.level == Level.ERROR)


def _by_key(reports: Iterable[RunReport]) -> list[list[RunReport]]:
    """Return the reports of each reporter in the order of their starts."""
    of: dict[str, list[RunReport]] = defaultdict(list)
    for report in sorted(reports, key=lambda report: (report.at, report.trace_id, report.span_id)):
        of[report.key].append(report)
    return list(of.values())


def _judge(totals: RunningTotals, reports: Sequence[RunReport]) -> None:
    """Decide about the reports of one reporter in one trace, all of them together."""
    told = [report.used for report in reports if report.used is not None]
    steps = [_minus(late, early) for early, late in pairwise(told)]
    costs = [used[COST_PLACE] for used in told if used[COST_PLACE]]
    if (
        not steps
        or costs != sorted(costs)
        or any(min(step[SIDE_PLACES]) < 0 or not any(step[SIDE_PLACES]) for step in steps)
    ):
        return
    rest = reports[1:]
    if any(
        all(step[SIDE_PLACES] == said[SIDE_PLACES] for step, said in zip(steps, calls, strict=True))
        for calls in _calls(rest)
    ):
        for report, before in zip(rest, told[:-1], strict=True):
            report.is_settled, totals.before[report.span_id] = True, before
    elif len(told) >= MIN_DOUBTFUL_REPORTS and not any(any(report.inside[SIDE_PLACES]) for report in reports):
        totals.doubtful = _plus(totals.doubtful, *told[:-1])


def _calls(reports: Sequence[RunReport]) -> tuple[list[Amounts], list[Amounts]]:
    return [report.inside for report in reports], [report.own for report in reports]


def _used_before(reports: Sequence[RunReport], place: int, calls: Calls) -> Amounts | None:
    """Return what the earlier reports of a run used, if it is exactly what this one has beyond its calls."""
    surplus = surplus_of(reports[place], calls)
    if surplus is None:
        return None
    before = NOTHING
    for earlier in reversed(reports[:place]):
        before = _plus(before, getattr(earlier, calls) if earlier.used is None else earlier.used)
        if before[SIDE_PLACES] == surplus:
            return before
        if earlier.used is not None:
            return None
    return None


def _plus(*several: Amounts) -> Amounts:
    return tuple(map(sum, zip(*several, strict=True)))


def _minus(late: Amounts, early: Amounts) -> Amounts:
    return tuple(after - before for after, before in zip(late, early, strict=True))


def _add_calls(found: dict[str, RunReport], spans: Sequence[SpanRow], parents: Mapping[str, str | None]) -> None:
    """Add each call to the reports above it, up to a call that has it inside."""
    calls = {span.span_id: span for span in spans if span.kind in MODEL_CALLS and has_usage(span)}
    for span in calls.values():
        here, is_own, amounts = parents[span.span_id], True, amounts_of(span)
        for _ in range(MAX_CLIMB_LEVELS):
            if here is None or here in calls:
                break
            if (report := found.get(here)) is not None:
                report.inside = _plus(report.inside, amounts)
                if is_own:
                    report.own, is_own = _plus(report.own, amounts), False
            here = parents[here]
