WITH chosen AS MATERIALIZED (SELECT "session"."session_id" AS "session_id", "session"."created_at" AS "created_at",
"session"."duration_ms" AS "duration_ms", "session"."total_cost" AS "total_cost", "session"."total_tokens" AS
"total_tokens", "session"."input_tokens" AS "input_tokens", "session"."output_tokens" AS "output_tokens",
"session"."turn_count" AS "turn_count", "session"."unmeasured_count" AS "unmeasured_count", "session"."unpriced_count"
AS "unpriced_count", "session"."error_count" AS "error_count", "session"."user_ids" AS "user_ids",
"session"."usage_by_model" AS "usage_by_model", "session"."tags" AS "tags" FROM "session" WHERE ("session"."project_id"
= %(session0)s AND "session"."error_count" > %(session1)s)),
c AS MATERIALIZED (
    SELECT s.*, v.one AS value, width_bucket(s.created_at, %(starts)s::timestamptz[]) AS step, u.one_user
    FROM chosen s
    CROSS JOIN LATERAL unnest(s.tags) AS v(one)
    CROSS JOIN LATERAL unnest(s.user_ids) AS u(one_user)),
ranked AS (
    SELECT value, count(DISTINCT c.one_user) AS weight, count(*) AS number, count(*) OVER () AS others FROM c WHERE
value IS NOT NULL
    GROUP BY value ORDER BY weight DESC NULLS LAST, value LIMIT %(most)s)
SELECT GROUPING(step), step, value, count(DISTINCT c.one_user), 0, max(r.others) FROM c JOIN ranked r USING (value)
GROUP BY GROUPING SETS ((value), (step, value))
