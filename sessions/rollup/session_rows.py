"""Sessions from traces: one idempotent, set-based statement composed from the declared properties.

Nothing is incremented, so late, repeated, corrected and moved traces come out right by construction."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from sessions.models import Session
from sessions.models.alerts import mark_watched
from sessions.models.properties import properties_of

# The planner guesses many sessions where there are few, and compiling costs fifty times what running does.
WITHOUT_JIT = "SET LOCAL jit = off"

# `computed_at` rises whatever clocks do: sessions/dashboard/cached_days.py tells by it whether a session is the same.
# It is counted on in UTC: Citus refuses an update with a function that depends on the zone of a database session.
RECOMPUTE = """
INSERT INTO session (project_id, computed_at, content_hash, content_at, {fields})
SELECT t.project_id, %(now)s, bit_xor(hashtextextended(t.trace_id, coalesce(t.content_hash, 0))), %(now)s, {aggregates}
FROM trace t WHERE t.project_id = %(project)s AND t.session_id = ANY(%(sessions)s)
GROUP BY t.project_id, t.session_id ORDER BY t.session_id
ON CONFLICT (project_id, session_id) DO UPDATE SET {updates},
    computed_at = greatest(EXCLUDED.computed_at,
        (session.computed_at AT TIME ZONE 'UTC' + interval '1 microsecond') AT TIME ZONE 'UTC'),
    content_hash = EXCLUDED.content_hash,
    content_at = CASE WHEN session.content_hash = EXCLUDED.content_hash THEN session.content_at
        ELSE EXCLUDED.content_at END
RETURNING session_id
"""

HAS_SCORES = """
SELECT EXISTS (SELECT 1 FROM score WHERE project_id = %(project)s)
    OR EXISTS (SELECT 1 FROM session_score WHERE project_id = %(project)s)
"""

# Scores of the named sessions, of their traces and of these traces' spans; a session without traces has none.
SUM_SCORES = """
WITH member AS MATERIALIZED (
    SELECT session_id, trace_id FROM trace WHERE project_id = %(project)s AND session_id = ANY(%(sessions)s)),
given AS (
    SELECT m.session_id, s.* FROM member m CROSS JOIN LATERAL (
        SELECT name, data_type, value, string_value, is_unsure FROM score
        WHERE project_id = %(project)s AND trace_id = m.trace_id OFFSET 0) s
    UNION ALL
    SELECT m.session_id, s.* FROM (SELECT DISTINCT session_id FROM member) m CROSS JOIN LATERAL (
        SELECT name, data_type, value, string_value, is_unsure FROM score
        WHERE project_id = %(project)s AND session_id = m.session_id AND trace_id IS NULL OFFSET 0) s),
category AS (
    SELECT session_id, name, jsonb_object_agg(string_value, times) AS shares FROM (
        SELECT session_id, name, string_value, count(*) AS times FROM given
        WHERE data_type = 'CATEGORICAL' AND NOT is_unsure AND string_value IS NOT NULL GROUP BY 1, 2, 3) counted
    GROUP BY 1, 2)
INSERT INTO session_score (project_id, session_id, name, count, mean, shares)
SELECT %(project)s, g.session_id, g.name, count(*) FILTER (WHERE NOT g.is_unsure),
    trim_scale(round(avg(g.value::numeric)
        FILTER (WHERE NOT g.is_unsure AND g.data_type IN ('NUMERIC', 'BOOLEAN')), 12)),
    coalesce(c.shares, '{}'::jsonb)
FROM given g LEFT JOIN category c USING (session_id, name)
GROUP BY g.session_id, g.name, c.shares ORDER BY g.session_id, g.name
ON CONFLICT (project_id, session_id, name) DO UPDATE SET count = EXCLUDED.count, mean = EXCLUDED.mean,
    shares = EXCLUDED.shares
RETURNING session_id, name
"""

DROP_SCORES = """
DELETE FROM session_score WHERE project_id = %(project)s AND session_id = ANY(%(sessions)s)
    AND (session_id, name) NOT IN (SELECT * FROM unnest(%(kept_sessions)s::text[], %(kept_names)s::text[]))
"""

DELETE_EMPTY = """
WITH gone AS (
    DELETE FROM session s WHERE s.project_id = %(project)s AND s.session_id = ANY(%(sessions)s) AND NOT EXISTS (
        SELECT 1 FROM trace t
        WHERE t.project_id = %(project)s AND t.session_id = s.session_id)
    RETURNING s.session_id),
outlisted AS (
    DELETE FROM cohort_member m USING gone WHERE m.project_id = %(project)s AND m.session_id = gone.session_id),
unwatched AS (
    DELETE FROM alert_member m USING gone WHERE m.project_id = %(project)s AND m.session_id = gone.session_id),
untold AS (
    DELETE FROM alert_firing_session f USING gone WHERE f.project_id = %(project)s AND f.session_id = gone.session_id)
DELETE FROM session_state USING gone
WHERE session_state.project_id = %(project)s AND session_state.session_id = gone.session_id
"""


def recompute(project_id: int, session_ids: Sequence[str]) -> None:
    """Recompute the named sessions from their traces, and mark them for the alerts that watch.

    A session without traces is deleted, together with what people wrote about it."""
    params: dict[str, Any] = {"project": project_id, "sessions": sorted(set(session_ids)), "now": timezone.now()}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(WITHOUT_JIT)
        cursor.execute(HAS_SCORES, params)
        if cursor.fetchone()[0]:
            cursor.execute(SUM_SCORES, params)
            kept = cursor.fetchall()
            names = {"kept_sessions": [row[0] for row in kept], "kept_names": [row[1] for row in kept]}
            cursor.execute(DROP_SCORES, params | names)
        cursor.execute(recompute_statement(), params)
        if empty := set(params["sessions"]) - {session_id for (session_id,) in cursor.fetchall()}:
            cursor.execute(DELETE_EMPTY, params | {"sessions": sorted(empty)})
        mark_watched(project_id, params["sessions"], params["now"])


@cache
def recompute_statement() -> str:
    """Return the statement that computes sessions, with a column for every declared property."""
    declared = properties_of(Session).values()
    return RECOMPUTE.format(
        fields=", ".join(p.field for p in declared),
        aggregates=", ".join(p.sql for p in declared),
        updates=", ".join(f"{p.field} = EXCLUDED.{p.field}" for p in declared if p.field != "session_id"),
    )
