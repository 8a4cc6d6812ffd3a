SELECT s.* FROM unnest(%(buckets)b::date[], %(trace_ids)b::text[]) AS wanted(bucket, trace_id) CROSS JOIN LATERAL (
    SELECT trace_id, span_id, parent_id, is_root, name, kind, level, status_message, started_at, ended_at,
completion_started_at, provider, model, input_tokens, output_tokens, total_tokens, cached_tokens, cache_write_tokens,
reasoning_tokens, input_cost, output_cost, total_cost, stated_costs, input_size, output_size, text_hash, response_id,
scope, price_details, claims, said, received_at FROM span
    WHERE project_id = %(project_id)s AND bucket = ANY(%(buckets)b::date[]) AND bucket = wanted.bucket
        AND trace_id = wanted.trace_id
        AND (%(span_ids)s::text[] IS NULL OR span_id = ANY(%(span_ids)s::text[])) OFFSET 0) AS s
