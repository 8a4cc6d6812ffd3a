WITH group_0 AS MATERIALIZED (SELECT "session"."session_id" AS "session_id", "session"."duration_ms" AS "duration_ms",
"session"."active_ms" AS "active_ms", "session"."idle_ms" AS "idle_ms", "session"."trace_count" AS "trace_count",
"session"."turn_count" AS "turn_count", "session"."span_count" AS "span_count", "session"."error_count" AS
"error_count", "session"."input_cost" AS "input_cost", "session"."output_cost" AS "output_cost", "session"."total_cost"
AS "total_cost", "session"."input_tokens" AS "input_tokens", "session"."output_tokens" AS "output_tokens",
"session"."total_tokens" AS "total_tokens", "session"."unmeasured_count" AS "unmeasured_count",
"session"."unpriced_count" AS "unpriced_count", "session"."environments" AS "environments", "session"."user_ids" AS
"user_ids", "session"."tags" AS "tags", "session"."model_names" AS "model_names", "session"."tool_names" AS
"tool_names", "session"."releases" AS "releases" FROM "session" WHERE ("session"."project_id" = %(group0_0)s AND
"session"."error_count" > %(group0_1)s)), group_1 AS MATERIALIZED (SELECT "session"."session_id" AS "session_id",
"session"."duration_ms" AS "duration_ms", "session"."active_ms" AS "active_ms", "session"."idle_ms" AS "idle_ms",
"session"."trace_count" AS "trace_count", "session"."turn_count" AS "turn_count", "session"."span_count" AS
"span_count", "session"."error_count" AS "error_count", "session"."input_cost" AS "input_cost", "session"."output_cost"
AS "output_cost", "session"."total_cost" AS "total_cost", "session"."input_tokens" AS "input_tokens",
"session"."output_tokens" AS "output_tokens", "session"."total_tokens" AS "total_tokens", "session"."unmeasured_count"
AS "unmeasured_count", "session"."unpriced_count" AS "unpriced_count", "session"."environments" AS "environments",
"session"."user_ids" AS "user_ids", "session"."tags" AS "tags", "session"."model_names" AS "model_names",
"session"."tool_names" AS "tool_names", "session"."releases" AS "releases" FROM "session" WHERE ("session"."project_id"
= %(group1_0)s AND "session"."tags" @> (ARRAY[%(group1_1)s])::text[])),
scored AS MATERIALIZED (
    SELECT place, name, mean, shares FROM session_score JOIN (SELECT 0 AS place, session_id FROM group_0 UNION ALL
SELECT 1 AS place, session_id FROM group_1) m USING (session_id)
    WHERE project_id = %(project)s)
SELECT * FROM (SELECT count(*), string_agg(float8send(duration_ms::float8), ''::bytea), NULL::numeric,
string_agg(float8send(active_ms::float8), ''::bytea), NULL::numeric, string_agg(float8send(idle_ms::float8), ''::bytea),
 NULL::numeric, string_agg(float8send(trace_count::float8), ''::bytea), NULL::numeric,
string_agg(float8send(turn_count::float8), ''::bytea), NULL::numeric, string_agg(float8send(span_count::float8),
''::bytea), NULL::numeric, string_agg(float8send(error_count::float8), ''::bytea), NULL::numeric,
string_agg(float8send(input_cost::float8), ''::bytea), sum(input_cost), string_agg(float8send(output_cost::float8),
''::bytea), sum(output_cost), string_agg(float8send(total_cost::float8), ''::bytea), sum(total_cost),
string_agg(float8send(input_tokens::float8), ''::bytea), NULL::numeric, string_agg(float8send(output_tokens::float8),
''::bytea), NULL::numeric, string_agg(float8send(total_tokens::float8), ''::bytea), NULL::numeric,
string_agg(float8send(unmeasured_count::float8), ''::bytea), NULL::numeric,
string_agg(float8send(unpriced_count::float8), ''::bytea), NULL::numeric FROM group_0) n0, (SELECT count(*),
string_agg(float8send(duration_ms::float8), ''::bytea), NULL::numeric, string_agg(float8send(active_ms::float8),
''::bytea), NULL::numeric, string_agg(float8send(idle_ms::float8), ''::bytea), NULL::numeric,
string_agg(float8send(trace_count::float8), ''::bytea), NULL::numeric, string_agg(float8send(turn_count::float8),
''::bytea), NULL::numeric, string_agg(float8send(span_count::float8), ''::bytea), NULL::numeric,
string_agg(float8send(error_count::float8), ''::bytea), NULL::numeric, string_agg(float8send(input_cost::float8),
''::bytea), sum(input_cost), string_agg(float8send(output_cost::float8), ''::bytea), sum(output_cost),
string_agg(float8send(total_cost::float8), ''::bytea), sum(total_cost), string_agg(float8send(input_tokens::float8),
''::bytea), NULL::numeric, string_agg(float8send(output_tokens::float8), ''::bytea), NULL::numeric,
string_agg(float8send(total_tokens::float8), ''::bytea), NULL::numeric, string_agg(float8send(unmeasured_count::float8),
 ''::bytea), NULL::numeric, string_agg(float8send(unpriced_count::float8), ''::bytea), NULL::numeric FROM group_1) n1,
