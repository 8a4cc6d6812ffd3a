"""Query sets as parts of longer statements, whose parameters all have names."""

import re
from typing import Any

from django.db.models import QuerySet

VALUE_IN_SQL = re.compile(r"%[%s]")


def named_sql(rows: "QuerySet[Any, Any]", prefix: str) -> tuple[str, dict[str, Any]]:
    """Return the SQL of `rows`, and its parameters by names that begin with `prefix`.

    Raises EmptyResultSet for a query that Django knows to find nothing."""
    sql, values = rows.query.sql_with_params()
    params = {f"{prefix}{place}": value for place, value in enumerate(values)}
    names = iter(params)
    return VALUE_IN_SQL.sub(lambda found: f"%({next(names)})s" if found[0] == "%s" else found[0], sql), params
