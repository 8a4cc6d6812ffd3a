WITH chosen AS MATERIALIZED (SELECT "trace"."bucket" AS "bucket", "trace"."trace_id" AS "trace_id", "trace"."name" AS
"name", "trace"."user_id" AS "user_id", "trace"."session_id" AS "session_id", "trace"."environment" AS "environment",
"trace"."release" AS "release", "trace"."version" AS "version", "trace"."tags" AS "tags", "trace"."started_at" AS
"started_at", "trace"."ended_at" AS "ended_at", "trace"."span_count" AS "span_count", "trace"."input_tokens" AS
"input_tokens", "trace"."output_tokens" AS "output_tokens", "trace"."total_tokens" AS "total_tokens",
"trace"."total_cost" AS "total_cost", "trace"."unmeasured_count" AS "unmeasured_count", "trace"."unpriced_count" AS
"unpriced_count", "trace"."usage_by_model" AS "usage_by_model" FROM "trace" WHERE ("trace"."project_id" = %(row0)s AND
"trace"."started_at" >= %(row1)s AND "trace"."started_at" < %(row2)s)),
c AS (
    SELECT t.name AS trace_name, t.user_id, t.session_id, t.environment, t.release, t.version, NULL::text AS tag,
        t.started_at AS at, 1 AS number, s.name AS span_name, s.said_kind AS kind, s.said_level AS level, s.model,
        s.latency_s * 1000 AS latency, s.first_token_s * 1000 AS first_token,
        extract(epoch FROM s.ended_at - s.completion_started_at) * 1000 AS streaming,
        NULL::bigint AS call_count, NULL::numeric AS input_tokens, NULL::numeric AS output_tokens,
        NULL::numeric AS total_tokens, NULL::numeric AS total_cost
    FROM chosen t JOIN (SELECT "span"."bucket" AS "bucket", "span"."trace_id" AS "trace_id", "span"."name" AS "name",
CASE WHEN ("span"."kind" IS NULL OR "span"."kind" IN (%(span0)s, %(span1)s)) THEN %(span2)s ELSE "span"."kind" END AS
"said_kind", COALESCE("span"."level", %(span3)s) AS "said_level", "span"."model" AS "model", EXTRACT(EPOCH FROM
("span"."ended_at" - COALESCE("span"."started_at", "span"."received_at"))) AS "latency_s", EXTRACT(EPOCH FROM
("span"."completion_started_at" - COALESCE("span"."started_at", "span"."received_at"))) AS "first_token_s",
"span"."ended_at" AS "ended_at", "span"."completion_started_at" AS "completion_started_at" FROM "span" WHERE
("span"."project_id" = %(span4)s AND "span"."model"::text LIKE %(span5)s)) s ON s.bucket = t.bucket AND s.trace_id =
t.trace_id
    UNION ALL
    SELECT t.name AS trace_name, t.user_id, t.session_id, t.environment, t.release, t.version, NULL::text AS tag,
        t.started_at AS at, NULL::integer AS number, NULL::text AS span_name, NULL::smallint AS kind,
        NULL::smallint AS level, v.model, NULL::float8 AS latency, NULL::float8 AS first_token,
        NULL::numeric AS streaming,
        (v.used->>'call_count')::bigint AS call_count,
        CASE WHEN v.is_measured THEN (v.used->>'input_tokens')::numeric END AS input_tokens,
        CASE WHEN v.is_measured THEN (v.used->>'output_tokens')::numeric END AS output_tokens,
        CASE WHEN v.is_measured THEN (v.used->>'total_tokens')::numeric END AS total_tokens,
        CASE WHEN v.is_priced THEN (v.used->>'total_cost')::numeric END AS total_cost
    FROM chosen t CROSS JOIN LATERAL (
        SELECT e.key AS model, e.value AS used,
            (e.value->>'total_tokens')::numeric > 0 OR (e.value->>'unmeasured_count')::numeric = 0 AS is_measured,
            (e.value->>'total_cost')::numeric > 0 OR (e.value->>'unpriced_count')::numeric = 0 AS is_priced
        FROM jsonb_each(t.usage_by_model) AS e) v WHERE starts_with(v.model, %(model0)s))
SELECT c.model AS "providedModelName", date_trunc('day', c.at, 'UTC') AS "time_dimension", count(c.number) AS
"count_count", sum(c.total_cost) AS "sum_totalCost" FROM c GROUP BY 1, 2 ORDER BY 2 NULLS LAST, 1, 2 LIMIT %(limit)s
