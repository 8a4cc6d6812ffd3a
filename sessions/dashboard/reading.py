"""What a dashboard asks of the database: one statement, which reads each session once and answers all questions."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from sessions.cohorts.sampling import affordable
from sessions.listing import Listing
from sessions.models import Session
from tracing.bounded import SPACIOUS, within

PATIENCE = 3_000  # ms for the statement
TOP = 8  # values of each set
TOPS = ("model_names", "user_ids", "tags", "tool_names")
READ = ("session_id", "created_at", "duration_ms", "total_cost", "total_tokens", "trace_count", "unpriced_count",
        "error_count", *TOPS)  # fmt: skip

# Bins of a score are easy to say: 1, 2 or 5 times a power of ten wide, some ten of them.
CHOSEN = """
WITH chosen AS MATERIALIZED (
    SELECT s.*, width_bucket(created_at, %s::timestamptz[]) AS step FROM ({sessions}) AS s),
visit AS MATERIALIZED (
    SELECT step, unnest(user_ids) AS value, count(*) AS times FROM chosen GROUP BY 1, 2),
scored AS MATERIALIZED (
    SELECT n.name, n.mean, n.shares, step FROM session_score n JOIN chosen USING (session_id)
    WHERE n.project_id = %s AND n.count > 0),
score AS MATERIALIZED (
    SELECT name, step, count(*) AS session_count, count(mean) AS mean_count, sum(mean) AS sum, min(mean) AS low,
        max(mean) AS high
    FROM scored GROUP BY name, step),
rough AS (
    SELECT name, coalesce(nullif((max(high) - min(low)) / 12, 0), 1) AS rough FROM score GROUP BY name),
power AS (
    SELECT name, rough, greatest(power(10::numeric, floor(log(rough))), 1e-12) AS power FROM rough),
width AS MATERIALIZED (
    SELECT name, power * CASE WHEN rough <= power THEN 1 WHEN rough <= 2 * power THEN 2
        WHEN rough <= 5 * power THEN 5 ELSE 10 END AS width FROM power)
"""
SUMS = """
    'session_count', count(*), 'failed', count(*) FILTER (WHERE error_count > 0), 'trace_count', sum(trace_count),
    'total_cost', sum(total_cost), 'unpriced_count', sum(unpriced_count), 'total_tokens', sum(total_tokens),
    'ends', percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY duration_ms)"""
FACTS = f"SELECT jsonb_build_object({SUMS}) FROM chosen"
BY_STEP = f"""
SELECT jsonb_object_agg(step, made) FROM (
    SELECT step, jsonb_build_object({SUMS}) AS made FROM chosen GROUP BY step) AS counted"""
PEOPLE = "SELECT count(*) FROM (SELECT value FROM visit GROUP BY value) AS person"
PEOPLE_BY_STEP = """
SELECT jsonb_object_agg(step, number) FROM (SELECT step, count(*) AS number FROM visit GROUP BY step) AS counted"""
# Every zone is a multiple of a quarter of an hour away.
HEAT = """
SELECT jsonb_agg(jsonb_build_array(day, hour, number)) FROM (
    SELECT extract(isodow FROM quarter AT TIME ZONE %s)::int AS day,
        extract(hour FROM quarter AT TIME ZONE %s)::int AS hour, sum(times) AS number
    FROM (SELECT date_bin('15 minutes', created_at, '2000-01-01Z') AS quarter, count(*) AS times
        FROM chosen WHERE step > 0 GROUP BY 1) AS quarters
    GROUP BY 1, 2) AS counted"""
TOP_OF = """
SELECT jsonb_agg(jsonb_build_array(value, number) ORDER BY number DESC, value) FROM (
    SELECT value, sum(times) AS number FROM {source} GROUP BY value ORDER BY number DESC, value LIMIT %s) AS counted"""
# Few combinations are different, so that these are counted before their values.
OF_A_SET = (
    """(SELECT {column}, count(*) AS times FROM chosen GROUP BY 1) AS c CROSS JOIN LATERAL unnest(c.{column}) value"""
)
SCORES = "SELECT jsonb_agg(to_jsonb(score)) FROM score"
BINS = """
SELECT jsonb_agg(to_jsonb(counted)) FROM (
    SELECT name, width, floor(mean / width) AS place, count(*) AS session_count, min(mean) AS low, max(mean) AS high
    FROM scored JOIN width USING (name) WHERE mean IS NOT NULL GROUP BY name, width, place) AS counted"""
CATEGORIES = """
SELECT jsonb_agg(jsonb_build_array(name, category, number) ORDER BY number DESC, category) FROM (
    SELECT name, category, sum(times) AS number FROM (
        SELECT name, shares, count(*) AS times FROM scored WHERE shares <> '{}' GROUP BY 1, 2) AS s
        CROSS JOIN LATERAL jsonb_object_keys(shares) AS category
    GROUP BY name, category) AS counted"""


Parts: TypeAlias = dict[str, tuple[str, list[Any]]]  # by name: a statement, and its parameters
BASIC: Parts = {"facts": (FACTS, []), "people": (PEOPLE, []), "scores": (SCORES, [])}


@dataclass(frozen=True)
class Sessions:
    """Which sessions of a listing are read, and how many each of them stands for."""

    rows: QuerySet[Session]
    weight: int = 1


def sessions_of(listing: Listing) -> Sessions:
    """All or the sample."""
    one_in, [rows] = affordable(listing.project, [listing.matching.order_by()])
    return Sessions(rows, one_in)


def read(project_id: int, sessions: Sessions, starts: Sequence[datetime]) -> dict[str, Any]:
    """Everything, by steps that begin at `starts`; step 0 is what began before. Raises TooLong."""
    zone = timezone.get_current_timezone_name()
    parts: Parts = {
        "steps": (BY_STEP, []),
        "people_by_step": (PEOPLE_BY_STEP, []),
        "heat": (HEAT, [zone, zone]),
        **{name: (TOP_OF.format(source=_values(name)), [TOP]) for name in TOPS},
        "bins": (BINS, []),
        "categories": (CATEGORIES, []),
    }
    return _asked(project_id, sessions, starts, BASIC | parts)


def read_facts(project_id: int, sessions: Sessions) -> dict[str, Any]:
    """Only what another period is compared with. Raises TooLong."""
    return _asked(project_id, sessions, [timezone.now()], BASIC)


def _values(column: str) -> str:
    return "visit" if column == "user_ids" else OF_A_SET.format(column=column)


def _asked(project_id: int, sessions: Sessions, starts: Sequence[datetime], parts: Parts) -> dict[str, Any]:
    rows, given = sessions.rows.values_list(*READ).query.sql_with_params()
    answers = ", ".join(f"'{name}', ({sql})" for name, (sql, _) in parts.items())
    statement = f"{CHOSEN.format(sessions=rows)} SELECT jsonb_build_object({answers})::text"
    params = [list(starts), *given, project_id, *(value for _, values in parts.values() for value in values)]
    with within(PATIENCE, **SPACIOUS), connection.cursor() as cursor:
        cursor.execute(statement, params)
        found: dict[str, Any] = json.loads(cursor.fetchone()[0], parse_float=Decimal)
    return found
