"""A trace whose row we have locked, and what the running transaction has learned about it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Self

import orjson

from tracing.models.fields import decompress
from tracing.store.rows import SpanRow, Texts
from tracing.store.statements import LOAD_TEXTS_BY_COLUMN

CLAIMS_COLUMN, EARLIER_USE_COLUMN = 3, 12  # of LOCK_TRACES
# A larger trace is summed up by the worker: reading all its spans for every batch would grow quadratically.
SPANS_SUMMED_WHILE_STORING = 2_000


@dataclass(slots=True)
class StoredTrace:
    """A locked trace row, the spans that were read, and the changes to write."""

    trace_id: str
    bucket: date
    session_id: str | None
    claims: dict[str, Any]
    span_count: int
    received_at: datetime
    started_at: datetime
    input_span_id: str | None
    output_span_id: str | None
    input_preview: str
    output_preview: str
    rollup_due: bool
    earlier_use: dict[str, Any] | None
    spans: dict[str, SpanRow] = field(default_factory=dict)
    texts: dict[str, Texts] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)  # ids of spans to write
    fresh: set[str] = field(default_factory=set)  # those of them that are not stored yet
    claimed: bool = False  # the trace's own claims changed
    reported_again: set[str] = field(default_factory=set)  # stored spans whose raw part must be completed
    repeats: int = 0
    has_wrong_clock: bool = False  # a report of this request has a wrong clock

    @classmethod
    def from_row(cls, row: tuple[Any, ...]) -> Self:
        """Return the trace from a row of LOCK_TRACES, whose JSON is text."""
        values = list(row)
        values[CLAIMS_COLUMN] = orjson.loads(values[CLAIMS_COLUMN])
        if values[EARLIER_USE_COLUMN] is not None:
            values[EARLIER_USE_COLUMN] = orjson.loads(values[EARLIER_USE_COLUMN])
        return cls(*values)

    @property
    def is_large(self) -> bool:
        return self.rollup_due or max(self.span_count, len(self.spans)) > SPANS_SUMMED_WHILE_STORING

    @property
    def is_changed(self) -> bool:
        return bool(self.changed) or self.claimed

    def keep(self, texts: Texts) -> None:
        """Add texts to write, merged with those of an earlier report in this request."""
        if texts.span_id in self.texts:
            texts.fill_from(self.texts[texts.span_id])
        self.texts[texts.span_id] = texts


def load_texts(
    project_id: int, wanted: Sequence[tuple[StoredTrace, str]], part: str
) -> list[tuple[StoredTrace, str, str]]:
    """Return the stored `part` (input, output or raw) of some spans. Spans without it are missing."""
    if not wanted:
        return []
    traces = {trace.trace_id: trace for trace, _ in wanted}
    rows = LOAD_TEXTS_BY_COLUMN[part].run(
        project_id=project_id,
        buckets=[trace.bucket for trace, _ in wanted],
        trace_ids=[trace.trace_id for trace, _ in wanted],
        span_ids=[span_id for _, span_id in wanted],
    )
    return [(traces[trace_id], span_id, decompress(data)) for trace_id, span_id, data in rows]
