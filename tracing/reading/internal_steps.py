"""Finds the steps of a trace that say nothing of the conversation, such as hooks and HTTP requests.

Instrumented programs send hundreds of them. They are known by their shape, whoever sent them: a plain span without
words, tokens, cost or failure."""

from collections.abc import Mapping, Sequence

from tracing.records import Kind, Level
from tracing.store.rows import SpanRow
from tracing.store.witnesses import has_usage

MIN_FOLDED_STEPS = 2  # a single one takes the line that its fold would take

Parent = str | None


def is_internal(span: SpanRow) -> bool:
    """Return whether a span has nothing to read and nothing to count."""
    return (
        span.kind in (None, Kind.SPAN)
        and (span.level or Level.DEFAULT) < Level.WARNING
        and not (span.input_size or span.output_size or span.model or has_usage(span))
        and span.total_cost is None
    )


def folds_of(spans: Sequence[SpanRow], parents: Mapping[str, Parent]) -> dict[str, tuple[Parent]]:
    """Return the fold of each internal step below which all steps are internal, too.

    `spans` has parents before their children. A fold is named for the step that it lies in. A trace of nothing but
    internal steps has no fold, because nothing else can be read there."""
    speaking: set[Parent] = set()
    for span in reversed(spans):
        if span.span_id in speaking or not is_internal(span):
            speaking |= {span.span_id, parents[span.span_id]}
    if not speaking:
        return {}
    folds: dict[str, tuple[Parent]] = {}
    for span in spans:
        if span.span_id not in speaking:
            parent = parents[span.span_id]
            folds[span.span_id] = folds.get(parent or "") or (parent,)
    return folds
