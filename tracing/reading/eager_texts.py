"""Loads the texts that a page shows at once. Longer ones are requested when a reader reaches them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db import connection

from tracing.models.fields import ZSTD_HEAD_BYTES, decompress, unpacked_size
from tracing.reading import budget

MAX_EAGER_BYTES = 200_000  # a longer text is not loaded with its page
# The shortest texts are read first, and of those beyond the budget only the header, which says how long they are.
# A statement of its own, because Django needs longer to write it than PostgreSQL to answer it.
TEXTS_SQL = f"""
SELECT bucket, trace_id, span_id, is_read,
    CASE WHEN is_read THEN input ELSE substring(input, 1, {ZSTD_HEAD_BYTES}) END,
    CASE WHEN is_read THEN output ELSE substring(output, 1, {ZSTD_HEAD_BYTES}) END
FROM (
    SELECT *, sum(length) OVER (ORDER BY length, bucket, trace_id, span_id) <= %(bytes)s AS is_read
    FROM (
        SELECT io.*, coalesce(octet_length(input), 0)::bigint + coalesce(octet_length(output), 0) AS length
        FROM unnest(%(buckets)s::date[], %(trace_ids)s::text[], %(span_ids)s::text[])
            AS asked(bucket, trace_id, span_id)
        JOIN span_io AS io USING (bucket, trace_id, span_id)
        WHERE io.project_id = %(project_id)s
    ) AS measured
) AS summed
ORDER BY length
"""

SpanKey = tuple[date, str, str]


@dataclass(frozen=True, slots=True)
class Text:
    """A stored text of `size` bytes. `words` is None if it is too long to load with a page."""

    size: int
    words: str | None


def load_texts(project_id: int, keys: Collection[SpanKey]) -> dict[SpanKey, dict[str, Text]]:
    """Return the `input` and `output` of spans, as far as they have them."""
    if not keys:
        return {}
    buckets, trace_ids, span_ids = map(list, zip(*keys, strict=True))
    asked = {"buckets": buckets, "trace_ids": trace_ids, "span_ids": span_ids}
    with connection.cursor() as cursor:
        cursor.execute(TEXTS_SQL, {"project_id": project_id, "bytes": budget.PAGE_BUDGET_BYTES, **asked})
        return {
            (bucket, trace_id, span_id): {
                side: _unpacked(data, is_read) for side, data in (("input", input_), ("output", output)) if data
            }
            for bucket, trace_id, span_id, is_read, input_, output in cursor
        }


def _unpacked(data: bytes, is_read: bool) -> Text:
    size = unpacked_size(data)
    is_read = is_read and size <= MAX_EAGER_BYTES and budget.take(size)
    return Text(size, decompress(data) if is_read else None)
