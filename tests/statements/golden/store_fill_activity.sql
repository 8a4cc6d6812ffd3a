INSERT INTO activity (project_id, period, starts_at, environment, model, trace_count, session_count, user_count,
    duration_ms, span_count, call_count, error_count, unpriced_count, input_tokens, output_tokens, total_tokens,
input_cost, output_cost, total_cost, latencies)
WITH told AS (
    SELECT t.*, c.starts_at, round(extract(epoch FROM t.ended_at - t.started_at) * 1000)::bigint AS took
    FROM unnest(%(cells)s::timestamptz[]) AS c(starts_at)
    JOIN trace t ON t.project_id = %(project)s AND t.started_at >= c.starts_at
        AND t.started_at < c.starts_at + make_interval(hours => %(hours)s)),
slot AS (
    SELECT starts_at, environment, m.measure, s.slot, sum(s.number::bigint) AS number
    FROM told CROSS JOIN LATERAL jsonb_each(latencies) AS m(measure, slots)
        CROSS JOIN LATERAL jsonb_each_text(m.slots) AS s(slot, number)
    WHERE session_id IS NOT NULL GROUP BY 1, 2, 3, 4),
measure AS (
    SELECT starts_at, environment, measure, jsonb_object_agg(slot, number) AS slots FROM slot GROUP BY 1, 2, 3),
latency AS (
    SELECT starts_at, environment, jsonb_object_agg(measure, slots) AS latencies FROM measure GROUP BY 1, 2)
SELECT project_id, %(period)s, starts_at, environment, '', count(*), count(DISTINCT session_id),
    count(DISTINCT user_id), sum(took), sum(span_count), sum(call_count), sum(error_count), sum(unpriced_count),
sum(input_tokens), sum(output_tokens), sum(total_tokens), sum(input_cost), sum(output_cost), sum(total_cost),
    coalesce(l.latencies, '{}')
FROM told LEFT JOIN latency l USING (starts_at, environment)
GROUP BY project_id, starts_at, environment, l.latencies
UNION ALL
SELECT project_id, %(period)s, starts_at, environment, e.model, count(*), count(DISTINCT session_id),
    count(DISTINCT user_id), sum(took), 0, sum((e.u->>'call_count')::bigint), 0,
    sum((e.u->>'unpriced_count')::numeric), sum((e.u->>'input_tokens')::numeric), sum((e.u->>'output_tokens')::numeric),
 sum((e.u->>'total_tokens')::numeric), sum((e.u->>'input_cost')::numeric), sum((e.u->>'output_cost')::numeric),
sum((e.u->>'total_cost')::numeric), '{}'
FROM told CROSS JOIN LATERAL jsonb_each(usage_by_model) AS e(model, u)
WHERE e.model <> '' GROUP BY project_id, starts_at, environment, e.model
