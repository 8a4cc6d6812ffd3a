WITH
day AS (
    SELECT * FROM unnest(%(places)s::int[], %(since)s::timestamptz[], %(until)s::timestamptz[], %(marks)s::text[])
        d(step, since, until, known)),
marked AS MATERIALIZED (
    SELECT day.*, m.mark FROM day CROSS JOIN LATERAL (
        SELECT concat(count(*), ' ', sum(
            hashtextextended(session_id, timestamp_hash_extended(computed_at AT TIME ZONE 'UTC', 0)))) AS mark
        FROM session WHERE project_id = %(project)s AND created_at >= day.since AND created_at < day.until) m),
 chosen AS MATERIALIZED (SELECT width_bucket(created_at, %(starts)s::timestamptz[]) AS step, s.* FROM (SELECT
session_id, created_at, duration_ms, total_cost, total_tokens, input_tokens, output_tokens, trace_count, turn_count,
unmeasured_count, unpriced_count, error_count, usage_by_model, model_names, environments, releases, tags, tool_names,
user_ids FROM session WHERE project_id = %(project)s AND session_id = ANY(ARRAY(SELECT "session"."session_id" AS
"session_id" FROM "session" WHERE ("session"."project_id" = %(early0)s AND "session"."created_at" >= %(early1)s AND
"session"."created_at" < %(early2)s)))) s UNION ALL SELECT width_bucket(created_at, %(starts)s::timestamptz[]) AS step,
s.* FROM (SELECT "session"."session_id" AS "session_id", "session"."created_at" AS "created_at", "session"."duration_ms"
 AS "duration_ms", "session"."total_cost" AS "total_cost", "session"."total_tokens" AS "total_tokens",
"session"."input_tokens" AS "input_tokens", "session"."output_tokens" AS "output_tokens", "session"."trace_count" AS
"trace_count", "session"."turn_count" AS "turn_count", "session"."unmeasured_count" AS "unmeasured_count",
"session"."unpriced_count" AS "unpriced_count", "session"."error_count" AS "error_count", "session"."usage_by_model" AS
"usage_by_model", "session"."model_names" AS "model_names", "session"."environments" AS "environments",
"session"."releases" AS "releases", "session"."tags" AS "tags", "session"."tool_names" AS "tool_names",
"session"."user_ids" AS "user_ids" FROM "session" WHERE ("session"."project_id" = %(late0)s AND "session"."created_at"
>= %(late1)s AND "session"."created_at" >= %(late2)s)) s UNION ALL
SELECT day.step, s.* FROM marked day CROSS JOIN LATERAL (
    SELECT session_id, created_at, duration_ms, total_cost, total_tokens, input_tokens, output_tokens, trace_count,
turn_count, unmeasured_count, unpriced_count, error_count, usage_by_model, model_names, environments, releases, tags,
tool_names, user_ids FROM session
    WHERE project_id = %(project)s AND created_at >= day.since AND created_at < day.until OFFSET 0) s
WHERE day.mark <> day.known),
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
            SELECT step, CASE WHEN model_names IS NOT NULL THEN 'model_names' WHEN environments IS NOT NULL THEN
'environments' WHEN releases IS NOT NULL THEN 'releases' WHEN tags IS NOT NULL THEN 'tags' WHEN tool_names IS NOT NULL
THEN 'tool_names' WHEN user_ids IS NOT NULL THEN 'user_ids' END AS name, unnest(coalesce(model_names, environments,
releases, tags, tool_names, user_ids)) AS value, times FROM (
                SELECT step, model_names, environments, releases, tags, tool_names, user_ids, count(*) AS times FROM
chosen GROUP BY GROUPING SETS ((step, model_names), (step, environments), (step, releases), (step, tags), (step,
tool_names), (step, user_ids))) AS g) AS v
        GROUP BY step, name, value) AS n
    GROUP BY step, name) AS c), 'costs', (
SELECT json_agg(json_build_array(step, model, cost, unpriced)) FROM (
    SELECT step, model, sum((u->>'total_cost')::numeric)::text AS cost, sum((u->>'unpriced_count')::bigint) AS unpriced
    FROM chosen CROSS JOIN LATERAL jsonb_each(usage_by_model) AS e(model, u) GROUP BY step, model) AS c), 'scores', (
SELECT json_agg(json_build_array(step, name, number, mean_count, total)) FROM (
    SELECT step, name, count(*) AS number, count(mean) AS mean_count, coalesce(sum(mean), 0)::text AS total
    FROM scored WHERE name IS NOT NULL GROUP BY step, name) AS s), 'hours', (
SELECT json_agg(json_build_array(step, counts)) FROM (
    SELECT step, json_object_agg(hour, number) AS counts FROM (
        SELECT step, to_char(quarter AT TIME ZONE %(zone)s, 'ID HH24') AS hour, sum(times) AS number FROM (
            SELECT step, date_bin('15 minutes', created_at, '2000-01-01Z') AS quarter, count(*) AS times
            FROM chosen GROUP BY step, quarter) AS q
        GROUP BY step, hour) AS h
    GROUP BY step) AS c), 'means', (
SELECT json_agg(json_build_array(step, name, counts)) FROM (
    SELECT step, name, json_object_agg(mean, number) AS counts FROM (
        SELECT step, name, mean::text AS mean, count(*) AS number FROM scored WHERE mean IS NOT NULL
        GROUP BY step, name, mean) AS m
    GROUP BY step, name) AS c), 'categories', (
SELECT json_agg(json_build_array(step, name, counts)) FROM (
    SELECT step, name, json_object_agg(category, number) AS counts FROM (
        SELECT step, name, category, sum(times) AS number FROM (
            SELECT step, name, shares, count(*) AS times FROM scored WHERE shares <> '{}' GROUP BY 1, 2, 3) AS s
            CROSS JOIN LATERAL jsonb_object_keys(shares) AS category
        GROUP BY step, name, category) AS k
    GROUP BY step, name) AS c), 'marks', (SELECT json_object_agg(step, mark) FROM marked))::text
