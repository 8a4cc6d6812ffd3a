"""Loads the inputs and outputs of many turns, with one query for each side."""

from collections.abc import Sequence

from tracing.models import Trace
from tracing.models.fields import decompress, unpacked_size
from tracing.store.statements import LOAD_TEXTS_BY_COLUMN

ROLES = {"input": "user", "output": "assistant"}
# The columns of a trace that are needed to find its texts.
SIDE_COLUMNS = (
    "project_id", "trace_id", "bucket", "session_id", "started_at", "input_span_id", "output_span_id", "exchanges",
)  # fmt: skip


def load_side(project_id: int, turns: Sequence[Trace], side: str, most: int | None = None) -> dict[str, str]:
    """Load the texts of one side by the ids of turns.

    Missing texts, and those of more than `most` bytes, are left out."""
    wanted = [(turn, source) for turn in turns if (source := getattr(turn, f"{side}_span_id")) is not None]
    if not wanted:
        return {}
    rows = LOAD_TEXTS_BY_COLUMN[side].run(
        project_id=project_id,
        buckets=[turn.bucket for turn, _ in wanted],
        trace_ids=[turn.trace_id for turn, _ in wanted],
        span_ids=[source for _, source in wanted],
    )
    turn_ids = {(turn.trace_id, source): turn.turn_id for turn, source in wanted}
    return {
        turn_ids[trace_id, span_id]: decompress(data)
        for trace_id, span_id, data in rows
        if most is None or unpacked_size(data) <= most
    }
