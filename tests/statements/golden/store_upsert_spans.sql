INSERT INTO span (project_id, bucket, trace_id, span_id, parent_id, is_root, name, kind, level, status_message,
started_at, ended_at, completion_started_at, provider, model, input_tokens, output_tokens, total_tokens, cached_tokens,
cache_write_tokens, reasoning_tokens, input_cost, output_cost, total_cost, stated_costs, input_size, output_size,
text_hash, response_id, scope, price_details, claims, said, received_at)
SELECT %(project_id)s, bucket, u.trace_id, u.span_id, u.parent_id, u.is_root, u.name, u.kind, u.level, u.status_message,
 u.started_at, u.ended_at, u.completion_started_at, u.provider, u.model, u.input_tokens, u.output_tokens,
u.total_tokens, u.cached_tokens, u.cache_write_tokens, u.reasoning_tokens, u.input_cost, u.output_cost, u.total_cost,
u.stated_costs, u.input_size, u.output_size, u.text_hash, u.response_id, u.scope, u.price_details::jsonb,
u.claims::jsonb, u.said::jsonb, u.received_at FROM unnest(%(buckets)b::date[], %(trace_id)b::text[],
%(span_id)b::text[], %(parent_id)b::text[], %(is_root)b::boolean[], %(name)b::text[], %(kind)b::smallint[],
%(level)b::smallint[], %(status_message)b::text[], %(started_at)b::timestamp with time zone[], %(ended_at)b::timestamp
with time zone[], %(completion_started_at)b::timestamp with time zone[], %(provider)b::text[], %(model)b::text[],
%(input_tokens)b::bigint[], %(output_tokens)b::bigint[], %(total_tokens)b::bigint[], %(cached_tokens)b::bigint[],
%(cache_write_tokens)b::bigint[], %(reasoning_tokens)b::bigint[], %(input_cost)b::numeric[], %(output_cost)b::numeric[],
 %(total_cost)b::numeric[], %(stated_costs)b::smallint[], %(input_size)b::integer[], %(output_size)b::integer[],
%(text_hash)b::bigint[], %(response_id)b::text[], %(scope)b::text[], %(price_details)b::text[], %(claims)b::text[],
%(said)b::text[], %(received_at)b::timestamp with time zone[]) AS u(bucket, trace_id, span_id, parent_id, is_root, name,
 kind, level, status_message, started_at, ended_at, completion_started_at, provider, model, input_tokens, output_tokens,
 total_tokens, cached_tokens, cache_write_tokens, reasoning_tokens, input_cost, output_cost, total_cost, stated_costs,
input_size, output_size, text_hash, response_id, scope, price_details, claims, said, received_at)
ON CONFLICT (project_id, bucket, trace_id, span_id) DO UPDATE SET parent_id = EXCLUDED.parent_id, is_root =
EXCLUDED.is_root, name = EXCLUDED.name, kind = EXCLUDED.kind, level = EXCLUDED.level, status_message =
EXCLUDED.status_message, started_at = EXCLUDED.started_at, ended_at = EXCLUDED.ended_at, completion_started_at =
EXCLUDED.completion_started_at, provider = EXCLUDED.provider, model = EXCLUDED.model, input_tokens =
EXCLUDED.input_tokens, output_tokens = EXCLUDED.output_tokens, total_tokens = EXCLUDED.total_tokens, cached_tokens =
EXCLUDED.cached_tokens, cache_write_tokens = EXCLUDED.cache_write_tokens, reasoning_tokens = EXCLUDED.reasoning_tokens,
input_cost = EXCLUDED.input_cost, output_cost = EXCLUDED.output_cost, total_cost = EXCLUDED.total_cost, stated_costs =
EXCLUDED.stated_costs, input_size = EXCLUDED.input_size, output_size = EXCLUDED.output_size, text_hash =
EXCLUDED.text_hash, response_id = EXCLUDED.response_id, scope = EXCLUDED.scope, price_details = EXCLUDED.price_details,
claims = EXCLUDED.claims, said = EXCLUDED.said, received_at = EXCLUDED.received_at
