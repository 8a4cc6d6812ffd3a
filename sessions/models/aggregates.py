"""Longer SQL expressions that sum up the traces of a session.

`t` is the trace table, grouped by project_id and session_id."""

# Merged model by model.
USAGE_BY_MODEL = """coalesce((
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
        GROUP BY model) merged), '{}'::jsonb)"""

DURATION = "round(extract(epoch FROM max(t.ended_at) - min(t.started_at)) * 1000)::bigint"
# The union of the traces' intervals, so that what runs side by side counts once.
ACTIVE = """(SELECT round(sum(extract(epoch FROM upper(r) - lower(r))) * 1000)::bigint
    FROM unnest(range_agg(tstzrange(t.started_at, t.ended_at, '[]'))) AS r)"""
IDLE = f"{DURATION} - {ACTIVE}"

# What sessions/rollup/session_rows.py has just summed up, name by name.
SCORES_SQL = """coalesce((
    SELECT jsonb_object_agg(n.name, jsonb_build_object('count', n.count, 'mean', n.mean, 'shares', n.shares))
    FROM session_score n WHERE n.project_id = %(project)s AND n.session_id = t.session_id), '{}'::jsonb)"""

TAGS_SQL = """coalesce((
    SELECT array_agg(DISTINCT tag ORDER BY tag) FROM trace g CROSS JOIN LATERAL unnest(g.tags) tag
    WHERE g.project_id = %(project)s AND g.session_id = t.session_id), '{}')"""
MODEL_NAMES = """coalesce((
    SELECT array_agg(DISTINCT model ORDER BY model)
    FROM trace g CROSS JOIN LATERAL jsonb_object_keys(g.usage_by_model) model
    WHERE g.project_id = %(project)s AND g.session_id = t.session_id), '{}')"""
TOOL_NAMES = """coalesce((
    SELECT array_agg(DISTINCT tool ORDER BY tool) FROM trace g CROSS JOIN LATERAL unnest(g.tool_names) tool
    WHERE g.project_id = %(project)s AND g.session_id = t.session_id), '{}')"""

FIRST_INPUT = """coalesce((array_agg(t.input_preview ORDER BY t.started_at, t.trace_id)
    FILTER (WHERE t.input_preview <> ''))[1], '')"""
LAST_OUTPUT = """coalesce((array_agg(t.output_preview ORDER BY t.started_at DESC, t.trace_id DESC)
    FILTER (WHERE t.output_preview <> ''))[1], '')"""
