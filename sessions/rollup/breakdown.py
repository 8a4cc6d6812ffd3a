"""What stands behind a session's sets: how many traces carry each value."""

from collections import defaultdict

from django.db import connection

from sessions.models import Session
from sessions.models.properties import properties_of

# One row per value; the names are those of the session's properties.
VALUE_COUNTS = """
SELECT s.property, v.value, count(*) FROM trace t
CROSS JOIN LATERAL (VALUES
    ('environments', ARRAY[t.environment::text]), ('user_ids', ARRAY[t.user_id::text]), ('releases', ARRAY[t.release]),
    ('tags', t.tags), ('tool_names', t.tool_names),
    ('model_names', ARRAY(SELECT jsonb_object_keys(t.usage_by_model)))) AS s(property, listed)
CROSS JOIN LATERAL unnest(s.listed) AS v(value)
WHERE t.project_id = %s AND t.session_id = %s AND v.value IS NOT NULL
GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2
"""


def value_counts(session: Session) -> dict[str, dict[str, int]]:
    """`{property: {value: traces that carry it}}`, the most frequent value first."""
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(VALUE_COUNTS, [session.project_id, session.session_id])
        for name, value, count in cursor.fetchall():
            counts[name][value] = count
    return dict(counts)


def partial_values(session: Session) -> list[tuple[str, list[tuple[str, int]]]]:
    """The sets with a value that not every trace carries: their label, and each value's number of traces."""
    counts = value_counts(session)
    return [
        (declared.label, list(counts[declared.field].items()))
        for declared in properties_of(Session).values()
        if any(count < session.trace_count for count in counts.get(declared.field, {}).values())
    ]
