SELECT t.* FROM unnest(%(trace_ids)b::text[]) AS wanted(trace_id) CROSS JOIN LATERAL (
    SELECT trace_id, bucket, session_id, claims, span_count, received_at, started_at, input_span_id, output_span_id,
        input_preview, output_preview, rollup_due, earlier_use
    FROM trace WHERE project_id = %(project_id)s AND trace_id = wanted.trace_id FOR UPDATE) AS t
