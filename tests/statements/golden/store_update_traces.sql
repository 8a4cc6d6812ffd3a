INSERT INTO trace (project_id, trace_id, bucket, received_at, updated_at, session_id, user_id, name, environment,
release, version, public, tags, metadata, claims, started_at, ended_at, root_span_id, input_span_id, output_span_id,
input_preview, output_preview, span_count, call_count, error_count, unmeasured_count, unpriced_count, input_tokens,
output_tokens, total_tokens, input_cost, output_cost, total_cost, usage_by_model, tool_names, latencies, left_out,
turn_count, exchanges, run_reports, has_open_run, content_hash, rollup_due, repeat_count)
SELECT %(project_id)s, trace_id, %(now)s, %(now)s, %(now)s, u.session_id, u.user_id, u.name, u.environment, u.release,
u.version, u.public, ARRAY(SELECT jsonb_array_elements_text(u.tags::jsonb)), u.metadata::jsonb, u.claims::jsonb,
u.started_at, u.ended_at, u.root_span_id, u.input_span_id, u.output_span_id, u.input_preview, u.output_preview,
u.span_count, u.call_count, u.error_count, u.unmeasured_count, u.unpriced_count, u.input_tokens, u.output_tokens,
u.total_tokens, u.input_cost, u.output_cost, u.total_cost, u.usage_by_model::jsonb, ARRAY(SELECT
jsonb_array_elements_text(u.tool_names::jsonb)), u.latencies::jsonb, u.left_out::jsonb, u.turn_count,
u.exchanges::jsonb, u.run_reports::jsonb, u.has_open_run, u.content_hash, u.rollup_due, 0
FROM unnest(%(trace_id)b::text[], %(session_id)b::text[], %(user_id)b::text[], %(name)b::text[],
%(environment)b::text[], %(release)b::text[], %(version)b::text[], %(public)b::boolean[], %(tags)b::text[],
%(metadata)b::text[], %(claims)b::text[], %(started_at)b::timestamp with time zone[], %(ended_at)b::timestamp with time
zone[], %(root_span_id)b::text[], %(input_span_id)b::text[], %(output_span_id)b::text[], %(input_preview)b::text[],
%(output_preview)b::text[], %(span_count)b::integer[], %(call_count)b::integer[], %(error_count)b::integer[],
%(unmeasured_count)b::integer[], %(unpriced_count)b::integer[], %(input_tokens)b::bigint[], %(output_tokens)b::bigint[],
 %(total_tokens)b::bigint[], %(input_cost)b::numeric[], %(output_cost)b::numeric[], %(total_cost)b::numeric[],
%(usage_by_model)b::text[], %(tool_names)b::text[], %(latencies)b::text[], %(left_out)b::text[],
%(turn_count)b::integer[], %(exchanges)b::text[], %(run_reports)b::text[], %(has_open_run)b::boolean[],
%(content_hash)b::bigint[], %(rollup_due)b::boolean[]) AS u(trace_id, session_id, user_id, name, environment, release,
version, public, tags, metadata, claims, started_at, ended_at, root_span_id, input_span_id, output_span_id,
input_preview, output_preview, span_count, call_count, error_count, unmeasured_count, unpriced_count, input_tokens,
output_tokens, total_tokens, input_cost, output_cost, total_cost, usage_by_model, tool_names, latencies, left_out,
turn_count, exchanges, run_reports, has_open_run, content_hash, rollup_due)
ON CONFLICT (project_id, trace_id) DO UPDATE SET updated_at = EXCLUDED.updated_at, session_id = EXCLUDED.session_id,
user_id = EXCLUDED.user_id, name = EXCLUDED.name, environment = EXCLUDED.environment, release = EXCLUDED.release,
version = EXCLUDED.version, public = EXCLUDED.public, tags = EXCLUDED.tags, metadata = EXCLUDED.metadata, claims =
EXCLUDED.claims, started_at = EXCLUDED.started_at, ended_at = EXCLUDED.ended_at, root_span_id = EXCLUDED.root_span_id,
input_span_id = EXCLUDED.input_span_id, output_span_id = EXCLUDED.output_span_id, input_preview =
EXCLUDED.input_preview, output_preview = EXCLUDED.output_preview, span_count = EXCLUDED.span_count, call_count =
EXCLUDED.call_count, error_count = EXCLUDED.error_count, unmeasured_count = EXCLUDED.unmeasured_count, unpriced_count =
EXCLUDED.unpriced_count, input_tokens = EXCLUDED.input_tokens, output_tokens = EXCLUDED.output_tokens, total_tokens =
EXCLUDED.total_tokens, input_cost = EXCLUDED.input_cost, output_cost = EXCLUDED.output_cost, total_cost =
EXCLUDED.total_cost, usage_by_model = EXCLUDED.usage_by_model, tool_names = EXCLUDED.tool_names, latencies =
EXCLUDED.latencies, left_out = EXCLUDED.left_out, turn_count = EXCLUDED.turn_count, exchanges = EXCLUDED.exchanges,
run_reports = EXCLUDED.run_reports, has_open_run = EXCLUDED.has_open_run, content_hash = EXCLUDED.content_hash,
rollup_due = EXCLUDED.rollup_due
