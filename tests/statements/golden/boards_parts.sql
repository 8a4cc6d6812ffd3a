WITH chosen AS MATERIALIZED (SELECT "session"."session_id" AS "session_id", "session"."created_at" AS "created_at",
"session"."duration_ms" AS "duration_ms", "session"."total_cost" AS "total_cost", "session"."total_tokens" AS
"total_tokens", "session"."input_tokens" AS "input_tokens", "session"."output_tokens" AS "output_tokens",
"session"."turn_count" AS "turn_count", "session"."unmeasured_count" AS "unmeasured_count", "session"."unpriced_count"
AS "unpriced_count", "session"."error_count" AS "error_count", "session"."user_ids" AS "user_ids",
"session"."usage_by_model" AS "usage_by_model" FROM "session" WHERE ("session"."project_id" = %(session0)s AND
"session"."error_count" > %(session1)s)),
c AS MATERIALIZED (
    SELECT s.*, NULL::text AS value, width_bucket(s.created_at, %(starts)s::timestamptz[]) AS step, n.mean AS
score_mean, n.shares AS score_shares
    FROM chosen s
    JOIN session_score n ON n.project_id = %(project)s AND n.session_id = s.session_id AND n.name = %(score)s
        AND n.count > 0)
SELECT value, part, count(*) FROM c CROSS JOIN LATERAL (SELECT jsonb_object_keys(c.score_shares)) AS p(part) GROUP BY
value, part
