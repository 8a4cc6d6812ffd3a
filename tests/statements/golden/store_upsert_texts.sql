INSERT INTO span_io (project_id, bucket, trace_id, span_id, input, output, raw)
SELECT %(project_id)s, * FROM unnest(%(buckets)b::date[], %(trace_ids)b::text[], %(span_ids)b::text[],
    %(inputs)b::bytea[], %(outputs)b::bytea[], %(raws)b::bytea[])
ON CONFLICT (project_id, bucket, trace_id, span_id) DO UPDATE SET input = coalesce(EXCLUDED.input, span_io.input),
    output = coalesce(EXCLUDED.output, span_io.output), raw = coalesce(EXCLUDED.raw, span_io.raw)
