"""A trace as it stands under our lock, and what the running transaction learned about it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Self

import orjson

from tracing.models.fields import decompress
from tracing.store.rows import SpanRow, Texts
from tracing.store.statements import LOAD_TEXTS_BY_COLUMN

CLAIMS = 3  # its place in LOCK_TRACES
# A larger trace is summed up by the worker: reading all its spans for every batch would grow quadratically.
SPANS_SUMMED_WHILE_STORING = 2_000


@dataclass(slots=True)
class StoredTrace:
    """A locked trace row, its spans as far as they were read, and the changes to write."""

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
    spans: dict[str, SpanRow] = field(default_factory=dict)
    texts: dict[str, Texts] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)  # ids of spans to write
    claimed: bool = False  # its own claims changed
    reported_again: set[str] = field(default_factory=set)  # stored spans whose raw part must be completed
    repeats: int = 0
    has_wrong_clock: bool = False  # a report of this request does not know when its span began

    @classmethod
    def from_row(cls, row: tuple[Any, ...]) -> Self:
        """Out of LOCK_TRACES, whose JSON comes as text."""
        values = list(row)
        values[CLAIMS] = orjson.loads(values[CLAIMS])
        return cls(*values)

    @property
    def is_large(self) -> bool:
        return self.rollup_due or max(self.span_count, len(self.spans)) > SPANS_SUMMED_WHILE_STORING

    @property
    def is_changed(self) -> bool:
        return bool(self.changed) or self.claimed

    def keep(self, texts: Texts) -> None:
        """Notes texts to write, on top of those of an earlier report in this request."""
        if texts.span_id in self.texts:
            texts.fill_from(self.texts[texts.span_id])
        self.texts[texts.span_id] = texts


def load_texts(
    project_id: int, wanted: Sequence[tuple[StoredTrace, str]], part: str
) -> list[tuple[StoredTrace, str, str]]:
    """The stored `part` (input, output or raw) of some spans; those that have none are missing."""
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
