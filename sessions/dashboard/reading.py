"""What a dashboard asks of the database: one statement, which reads each session once and answers all questions, step
by step. Days that are kept (sessions/dashboard/cached_days.py) are left out."""

import json
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from sessions.cohorts.sampling import affordable
from sessions.dashboard.cached_days import CachedDay, days_of, keep
from sessions.dashboard.parts import DashboardPart, ScorePart, Tally, tally
from sessions.dashboard.steps import TimeStep
from sessions.listing.listing import Listing
from sessions.models import Session
from tracing.lists.bounded import SPACIOUS, within

DASHBOARD_TIMEOUT_MS = 3_000  # ms for the statement
TOPS = ("model_names", "user_ids", "tags", "tool_names")
READ_SESSION_FIELDS = ("session_id", "created_at", "duration_ms", "total_cost", "total_tokens", "trace_count",
        "unpriced_count", "error_count", *TOPS)  # fmt: skip

OF_STEPS = "SELECT width_bucket(created_at, %s::timestamptz[]) AS step, s.* FROM ({sessions}) s"
# Of a long history few began before a time and went on in it: the index session_updated has all that tells which.
NAMED_SESSIONS_SQL = (
    f"SELECT {', '.join(READ_SESSION_FIELDS)} FROM session"
    " WHERE project_id = %s AND session_id = ANY(ARRAY({sessions}))"
)
# The index session_created has all that a mark is made of.
DAYS_SQL = """
day AS (SELECT * FROM unnest(%s::int[], %s::timestamptz[], %s::timestamptz[], %s::text[]) d(step, since, until, known)),
marked AS MATERIALIZED (
    SELECT day.*, m.mark FROM day CROSS JOIN LATERAL (
        SELECT concat(count(*), ' ', sum(
            hashtextextended(session_id, timestamp_hash_extended(computed_at AT TIME ZONE 'UTC', 0)))) AS mark
        FROM session WHERE project_id = %s AND created_at >= day.since AND created_at < day.until) m),
"""
OF_DAYS = f"""
SELECT day.step, s.* FROM marked day CROSS JOIN LATERAL (
    SELECT {", ".join(READ_SESSION_FIELDS)} FROM session
    WHERE project_id = %s AND created_at >= day.since AND created_at < day.until OFFSET 0) s
WHERE day.mark <> day.known"""
CHOSEN = """
WITH {days} chosen AS MATERIALIZED ({sessions}),
scored AS MATERIALIZED (
    SELECT step, name, mean, shares FROM chosen CROSS JOIN LATERAL (
        SELECT name, mean, shares FROM session_score n
        WHERE n.project_id = %s AND n.session_id = chosen.session_id AND n.count > 0 OFFSET 0) n)
SELECT json_build_object({answers})::text
"""
STEP_MARKS_SQL = "SELECT json_object_agg(step, mark) FROM marked"
FACTS = """
SELECT json_agg(json_build_array(step, number, failed, traces, cost, unpriced, tokens, durations)) FROM (
    SELECT step, count(*) AS number, count(*) FILTER (WHERE error_count > 0) AS failed, sum(trace_count) AS traces,
        sum(total_cost)::text AS cost, sum(unpriced_count) AS unpriced, sum(total_tokens) AS tokens,
        array_agg(duration_ms) AS durations
    FROM chosen GROUP BY step) AS f"""
# Equal sets are counted before they are taken apart: there are few different ones. In the rows of a grouping set every
# other column is NULL, which no set of a session is.
STEP_VALUES_SQL = """
SELECT json_agg(json_build_array(step, name, counts)) FROM (
    SELECT step, name, json_object_agg(value, number) AS counts FROM (
        SELECT step, name, value, sum(times) AS number FROM (
            SELECT step, CASE {cases} END AS name, unnest(coalesce({sets})) AS value, times FROM (
                SELECT step, {sets}, count(*) AS times FROM chosen GROUP BY GROUPING SETS ({each_set})) AS g) AS v
        GROUP BY step, name, value) AS n
    GROUP BY step, name) AS c"""
# Every zone is a multiple of a quarter of an hour away.
STEP_HOURS_SQL = """
SELECT json_agg(json_build_array(step, counts)) FROM (
    SELECT step, json_object_agg(hour, number) AS counts FROM (
        SELECT step, to_char(quarter AT TIME ZONE %s, 'ID HH24') AS hour, sum(times) AS number FROM (
            SELECT step, date_bin('15 minutes', created_at, '2000-01-01Z') AS quarter, count(*) AS times
            FROM chosen GROUP BY step, quarter) AS q
        GROUP BY step, hour) AS h
    GROUP BY step) AS c"""
STEP_SCORES_SQL = """
SELECT json_agg(json_build_array(step, name, number, mean_count, total)) FROM (
    SELECT step, name, count(*) AS number, count(mean) AS mean_count, coalesce(sum(mean), 0)::text AS total
    FROM scored GROUP BY step, name) AS s"""
MEANS = """
SELECT json_agg(json_build_array(step, name, counts)) FROM (
    SELECT step, name, json_object_agg(mean, number) AS counts FROM (
        SELECT step, name, mean::text AS mean, count(*) AS number FROM scored WHERE mean IS NOT NULL
        GROUP BY step, name, mean) AS m
    GROUP BY step, name) AS c"""
STEP_CATEGORIES_SQL = """
SELECT json_agg(json_build_array(step, name, counts)) FROM (
    SELECT step, name, json_object_agg(category, number) AS counts FROM (
        SELECT step, name, category, sum(times) AS number FROM (
            SELECT step, name, shares, count(*) AS times FROM scored WHERE shares <> '{}' GROUP BY 1, 2, 3) AS s
            CROSS JOIN LATERAL jsonb_object_keys(shares) AS category
        GROUP BY step, name, category) AS k
    GROUP BY step, name) AS c"""

