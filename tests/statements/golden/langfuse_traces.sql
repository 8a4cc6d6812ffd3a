WITH chosen AS MATERIALIZED (SELECT "trace"."bucket" AS "bucket", "trace"."trace_id" AS "trace_id", "trace"."name" AS
"name", "trace"."user_id" AS "user_id", "trace"."session_id" AS "session_id", "trace"."environment" AS "environment",
"trace"."release" AS "release", "trace"."version" AS "version", "trace"."tags" AS "tags", "trace"."started_at" AS
"started_at", "trace"."ended_at" AS "ended_at", "trace"."span_count" AS "span_count", "trace"."input_tokens" AS
"input_tokens", "trace"."output_tokens" AS "output_tokens", "trace"."total_tokens" AS "total_tokens",
"trace"."total_cost" AS "total_cost", "trace"."unmeasured_count" AS "unmeasured_count", "trace"."unpriced_count" AS
"unpriced_count" FROM "trace" WHERE ("trace"."project_id" = %(row0)s AND "trace"."started_at" >= %(row1)s AND
"trace"."started_at" < %(row2)s)),
c AS (
    SELECT t.name AS trace_name, t.user_id, t.session_id, t.environment, t.release, t.version, g.tag AS tag,
        t.started_at AS at, 1 AS number, t.span_count, extract(epoch FROM t.ended_at - t.started_at) * 1000 AS latency,
        CASE WHEN t.total_tokens > 0 OR t.unmeasured_count = 0 THEN t.input_tokens END AS input_tokens,
        CASE WHEN t.total_tokens > 0 OR t.unmeasured_count = 0 THEN t.output_tokens END AS output_tokens,
        CASE WHEN t.total_tokens > 0 OR t.unmeasured_count = 0 THEN t.total_tokens END AS total_tokens,
        CASE WHEN t.total_cost > 0 OR t.unpriced_count = 0 THEN t.total_cost END AS total_cost
    FROM chosen t LEFT JOIN LATERAL unnest(t.tags) AS g(tag) ON true)
SELECT c.tag AS "tags", percentile_cont(0.95) WITHIN GROUP (ORDER BY c.latency) AS "p95_latency", sum(c.total_cost) AS
"sum_totalCost" FROM c GROUP BY 1 ORDER BY 2 DESC NULLS LAST, 1 LIMIT %(limit)s