(SELECT (SELECT count(*) FROM group_0 JOIN group_1 USING (session_id))) o, (
SELECT jsonb_agg(jsonb_build_array(name, value, kinds, place, hits) ORDER BY name, rank, place) FROM (
    SELECT *, max(rank) OVER (PARTITION BY name) AS kinds FROM (
        SELECT *, dense_rank() OVER (PARTITION BY name ORDER BY whole DESC, value) AS rank FROM (
            SELECT name, value, place, sum(times)::bigint AS hits,
                sum(sum(times)) OVER (PARTITION BY name, value) AS whole
            FROM (
SELECT 0 AS place, CASE WHEN environments IS NOT NULL THEN 'environments' WHEN user_ids IS NOT NULL THEN 'user_ids' WHEN
 tags IS NOT NULL THEN 'tags' WHEN model_names IS NOT NULL THEN 'model_names' WHEN tool_names IS NOT NULL THEN
'tool_names' WHEN releases IS NOT NULL THEN 'releases' END AS name, unnest(coalesce(environments, user_ids, tags,
model_names, tool_names, releases)) AS value, times FROM (
    SELECT environments, user_ids, tags, model_names, tool_names, releases, count(*) AS times FROM group_0 GROUP BY
GROUPING SETS ((environments), (user_ids), (tags), (model_names), (tool_names), (releases))) s
 UNION ALL
SELECT 1 AS place, CASE WHEN environments IS NOT NULL THEN 'environments' WHEN user_ids IS NOT NULL THEN 'user_ids' WHEN
 tags IS NOT NULL THEN 'tags' WHEN model_names IS NOT NULL THEN 'model_names' WHEN tool_names IS NOT NULL THEN
'tool_names' WHEN releases IS NOT NULL THEN 'releases' END AS name, unnest(coalesce(environments, user_ids, tags,
model_names, tool_names, releases)) AS value, times FROM (
    SELECT environments, user_ids, tags, model_names, tool_names, releases, count(*) AS times FROM group_1 GROUP BY
GROUPING SETS ((environments), (user_ids), (tags), (model_names), (tool_names), (releases))) s
) counted GROUP BY name, value, place) w) r) k
WHERE rank <= 10
) v, (
SELECT jsonb_agg(jsonb_build_array(place, name, encode(packed, 'hex'), categorical)) FROM (
    SELECT place, name, string_agg(float8send(mean::float8), ''::bytea) AS packed,
        count(*) FILTER (WHERE shares <> '{}') AS categorical
    FROM scored GROUP BY place, name) counted
) s, (
SELECT jsonb_agg(jsonb_build_array(name, value, kinds, place, hits) ORDER BY name, rank, place) FROM (
    SELECT *, max(rank) OVER (PARTITION BY name) AS kinds FROM (
        SELECT *, dense_rank() OVER (PARTITION BY name ORDER BY whole DESC, value) AS rank FROM (
            SELECT name, value, place, sum(times)::bigint AS hits,
                sum(sum(times)) OVER (PARTITION BY name, value) AS whole
            FROM (
SELECT place, name, category AS value, count(*) AS times FROM scored
CROSS JOIN LATERAL jsonb_object_keys(shares) AS category GROUP BY place, name, category
) counted GROUP BY name, value, place) w) r) k
WHERE rank <= 10
) c
