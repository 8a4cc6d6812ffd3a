"""The numbers behind a session's sets: how many of its traces have each value."""

from collections import defaultdict
from functools import cache

from django.db import connection

from sessions.models import Session
from sessions.models.properties import sets_of

# One row per value; the names are those of the session's properties.
COUNT_VALUES_SQL = """
SELECT s.property, v.value, count(*) FROM trace t
CROSS JOIN LATERAL (VALUES {sets}) AS s(property, listed)
CROSS JOIN LATERAL unnest(s.listed) AS v(value)
WHERE t.project_id = %(project)s AND t.session_id = %(session)s AND v.value IS NOT NULL
GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2
"""


def count_values(session: Session) -> dict[str, dict[str, int]]:
    """Count, for each set, the traces with each of its values: `{property: {value: traces}}`.

    The most frequent value is first. One query."""
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(_statement(), {"project": session.project_id, "session": session.session_id})
        for name, value, count in cursor.fetchall():
            counts[name][value] = count
    return dict(counts)


def find_partial_values(session: Session) -> list[tuple[str, list[tuple[str, int]]]]:
    """Find the sets with a value that some traces lack: their label, and the number of traces with each value."""
    counts = count_values(session)
    return [
        (declared.label, list(counts[declared.name].items()))
        for declared in sets_of(Session)
        if any(count < session.trace_count for count in counts.get(declared.name, {}).values())
    ]


@cache
def _statement() -> str:
    sets = ", ".join(f"('{declared.name}', {declared.trace_values})" for declared in sets_of(Session))
    return COUNT_VALUES_SQL.format(sets=sets)
