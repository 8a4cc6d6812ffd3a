"""What scores are: numbers, categories, or yes and no."""

from collections.abc import Collection

from django.db import connection

from sessions.models import DataType, Session

# The newest score of a name tells the type of all of them.
SCORE_TYPES_SQL = """
SELECT n.name, s.data_type FROM unnest(%(names)s::text[]) AS n(name) CROSS JOIN LATERAL (
    SELECT data_type FROM score WHERE project_id = %(project)s AND name = n.name
    ORDER BY scored_at DESC LIMIT 1) AS s"""


def score_types(project_id: int, names: Collection[str]) -> dict[str, str]:
    """Return the data types of scores by name. At most one query."""
    if not names:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(SCORE_TYPES_SQL, {"project": project_id, "names": list(names)})
        return dict(cursor.fetchall())


def find_yes_or_no(session: Session) -> set[str]:
    """Return the names of the session's scores that are answered with yes or no. At most one query."""
    names = [name for name, summed in session.scores.items() if summed["mean"] is not None and summed["mean"] <= 1]
    return {name for name, kind in score_types(session.project_id, names).items() if kind == DataType.BOOLEAN}
