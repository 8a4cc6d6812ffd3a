"""The SQL of the dashboard: one statement, which reads each session once and answers all questions, step by step."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from projects.named_sql import named_sql
from sessions.models import Session

TOPS = ("model_names", "environments", "releases", "tags", "tool_names", "user_ids")
READ_SESSION_FIELDS = ("session_id", "created_at", "duration_ms", "total_cost", "total_tokens", "input_tokens",
        "output_tokens", "trace_count", "turn_count", "unmeasured_count", "unpriced_count", "error_count",
        "usage_by_model", *TOPS)  # fmt: skip

OF_STEPS = "SELECT width_bucket(created_at, %(starts)s::timestamptz[]) AS step, s.* FROM ({sessions}) s"
# Of a long history few began before a time and went on in it: the index session_updated has all that tells which.
NAMED_SESSIONS_SQL = (
    f"SELECT {', '.join(READ_SESSION_FIELDS)} FROM session"
    " WHERE project_id = %(project)s AND session_id = ANY(ARRAY({sessions}))"
)
# The index session_created has all that a mark is made of.
DAYS_SQL = """
day AS (
    SELECT * FROM unnest(%(places)s::int[], %(since)s::timestamptz[], %(until)s::timestamptz[], %(marks)s::text[])
        d(step, since, until, known)),
marked AS MATERIALIZED (
    SELECT day.*, m.mark FROM day CROSS JOIN LATERAL (
        SELECT concat(count(*), ' ', sum(
            hashtextextended(session_id, timestamp_hash_extended(computed_at AT TIME ZONE 'UTC', 0)))) AS mark
        FROM session WHERE project_id = %(project)s AND created_at >= day.since AND created_at < day.until) m),
"""
OF_DAYS = f"""
SELECT day.step, s.* FROM marked day CROSS JOIN LATERAL (
    SELECT {", ".join(READ_SESSION_FIELDS)} FROM session
    WHERE project_id = %(project)s AND created_at >= day.since AND created_at < day.until OFFSET 0) s
WHERE day.mark <> day.known"""
# Scores are read in one walk along their index. A full join is made by hashing, however few sessions are expected: row
# by row it would take four times as long for thousands. Sessions without scores are in it, too, with NULL.
CHOSEN = """
WITH {days} chosen AS MATERIALIZED ({sessions}),
scored AS MATERIALIZED (
    SELECT step, name, mean, shares FROM chosen FULL JOIN (
        SELECT session_id, name, mean, shares FROM session_score
        WHERE project_id = %(project)s AND session_id = ANY(ARRAY(SELECT session_id FROM chosen)) AND count > 0) n
    USING (session_id))
SELECT json_build_object({answers})::text
"""
STEP_MARKS_SQL = "SELECT json_object_agg(step, mark) FROM marked"
FACTS = """
SELECT json_agg(json_build_array(step, number, failed, traces, turns, cost, unpriced, unmeasured, tokens, inputs,
    outputs, durations)) FROM (
    SELECT step, count(*) AS number, count(*) FILTER (WHERE error_count > 0) AS failed, sum(trace_count) AS traces,
        sum(turn_count) AS turns,
        sum(total_cost)::text AS cost, sum(unpriced_count) AS unpriced, sum(unmeasured_count) AS unmeasured,
        sum(total_tokens) AS tokens, sum(input_tokens) AS inputs, sum(output_tokens) AS outputs,
        array_agg(duration_ms) AS durations
    FROM chosen GROUP BY step) AS f"""
STEP_COSTS_SQL = """
SELECT json_agg(json_build_array(step, model, cost, unpriced)) FROM (
    SELECT step, model, sum((u->>'total_cost')::numeric)::text AS cost, sum((u->>'unpriced_count')::bigint) AS unpriced
    FROM chosen CROSS JOIN LATERAL jsonb_each(usage_by_model) AS e(model, u) GROUP BY step, model) AS c"""
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
        SELECT step, to_char(quarter AT TIME ZONE %(zone)s, 'ID HH24') AS hour, sum(times) AS number FROM (
            SELECT step, date_bin('15 minutes', created_at, '2000-01-01Z') AS quarter, count(*) AS times
            FROM chosen GROUP BY step, quarter) AS q
        GROUP BY step, hour) AS h
    GROUP BY step) AS c"""
STEP_SCORES_SQL = """
SELECT json_agg(json_build_array(step, name, number, mean_count, total)) FROM (
    SELECT step, name, count(*) AS number, count(mean) AS mean_count, coalesce(sum(mean), 0)::text AS total
    FROM scored WHERE name IS NOT NULL GROUP BY step, name) AS s"""
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

LATENCIES_SQL = """
WITH picked AS MATERIALIZED (
    SELECT session_id FROM ({sessions}) AS s ORDER BY hashtextextended(session_id, 0) LIMIT %(sample)s)
SELECT width_bucket(t.started_at, %(starts)s::timestamptz[]), m.measure, s.slot, sum(s.number::bigint)
FROM picked CROSS JOIN LATERAL (
    SELECT started_at, latencies FROM trace
    WHERE project_id = %(project)s AND session_id = picked.session_id
        AND started_at >= %(since)s AND started_at < %(until)s OFFSET 0) AS t
    CROSS JOIN LATERAL jsonb_each(t.latencies) AS m(measure, slots)
    CROSS JOIN LATERAL jsonb_each_text(m.slots) AS s(slot, number)
GROUP BY 1, 2, 3
"""

