"""The rule of running totals once more, straight from docs/numbers.md, and what tests ask of rows."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from tracing.records import Kind, Level
from tracing.store.rows import SpanRow

RUN_NUMBERS = ("input_tokens", "output_tokens", "total_tokens", "input_cost", "output_cost", "total_cost")


def steps_of(spans: Sequence[SpanRow]) -> list[SpanRow]:
    """The spans with what each of them used instead of totals of the run so far. Each call is there once."""
    steps = {s.span_id: s for s in spans}
    for beside in reporters_of(spans):
        beside = [s for s in beside if used(s)]
        pairs = list(pairwise(beside))
        adds = [tuple(b - a for a, b in zip(used(early), used(late), strict=True)) for early, late in pairs]
        costs = [s.total_cost for s in beside if s.total_cost]
        is_running = any(adds == [calls_in(s, spans, own=own) for s in beside[1:]] for own in (False, True))
        if adds and is_running and costs == sorted(costs) and all(map(any, adds)):
            steps |= {late.span_id: less(late, early) for early, late in pairs}
    return list(steps.values())


def reporters_of(spans: Sequence[SpanRow]) -> list[list[SpanRow]]:
    """What stands above model calls and reports or fails, each reporter with its spans as they started."""
    models, runs = (Kind.GENERATION, Kind.EMBEDDING), (Kind.AGENT, Kind.CHAIN)
    found: dict[object, list[SpanRow]] = {}
    for s in sorted(spans, key=lambda s: (s.started_at, s.trace_id, s.span_id)):
        if s.kind not in models and (used(s) or (s.kind in runs and s.level == Level.ERROR)):
            found.setdefault((s.scope, s.kind, "".join(c for c in s.name or "" if not c.isdigit())), []).append(s)
    return list(found.values())


def calls_in(span: SpanRow, spans: Sequence[SpanRow], *, own: bool) -> tuple[int, int]:
    """What the model calls inside of a span used, without calls inside of calls; `own`: of no other reporter inside."""
    spans = [s for s in spans if s.trace_id == span.trace_id]
    calls = [s for s in spans if s.kind in (Kind.GENERATION, Kind.EMBEDDING) and used(s)]
    inner = [s for several in reporters_of(spans) for s in several] if own else []
    between = [s for s in (*calls, *inner) if is_above(span, s, spans)]
    mine = [c for c in calls if is_above(span, c, spans) and not any(is_above(s, c, spans) for s in between)]
    return sum(c.input_tokens or 0 for c in mine), sum(c.output_tokens or 0 for c in mine)


def less(late: SpanRow, early: SpanRow) -> SpanRow:
    known = {name: (getattr(early, name), getattr(late, name)) for name in RUN_NUMBERS}
    return replace(late, **{name: max(b - (a or 0), b * 0) for name, (a, b) in known.items() if b is not None})


def steps_over_traces(traces: Sequence[Sequence[SpanRow]]) -> list[list[SpanRow]]:
    """The same over the traces of a session, in which each report stands for itself: agents start anew."""
    steps = {(s.trace_id, s.span_id): s for trace in traces for s in steps_of(trace)}
    spans = [span for trace in traces for span in trace]
    for several in reporters_of(spans):
        for place, late in enumerate(several):
            if steps[late.trace_id, late.span_id] == late and (before := used_before(several[:place], late, spans)):
                steps[late.trace_id, late.span_id] = less(late, before)
    return [[steps[s.trace_id, s.span_id] for s in trace] for trace in traces]


def used_before(earlier: Sequence[SpanRow], late: SpanRow, spans: Sequence[SpanRow]) -> SpanRow | None:
    """What the last report and the failed runs since used, if this report is exactly that and its own calls."""
    for own in (False, True):
        inside = calls_in(late, spans, own=own)
        for start in reversed(range(len(earlier))):
            since = earlier[start:]
            known = [used(s) or calls_in(s, spans, own=own) for s in since]
            so_far = tuple(map(sum, zip(*known, strict=True)))
            is_whole = used(late) == tuple(map(sum, zip(so_far, inside, strict=True)))
            if is_whole and any(so_far) and any(inside):
                inputs, outputs = so_far
                return replace(since[0], input_tokens=inputs, output_tokens=outputs, total_tokens=inputs + outputs)
            if used(since[0]):
                break
    return None


def reported_tokens(span: SpanRow) -> dict[str, int]:
    tokens = {name: getattr(span, name) or 0 for name in ("input_tokens", "output_tokens", "total_tokens")}
    return tokens | {"total_tokens": max(tokens["total_tokens"], tokens["input_tokens"] + tokens["output_tokens"])}


def used(span: SpanRow) -> tuple[int, int] | None:
    return (span.input_tokens or 0, span.output_tokens or 0) if any(reported_tokens(span).values()) else None


def is_above(upper: SpanRow, lower: SpanRow, spans: Sequence[SpanRow]) -> bool:
    parent = next((span for span in spans if span.span_id == lower.parent_id), None)
    return parent is not None and (parent.span_id == upper.span_id or is_above(upper, parent, spans))
