"""Loads the inputs and outputs of many traces, with one query for each side."""

from collections.abc import Sequence

from tracing.models import Trace
from tracing.models.fields import decompress, unpacked_size
from tracing.store.statements import LOAD_TEXTS_BY_COLUMN

ROLES = {"input": "user", "output": "assistant"}
# The columns of a trace that are needed to find its texts.
SIDE_COLUMNS = ("project_id", "trace_id", "bucket", "session_id", "started_at", "input_span_id", "output_span_id")


def load_side(project_id: int, traces: Sequence[Trace], side: str, most: int | None = None) -> dict[str, str]:
    """Load the texts of one side by trace id. Missing texts, and those of more than `most` bytes, are left out."""
    wanted = [(trace, source) for trace in traces if (source := getattr(trace, f"{side}_span_id")) is not None]
    if not wanted:
        return {}
    rows = LOAD_TEXTS_BY_COLUMN[side].run(
        project_id=project_id,
        buckets=[trace.bucket for trace, _ in wanted],
        trace_ids=[trace.trace_id for trace, _ in wanted],
        span_ids=[source for _, source in wanted],
    )
    return {trace_id: decompress(data) for trace_id, _, data in rows if most is None or unpacked_size(data) <= most}