Found = dict[str, Any]


@dataclass(frozen=True)
class Sessions:
    """Which sessions of a listing are read, and how many each of them stands for."""

    rows: QuerySet[Session]
    weight: int = 1


def sessions_of(listing: Listing) -> Sessions:
    """All or the sample."""
    one_in, [rows] = affordable(listing.project, [listing.matching.order_by()])
    return Sessions(rows, one_in)


def read(
    listing: Listing, sessions: Sessions, steps: Sequence[TimeStep], *, is_brief: bool = False
) -> list[DashboardPart]:
    """Of what began before the steps, and of each step. When brief, without hours, means and categories, and of the
    sets with users alone, unless days are kept. Raises TooLong."""
    days = days_of(listing, steps) if sessions.weight == 1 else []
    found = _asked(listing.project.pk, sessions.rows, steps, days, is_brief=is_brief and not days)
    parts = _parts(found, len(steps) + 1)
    marks = {day.place: found["marks"][str(day.place)] for day in days}
    changed = {day.place for day in days if day.mark != marks[day.place]}
    for day in days:
        if day.place not in changed:
            parts[day.place] = day.part
    keep(listing.project.pk, [replace(day, mark=marks[day.place], part=parts[day.place]) for day in days], changed)
    return parts


def _asked(
    project_id: int, rows: QuerySet[Session], steps: Sequence[TimeStep], days: Sequence[CachedDay], *, is_brief: bool
) -> Found:
    answers, zone = _answers(is_brief=is_brief), timezone.get_current_timezone_name()
    if days:
        answers["marks"] = STEP_MARKS_SQL
    texts, given = _sessions(project_id, rows, [step.start for step in steps], days)
    statement = CHOSEN.format(
        days=DAYS_SQL if days else "",
        sessions=" UNION ALL ".join(texts),
        answers=", ".join(f"'{name}', ({sql})" for name, sql in answers.items()),
    )
    params = [*_known(project_id, days), *given, project_id, *([] if is_brief else [zone])]
    with within(DASHBOARD_TIMEOUT_MS, **SPACIOUS), connection.cursor() as cursor:
        cursor.execute(statement, params)
        found: Found = json.loads(cursor.fetchone()[0])
    return found


def _answers(*, is_brief: bool) -> dict[str, str]:
    brief = {"facts": FACTS, "values": _values(["user_ids"]), "scores": STEP_SCORES_SQL}
    whole = {"values": _values(TOPS), "hours": STEP_HOURS_SQL, "means": MEANS, "categories": STEP_CATEGORIES_SQL}
    return brief if is_brief else brief | whole


def _values(names: Sequence[str]) -> str:
    return STEP_VALUES_SQL.format(
        cases=" ".join(f"WHEN {name} IS NOT NULL THEN '{name}'" for name in names),
        sets=", ".join(names),
        each_set=", ".join(f"(step, {name})" for name in names),
    )


def _known(project_id: int, days: Sequence[CachedDay]) -> list[Any]:
    if not days:
        return []
    columns = zip(*((day.place, day.step.start, day.step.end, day.mark) for day in days), strict=True)
    return [*map(list, columns), project_id]


def _sessions(
    project_id: int, rows: QuerySet[Session], starts: list[datetime], days: Sequence[CachedDay]
) -> tuple[list[str], list[Any]]:
    """Statements that together find each session once, and their parameters."""
    if not days:
        sql, given = rows.values_list(*READ_SESSION_FIELDS).query.sql_with_params()
        return [OF_STEPS.format(sessions=sql)], [starts, *given]
    early, of_early = rows.filter(created_at__lt=days[0].step.start).values_list("session_id").query.sql_with_params()
    late, of_late = (
        rows.filter(created_at__gte=days[-1].step.end).values_list(*READ_SESSION_FIELDS).query.sql_with_params()
    )
    texts = [
        OF_STEPS.format(sessions=NAMED_SESSIONS_SQL.format(sessions=early)),
        OF_STEPS.format(sessions=late),
        OF_DAYS,
    ]
    return texts, [starts, project_id, *of_early, starts, *of_late, project_id]


def _parts(found: Found, count: int) -> list[DashboardPart]:
    values, means, categories = (_by_step(found.get(name)) for name in ("values", "means", "categories"))
    hours = {place: tally(counts) for place, counts in found.get("hours") or ()}
    scores: dict[int, dict[str, ScorePart]] = {}
    for place, name, number, mean_count, total in found["scores"] or ():
        counts = (of_step.get(place, {}).get(name, {}) for of_step in (means, categories))
        scores.setdefault(place, {})[name] = ScorePart(number, mean_count, Decimal(total), *counts)
    parts = [DashboardPart()] * count
    for place, number, failed, traces, cost, unpriced, tokens, durations in found["facts"] or ():
        ordered = array("q", sorted(durations))
        sums = (number, failed, traces, Decimal(cost), unpriced, tokens, [ordered])
        parts[place] = DashboardPart(*sums, values.get(place, {}), hours.get(place, {}), scores.get(place, {}))
    return parts


def _by_step(rows: Sequence[tuple[int, str, dict[str, int]]] | None) -> dict[int, dict[str, Tally]]:
    found: dict[int, dict[str, Tally]] = {}
    for place, name, counts in rows or ():
        found.setdefault(place, {})[name] = tally(counts)
    return found
