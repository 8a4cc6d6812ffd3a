"""Sessions of many traces, written at once as the rows that ingestion leaves."""

from django.db import connection

from projects.models import Project
from sessions.rollup.session_rows import recompute
from tests.tracing.reports import NOON, at

TRACES = """
INSERT INTO trace (project_id, trace_id, session_id, bucket, received_at, updated_at, name, environment, public, tags,
    metadata, claims, started_at, ended_at, input_preview, output_preview, span_count, call_count, error_count,
    unpriced_count, input_tokens, output_tokens, total_tokens, input_cost, output_cost, total_cost, usage_by_model,
    tool_names, left_out, repeat_count, rollup_due)
SELECT %s, lpad(to_hex(n), 32, '0'), %s, %s, now(), now(), 'turn', 'default', false, '{}', '{}', '{}',
    %s + n * interval '10 s', %s + n * interval '10 s' + interval '2 s', 'question ' || n, 'answer ' || n, 0, 1,
    (n %% 100 = 0)::int, 0, 0, 0, 0, 0, 0, 0, '{}', '{}', '{}', 0, false
FROM generate_series(1, %s) AS n
"""


def tell_long(project: Project, session_id: str, count: int) -> list[str]:
    """`count` traces of two seconds every ten, the hundredth of each hundred failed. Without spans."""
    with connection.cursor() as cursor:
        cursor.execute(TRACES, [project.pk, session_id, NOON.date(), at(0), at(0), count])
        cursor.execute("ANALYZE trace")
    recompute(project.pk, [session_id])
    return [f"{number:032x}" for number in range(1, count + 1)]
