INSERT INTO session (project_id, computed_at, content_hash, content_at, session_id, created_at, updated_at, duration_ms,
 active_ms, idle_ms, environments, user_ids, trace_count, turn_count, span_count, error_count, input_cost, output_cost,
total_cost, input_tokens, output_tokens, total_tokens, usage_by_model, tags, model_names, tool_names, releases,
unmeasured_count, unpriced_count, scores, first_input, last_output)
SELECT t.project_id, %(now)s, bit_xor(hashtextextended(t.trace_id, coalesce(t.content_hash, 0))), %(now)s, t.session_id,
 min(t.started_at), max(t.ended_at), round(extract(epoch FROM max(t.ended_at) - min(t.started_at)) * 1000)::bigint,
(SELECT round(sum(extract(epoch FROM upper(r) - lower(r))) * 1000)::bigint
    FROM unnest(range_agg(tstzrange(t.started_at, t.ended_at, '[]'))) AS r), round(extract(epoch FROM max(t.ended_at) -
min(t.started_at)) * 1000)::bigint - (SELECT round(sum(extract(epoch FROM upper(r) - lower(r))) * 1000)::bigint
    FROM unnest(range_agg(tstzrange(t.started_at, t.ended_at, '[]'))) AS r), array_agg(DISTINCT t.environment),
coalesce(array_agg(DISTINCT t.user_id::text) FILTER (WHERE t.user_id IS NOT NULL), '{}'), count(*), sum(t.turn_count),
sum(t.span_count), sum(t.error_count), sum(t.input_cost), sum(t.output_cost), sum(t.total_cost), sum(t.input_tokens),
sum(t.output_tokens), sum(t.total_tokens), coalesce((
    SELECT jsonb_object_agg(model, totals) FROM (
        SELECT model, jsonb_build_object(
            'call_count', sum((u->>'call_count')::bigint),
            'input_tokens', sum((u->>'input_tokens')::bigint),
            'output_tokens', sum((u->>'output_tokens')::bigint),
            'total_tokens', sum((u->>'total_tokens')::bigint),
            'cached_tokens', sum((u->>'cached_tokens')::bigint),
            'cache_write_tokens', sum((u->>'cache_write_tokens')::bigint),
            'reasoning_tokens', sum((u->>'reasoning_tokens')::bigint),
            'unmeasured_count', sum(coalesce((u->>'unmeasured_count')::bigint, 0)),
            'unpriced_count', sum((u->>'unpriced_count')::bigint),
            'not_itemised_tokens', sum(coalesce((u->>'not_itemised_tokens')::bigint, 0)),
            'input_cost', sum((u->>'input_cost')::numeric)::text,
            'output_cost', sum((u->>'output_cost')::numeric)::text,
            'total_cost', sum((u->>'total_cost')::numeric)::text) AS totals
        FROM trace m CROSS JOIN LATERAL jsonb_each(m.usage_by_model) AS e(model, u)
        WHERE m.project_id = %(project)s AND m.session_id = t.session_id
        GROUP BY model) merged), '{}'::jsonb), coalesce((
    SELECT array_agg(DISTINCT tag ORDER BY tag) FROM trace g CROSS JOIN LATERAL unnest(g.tags) tag
    WHERE g.project_id = %(project)s AND g.session_id = t.session_id), '{}'), coalesce((
    SELECT array_agg(DISTINCT model ORDER BY model)
    FROM trace g CROSS JOIN LATERAL jsonb_object_keys(g.usage_by_model) model
    WHERE g.project_id = %(project)s AND g.session_id = t.session_id), '{}'), coalesce((
    SELECT array_agg(DISTINCT tool ORDER BY tool) FROM trace g CROSS JOIN LATERAL unnest(g.tool_names) tool
    WHERE g.project_id = %(project)s AND g.session_id = t.session_id), '{}'), coalesce(array_agg(DISTINCT t.release)
FILTER (WHERE t.release IS NOT NULL), '{}'), sum(t.unmeasured_count), sum(t.unpriced_count), coalesce((
    SELECT jsonb_object_agg(n.name, jsonb_build_object('count', n.count, 'mean', n.mean, 'shares', n.shares))
    FROM session_score n WHERE n.project_id = %(project)s AND n.session_id = t.session_id), '{}'::jsonb),
coalesce((array_agg(t.input_preview ORDER BY t.started_at, t.trace_id)
    FILTER (WHERE t.input_preview <> ''))[1], ''), coalesce((array_agg(t.output_preview ORDER BY t.started_at DESC,
t.trace_id DESC)
    FILTER (WHERE t.output_preview <> ''))[1], '')
FROM trace t WHERE t.project_id = %(project)s AND t.session_id = ANY(%(sessions)s)
GROUP BY t.project_id, t.session_id ORDER BY t.session_id
ON CONFLICT (project_id, session_id) DO UPDATE SET created_at = EXCLUDED.created_at, updated_at = EXCLUDED.updated_at,
duration_ms = EXCLUDED.duration_ms, active_ms = EXCLUDED.active_ms, idle_ms = EXCLUDED.idle_ms, environments =
EXCLUDED.environments, user_ids = EXCLUDED.user_ids, trace_count = EXCLUDED.trace_count, turn_count =
EXCLUDED.turn_count, span_count = EXCLUDED.span_count, error_count = EXCLUDED.error_count, input_cost =
EXCLUDED.input_cost, output_cost = EXCLUDED.output_cost, total_cost = EXCLUDED.total_cost, input_tokens =
EXCLUDED.input_tokens, output_tokens = EXCLUDED.output_tokens, total_tokens = EXCLUDED.total_tokens, usage_by_model =
EXCLUDED.usage_by_model, tags = EXCLUDED.tags, model_names = EXCLUDED.model_names, tool_names = EXCLUDED.tool_names,
releases = EXCLUDED.releases, unmeasured_count = EXCLUDED.unmeasured_count, unpriced_count = EXCLUDED.unpriced_count,
scores = EXCLUDED.scores, first_input = EXCLUDED.first_input, last_output = EXCLUDED.last_output,
    computed_at = greatest(EXCLUDED.computed_at,
        (session.computed_at AT TIME ZONE 'UTC' + interval '1 microsecond') AT TIME ZONE 'UTC'),
    content_hash = EXCLUDED.content_hash,
    content_at = CASE WHEN session.content_hash = EXCLUDED.content_hash THEN session.content_at
        ELSE EXCLUDED.content_at END
RETURNING session_id
