"""What tools returned during turns whose messages do not repeat it."""

from collections.abc import Sequence

from tracing.models import Span, Trace
from tracing.models.fields import decompress
from tracing.records import Kind
from tracing.store.statements import LOAD_TEXTS_BY_COLUMN

TOOL_COLUMNS = ("project_id", "bucket", "trace_id", "span_id", "name", "started_at", "status_message")


def load_tool_results(turns: Sequence[Trace]) -> dict[str, list[dict[str, str]]]:
    """Load what the tools of each turn returned, or why they failed, in order: `{turn id: [{name, text}]}`."""
    if not turns:
        return {}
    by_trace: dict[str, list[Trace]] = {}
    for turn in turns:
        by_trace.setdefault(turn.trace_id, []).append(turn)
    buckets = {turn.bucket for turn in turns}
    found = Span.objects.for_project(turns[0].project_id).filter(bucket__in=buckets, trace_id__in=list(by_trace))
    spans = list(found.filter(kind=Kind.TOOL).order_by("started_at", "span_id").only(*TOOL_COLUMNS))
    texts = _outputs(spans)
    results: dict[str, list[dict[str, str]]] = {}
    for span in spans:
        if text := texts.get((span.trace_id, span.span_id)) or span.status_message:
            turn_id = _turn_of(span, by_trace[span.trace_id]).turn_id
            results.setdefault(turn_id, []).append({"name": span.name or "", "text": text})
    return results


def _outputs(spans: Sequence[Span]) -> dict[tuple[str, str], str]:
    if not spans:
        return {}
    rows = LOAD_TEXTS_BY_COLUMN["output"].run(
        project_id=spans[0].project_id,
        buckets=[span.bucket for span in spans],
        trace_ids=[span.trace_id for span in spans],
        span_ids=[span.span_id for span in spans],
    )
    return {(trace_id, span_id): decompress(data) for trace_id, span_id, data in rows}


def _turn_of(span: Span, turns: Sequence[Trace]) -> Trace:
    """Return the turn during which a span began; a trace may hold several."""
    begun = [turn for turn in turns if span.started_at is None or turn.started_at <= span.started_at]
    return begun[-1] if begun else turns[0]
