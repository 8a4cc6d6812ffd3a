"""Counts what reading stored traces again changes, with or without keeping the change."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from tracing.ingest.retranslation import retranslate
from tracing.models import Span, SpanIO, Trace

# What a reader notices of a trace, by what it is about.
WORD_FIELDS = ("input_span_id", "output_span_id", "input_preview", "output_preview")
NUMBER_FIELDS = (
    *("call_count", "error_count", "unmeasured_count", "unpriced_count", "input_tokens", "output_tokens"),
    *("total_tokens", "input_cost", "output_cost", "total_cost", "usage_by_model"),
)
OTHER_FIELDS = (
    *("session_id", "user_id", "name", "environment", "release", "version", "tags", "metadata", "tool_names"),
    *("started_at", "ended_at"),
)
FIELDS_BY_SUBJECT = {"words": WORD_FIELDS, "numbers": NUMBER_FIELDS, "anything else": OTHER_FIELDS}
SPAN_FIELDS = tuple(f.attname for f in Span._meta.concrete_fields if f.attname not in {"text_hash", "received_at"})


def reread(project_id: int, trace_ids: Sequence[str], *, dry_run: bool = False) -> Counter[str]:
    """Read traces again, and return the number of traces that change by what changes: FIELDS_BY_SUBJECT, and `steps`.

    With `dry_run`, everything is done and taken back, so the count is that of a real run."""
    with transaction.atomic():
        before = _shown(project_id, trace_ids)
        retranslate(project_id, trace_ids)
        after = _shown(project_id, trace_ids)
        if dry_run:
            transaction.set_rollback(True)
    subjects = Counter[str]()
    for trace_id, known in before.items():
        told = after.get(trace_id, {})
        subjects.update(subject for subject, values in known.items() if told.get(subject) != values)
    return subjects


def _shown(project_id: int, trace_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the fields of each trace by their subject, and those of its spans."""
    traces = list(Trace.objects.for_project(project_id).filter(trace_id__in=trace_ids))
    scope = {"trace_id__in": [trace.trace_id for trace in traces], "bucket__in": {trace.bucket for trace in traces}}
    shown: dict[str, dict[str, Any]] = {
        trace.trace_id: {
            subject: [getattr(trace, name) for name in names] for subject, names in FIELDS_BY_SUBJECT.items()
        }
        | {"steps": []}
        for trace in traces
    }
    spans = Span.objects.for_project(project_id).filter(**scope).order_by("trace_id", "span_id")
    for row in spans.values(*SPAN_FIELDS):
        shown[row["trace_id"]]["steps"].append(row)
    texts = SpanIO.objects.for_project(project_id).filter(**scope).order_by("trace_id", "span_id")
    for trace_id, *sides in texts.values_list("trace_id", "input", "output"):
        shown[trace_id]["steps"].append(sides)
    return shown
