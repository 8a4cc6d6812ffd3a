SELECT t.* FROM unnest(%(buckets)b::date[], %(trace_ids)b::text[], %(span_ids)b::text[])
    AS wanted(bucket, trace_id, span_id) CROSS JOIN LATERAL (
    SELECT trace_id, span_id, input FROM span_io
    WHERE project_id = %(project_id)s AND bucket = ANY(%(buckets)b::date[]) AND bucket = wanted.bucket
        AND trace_id = wanted.trace_id AND span_id = wanted.span_id AND input IS NOT NULL OFFSET 0) AS t
