INSERT INTO trace (project_id, trace_id, bucket, received_at, updated_at, started_at, ended_at, environment, public,
tags, metadata, claims, input_preview, output_preview, span_count, call_count, error_count, unmeasured_count,
unpriced_count, input_tokens, output_tokens, total_tokens, input_cost, output_cost, total_cost, usage_by_model,
tool_names, latencies, left_out, has_open_run, repeat_count, turn_count, rollup_due)
SELECT %(project_id)s, trace_id, %(bucket)s, %(now)s, %(now)s, %(now)s, %(now)s, 'default', false, '{}', '{}'::jsonb,
'{}'::jsonb, '', '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '{}'::jsonb, '{}', '{}'::jsonb, '{}'::jsonb, false, 0, 1, false
FROM unnest(%(trace_ids)b::text[]) AS trace_id
ON CONFLICT (project_id, trace_id) DO NOTHING
