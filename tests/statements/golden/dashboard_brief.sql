WITH  chosen AS MATERIALIZED (SELECT width_bucket(created_at, %(starts)s::timestamptz[]) AS step, s.* FROM (SELECT
"session"."session_id" AS "session_id", "session"."created_at" AS "created_at", "session"."duration_ms" AS
"duration_ms", "session"."total_cost" AS "total_cost", "session"."total_tokens" AS "total_tokens",
"session"."input_tokens" AS "input_tokens", "session"."output_tokens" AS "output_tokens", "session"."trace_count" AS
"trace_count", "session"."turn_count" AS "turn_count", "session"."unmeasured_count" AS "unmeasured_count",
"session"."unpriced_count" AS "unpriced_count", "session"."error_count" AS "error_count", "session"."usage_by_model" AS
"usage_by_model", "session"."model_names" AS "model_names", "session"."environments" AS "environments",
"session"."releases" AS "releases", "session"."tags" AS "tags", "session"."tool_names" AS "tool_names",
"session"."user_ids" AS "user_ids" FROM "session" WHERE ("session"."project_id" = %(session0)s AND
"session"."created_at" >= %(session1)s)) s),
scored AS MATERIALIZED (
    SELECT step, name, mean, shares FROM chosen FULL JOIN (
        SELECT session_id, name, mean, shares FROM session_score
        WHERE project_id = %(project)s AND session_id = ANY(ARRAY(SELECT session_id FROM chosen)) AND count > 0) n
    USING (session_id))
SELECT json_build_object('facts', (
SELECT json_agg(json_build_array(step, number, failed, traces, turns, cost, unpriced, unmeasured, tokens, inputs,
    outputs, durations)) FROM (
    SELECT step, count(*) AS number, count(*) FILTER (WHERE error_count > 0) AS failed, sum(trace_count) AS traces,
        sum(turn_count) AS turns,
        sum(total_cost)::text AS cost, sum(unpriced_count) AS unpriced, sum(unmeasured_count) AS unmeasured,
        sum(total_tokens) AS tokens, sum(input_tokens) AS inputs, sum(output_tokens) AS outputs,
        array_agg(duration_ms) AS durations
    FROM chosen GROUP BY step) AS f), 'values', (
SELECT json_agg(json_build_array(step, name, counts)) FROM (
    SELECT step, name, json_object_agg(value, number) AS counts FROM (
        SELECT step, name, value, sum(times) AS number FROM (
            SELECT step, CASE WHEN user_ids IS NOT NULL THEN 'user_ids' END AS name, unnest(coalesce(user_ids)) AS
value, times FROM (
                SELECT step, user_ids, count(*) AS times FROM chosen GROUP BY GROUPING SETS ((step, user_ids))) AS g) AS
 v
        GROUP BY step, name, value) AS n
    GROUP BY step, name) AS c), 'scores', (
SELECT json_agg(json_build_array(step, name, number, mean_count, total)) FROM (
    SELECT step, name, count(*) AS number, count(mean) AS mean_count, coalesce(sum(mean), 0)::text AS total
    FROM scored WHERE name IS NOT NULL GROUP BY step, name) AS s))::text
