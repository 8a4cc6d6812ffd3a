INSERT INTO score (project_id, created_at, id, trace_id, span_id, session_id, name, data_type, value, string_value,
comment, metadata, environment, config_id, queue_id, source, author_id, scored_at, updated_at)
SELECT %(project_id)s, %(now)s, u.id, u.trace_id, u.span_id, u.session_id, u.name, u.data_type, u.value, u.string_value,
 u.comment, u.metadata::jsonb, u.environment, u.config_id, u.queue_id, u.source, u.author_id, u.scored_at, u.updated_at
FROM unnest(%(id)b::text[], %(trace_id)b::text[], %(span_id)b::text[], %(session_id)b::text[], %(name)b::text[],
%(data_type)b::text[], %(value)b::double precision[], %(string_value)b::text[], %(comment)b::text[],
%(metadata)b::text[], %(environment)b::text[], %(config_id)b::text[], %(queue_id)b::text[], %(source)b::text[],
%(author_id)b::bigint[], %(scored_at)b::timestamp with time zone[], %(updated_at)b::timestamp with time zone[]) AS u(id,
 trace_id, span_id, session_id, name, data_type, value, string_value, comment, metadata, environment, config_id,
queue_id, source, author_id, scored_at, updated_at)
ON CONFLICT (project_id, id) DO UPDATE SET trace_id = EXCLUDED.trace_id, span_id = EXCLUDED.span_id, session_id =
EXCLUDED.session_id, name = EXCLUDED.name, data_type = EXCLUDED.data_type, value = EXCLUDED.value, string_value =
EXCLUDED.string_value, comment = EXCLUDED.comment, metadata = EXCLUDED.metadata, environment = EXCLUDED.environment,
config_id = EXCLUDED.config_id, queue_id = EXCLUDED.queue_id, source = EXCLUDED.source, author_id = EXCLUDED.author_id,
scored_at = EXCLUDED.scored_at, updated_at = EXCLUDED.updated_at
