INSERT INTO trace (project_id, trace_id, bucket, received_at, updated_at, started_at, ended_at, repeat_count,
    rollup_due, environment, public, tags, metadata, claims, input_preview, output_preview, span_count, call_count,
error_count, unmeasured_count, unpriced_count, input_tokens, output_tokens, total_tokens, input_cost, output_cost,
total_cost, usage_by_model, tool_names, latencies, left_out, has_open_run, turn_count)
SELECT %(project_id)s, trace_id, %(now)s, %(now)s, %(now)s, %(now)s, %(now)s, repeats, due, 'default', false, '{}',
'{}'::jsonb, '{}'::jsonb, '', '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '{}'::jsonb, '{}', '{}'::jsonb, '{}'::jsonb, false, 1
FROM unnest(%(trace_ids)b::text[], %(repeats)b::int[], %(due)b::boolean[]) AS u(trace_id, repeats, due)
ON CONFLICT (project_id, trace_id) DO UPDATE SET repeat_count = trace.repeat_count + EXCLUDED.repeat_count,
    rollup_due = trace.rollup_due OR EXCLUDED.rollup_due
