"""What scores are: numbers, categories, or yes and no."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db import connection

from sessions.models import DataType

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


def find_yes_or_no(project_id: int, several: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return which scores are answered with yes or no, of `several` values of `Session.scores`. At most one query."""
    means = [(name, summed["mean"]) for scores in several for name, summed in scores.items()]
    return keep_yes_or_no(project_id, {name for name, mean in means if mean is not None and mean <= 1})


def keep_yes_or_no(project_id: int, names: Collection[str]) -> set[str]:
    """Return the names of scores that are answered with yes or no. At most one query."""
    return {name for name, kind in score_types(project_id, names).items() if kind == DataType.BOOLEAN}
