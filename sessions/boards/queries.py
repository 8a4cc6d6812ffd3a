"""The SQL of tiles: one statement for each, over the sessions of the tile's list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from projects.named_sql import named_sql
from sessions.dashboard.measures import SessionMeasure
from sessions.models import Session

TILE_SESSION_FIELDS = ("session_id", "created_at", "duration_ms", "total_cost", "total_tokens", "input_tokens",
        "output_tokens", "turn_count", "unmeasured_count", "unpriced_count", "error_count", "user_ids",
        "usage_by_model")  # fmt: skip
SPLIT_BY_MODEL = "model_names"
# Sessions, with a row for each value of the split, each user, or the score, where the tile asks for it.
TILE_ROWS_SQL = """
WITH chosen AS MATERIALIZED ({sessions}),
c AS MATERIALIZED (
    SELECT s.*, {value} AS value, width_bucket(s.created_at, %(starts)s::timestamptz[]) AS step{columns}
    FROM chosen s{joins})"""
# The totals of a tile that is not split, and each step of it.
WHOLE_TILE_SQL = """
SELECT GROUPING(step), step, NULL, {sql}, {unknown} FROM c GROUP BY GROUPING SETS ((), (step))"""
# The values that weigh most, with their steps; `others` is how many values there are.
SPLIT_TILE_SQL = """,
ranked AS (
    SELECT value, {sql} AS weight, count(*) AS number, count(*) OVER () AS others FROM c WHERE value IS NOT NULL
    GROUP BY value ORDER BY {order} DESC NULLS LAST, value LIMIT %(most)s)
SELECT GROUPING(step), step, value, {sql}, {unknown}, max(r.others) FROM c JOIN ranked r USING (value)
GROUP BY GROUPING SETS ((value), (step, value))"""
# Parts of a whole, row by row of the split.
TILE_PARTS_SQL = """
SELECT value, part, count(*) FROM c CROSS JOIN LATERAL ({parts}) AS p(part) GROUP BY value, part"""
SCORE_JOIN_SQL = """
    JOIN session_score n ON n.project_id = %(project)s AND n.session_id = s.session_id AND n.name = %(score)s
        AND n.count > 0"""
PARTS_OF_ERRORS_SQL = "SELECT CASE WHEN c.error_count > 0 THEN 'with' ELSE 'without' END"
PARTS_OF_YES_SQL = "SELECT CASE WHEN c.score_mean = 1 THEN 'Yes' WHEN c.score_mean = 0 THEN 'No' ELSE 'Both' END"
PARTS_OF_CATEGORIES_SQL = "SELECT jsonb_object_keys(c.score_shares)"

Params = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class TileRows:
    """The sessions of a tile, by whatever they are split."""

    project_id: int
    rows: QuerySet[Session]
    starts: Sequence[datetime]
    split: str = ""  # a column that is a set
    score: str = ""
    over_users: bool = False

    @property
    def is_by_model(self) -> bool:
        return self.split == SPLIT_BY_MODEL

    def sql(self) -> tuple[str, Params]:
        """Return the rows as the beginning of a statement, and its parameters."""
        fields = [*TILE_SESSION_FIELDS, *([self.split] if self.split and self.split not in TILE_SESSION_FIELDS else [])]
        sessions, params = named_sql(self.rows.values_list(*fields), "session")
        joins, columns = "", ""
        if self.is_by_model:
            joins += "\n    CROSS JOIN LATERAL jsonb_each(s.usage_by_model) AS v(one, usage)"
            columns += ", v.usage"
        elif self.split:
            joins += f"\n    CROSS JOIN LATERAL unnest(s.{self.split}) AS v(one)"
        if self.over_users:
            joins += "\n    CROSS JOIN LATERAL unnest(s.user_ids) AS u(one_user)"
            columns += ", u.one_user"
        if self.score:
            joins += SCORE_JOIN_SQL
            columns += ", n.mean AS score_mean, n.shares AS score_shares"
        value = "v.one" if self.split else "NULL::text"
        text = TILE_ROWS_SQL.format(sessions=sessions, value=value, columns=columns, joins=joins)
        return text, {**params, "project": self.project_id, "starts": list(self.starts), "score": self.score}


def tile_statement(
    rows: TileRows, measure: SessionMeasure, *, most: int, is_ranking: bool = False
) -> tuple[str, Params]:
    """Return the statement that measures the sessions of a tile: in all and by step, or for its `most` values.

    Those are the values with most sessions, or of what adds up and in a ranking, with the highest measure."""
    text, params = rows.sql()
    sql, unknown = measure.sql, measure.unknown_sql
    if rows.is_by_model and measure.model_field:
        total = f"sum((c.usage->>'{measure.model_field}')::numeric)"
        sql = f"{total} / nullif(count(*), 0)" if not measure.is_additive else total
        unknown = f"sum((c.usage->>'{measure.unknown}')::bigint)"
    if not rows.split:
        return text + WHOLE_TILE_SQL.format(sql=sql, unknown=unknown), params
    order = "weight" if measure.is_additive or is_ranking else "number"
    return text + SPLIT_TILE_SQL.format(sql=sql, unknown=unknown, order=order), params | {"most": most}


def parts_statement(rows: TileRows, parts: str) -> tuple[str, Params]:
    """Return the statement that counts the sessions of each part, row by row."""
    text, params = rows.sql()
    return text + TILE_PARTS_SQL.format(parts=parts), params