MODEL_SUMS = {"session_count": "count(*)"} | {
    name: f"coalesce(sum((v.usage->>'{name}')::numeric), 0)"
    for name in (
        "call_count", "input_tokens", "output_tokens", "total_tokens", "cached_tokens", "cache_write_tokens",
        "reasoning_tokens", "not_itemised_tokens", "unmeasured_count", "unpriced_count", "input_cost", "output_cost",
        "total_cost",
    )
}  # fmt: skip
MODELS_SQL = """
SELECT v.model, {sums}
FROM ({sessions}) s CROSS JOIN LATERAL jsonb_each(s.usage_by_model) AS v(model, usage)
GROUP BY v.model ORDER BY {order} {direction}, v.model {direction}
LIMIT %(limit)s OFFSET %(skipped)s
"""

Params = dict[str, Any]


class Wanted(StrEnum):
    """What is asked about the sessions."""

    FIGURES = "figures"  # tiles, and charts over time
    DETAILS = "details"  # frequent values, scores, and hours of the week
    EVERYTHING = "everything"


@dataclass(frozen=True, kw_only=True)
class KnownDay:
    """A day that is in the cache, with the mark that it has there."""

    place: int
    since: datetime
    until: datetime
    mark: str


def dashboard_statement(
    project_id: int,
    rows: QuerySet[Session],
    *,
    starts: list[datetime],
    days: Sequence[KnownDay],
    wanted: Wanted,
    is_brief: bool,
) -> tuple[str, Params]:
    """Return the statement that reads `rows` by the steps that begin at `starts`, and its parameters."""
    answers = _answers(wanted, is_brief=is_brief) | ({"marks": STEP_MARKS_SQL} if days else {})
    texts, params = _sessions(rows, days)
    statement = CHOSEN.format(
        days=DAYS_SQL if days else "",
        sessions=" UNION ALL ".join(texts),
        answers=", ".join(f"'{name}', ({sql})" for name, sql in answers.items()),
    )
    params |= {"project": project_id, "starts": starts, "zone": timezone.get_current_timezone_name()}
    return statement, params | _day_params(days)


def latencies_statement(
    project_id: int, rows: QuerySet[Session], *, starts: list[datetime], until: datetime, sample: int
) -> tuple[str, Params]:
    """Return the statement that adds up the latencies of at most `sample` sessions, and its parameters."""
    sessions, params = named_sql(rows.values_list("session_id"), "session")
    params |= {"project": project_id, "sample": sample, "starts": starts, "since": starts[0], "until": until}
    return LATENCIES_SQL.format(sessions=sessions), params


def models_statement(rows: QuerySet[Session], order: str, *, is_falling: bool) -> tuple[str, Params]:
    """Return the statement that sums up the models of sessions, with `limit` and `skipped` to add to its parameters."""
    sessions, params = named_sql(rows.values_list("session_id", "usage_by_model"), "session")
    statement = MODELS_SQL.format(
        sums=", ".join(MODEL_SUMS.values()),
        sessions=sessions,
        order=MODEL_SUMS.get(order, "v.model"),
        direction="DESC" if is_falling else "ASC",
    )
    return statement, params


def _answers(wanted: Wanted, *, is_brief: bool) -> dict[str, str]:
    answers = {"facts": FACTS}
    if wanted != Wanted.DETAILS:
        answers |= {"values": _values(["user_ids"])} | ({} if is_brief else {"costs": STEP_COSTS_SQL})
    if wanted != Wanted.FIGURES:
        details = {"values": _values(TOPS), "hours": STEP_HOURS_SQL, "means": MEANS, "categories": STEP_CATEGORIES_SQL}
        answers |= {"scores": STEP_SCORES_SQL} | ({} if is_brief else details)
    return answers


def _values(names: Sequence[str]) -> str:
    return STEP_VALUES_SQL.format(
        cases=" ".join(f"WHEN {name} IS NOT NULL THEN '{name}'" for name in names),
        sets=", ".join(names),
        each_set=", ".join(f"(step, {name})" for name in names),
    )


def _day_params(days: Sequence[KnownDay]) -> Params:
    return {
        "places": [day.place for day in days],
        "since": [day.since for day in days],
        "until": [day.until for day in days],
        "marks": [day.mark for day in days],
    }


def _sessions(rows: QuerySet[Session], days: Sequence[KnownDay]) -> tuple[list[str], Params]:
    """Return statements that together find each session once, and their parameters."""
    if not days:
        sql, params = named_sql(rows.values_list(*READ_SESSION_FIELDS), "session")
        return [OF_STEPS.format(sessions=sql)], params
    early, of_early = named_sql(rows.filter(created_at__lt=days[0].since).values_list("session_id"), "early")
    late, of_late = named_sql(rows.filter(created_at__gte=days[-1].until).values_list(*READ_SESSION_FIELDS), "late")
    texts = [
        OF_STEPS.format(sessions=NAMED_SESSIONS_SQL.format(sessions=early)),
        OF_STEPS.format(sessions=late),
        OF_DAYS,
    ]
    return texts, of_early | of_late
