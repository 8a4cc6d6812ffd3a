SELECT 0, coalesce(nullif(array_to_string(tags, ' + '), ''), 'none') AS stratum, count(duration_ms),
avg(duration_ms)::float8, var_samp(duration_ms::float8), count(active_ms), avg(active_ms)::float8,
var_samp(active_ms::float8), count(idle_ms), avg(idle_ms)::float8, var_samp(idle_ms::float8), count(trace_count),
avg(trace_count)::float8, var_samp(trace_count::float8), count(turn_count), avg(turn_count)::float8,
var_samp(turn_count::float8), count(span_count), avg(span_count)::float8, var_samp(span_count::float8),
count(error_count), avg(error_count)::float8, var_samp(error_count::float8), count(input_cost), avg(input_cost)::float8,
 var_samp(input_cost::float8), count(output_cost), avg(output_cost)::float8, var_samp(output_cost::float8),
count(total_cost), avg(total_cost)::float8, var_samp(total_cost::float8), count(input_tokens),
avg(input_tokens)::float8, var_samp(input_tokens::float8), count(output_tokens), avg(output_tokens)::float8,
var_samp(output_tokens::float8), count(total_tokens), avg(total_tokens)::float8, var_samp(total_tokens::float8),
count(unmeasured_count), avg(unmeasured_count)::float8, var_samp(unmeasured_count::float8), count(unpriced_count),
avg(unpriced_count)::float8, var_samp(unpriced_count::float8) FROM (SELECT "session"."duration_ms" AS "duration_ms",
"session"."active_ms" AS "active_ms", "session"."idle_ms" AS "idle_ms", "session"."trace_count" AS "trace_count",
"session"."turn_count" AS "turn_count", "session"."span_count" AS "span_count", "session"."error_count" AS
"error_count", "session"."input_cost" AS "input_cost", "session"."output_cost" AS "output_cost", "session"."total_cost"
AS "total_cost", "session"."input_tokens" AS "input_tokens", "session"."output_tokens" AS "output_tokens",
"session"."total_tokens" AS "total_tokens", "session"."unmeasured_count" AS "unmeasured_count",
"session"."unpriced_count" AS "unpriced_count", "session"."tags" AS "tags" FROM "session" WHERE ("session"."project_id"
= %(group0_0)s AND "session"."error_count" > %(group0_1)s)) m GROUP BY stratum UNION ALL SELECT 1,
coalesce(nullif(array_to_string(tags, ' + '), ''), 'none') AS stratum, count(duration_ms), avg(duration_ms)::float8,
var_samp(duration_ms::float8), count(active_ms), avg(active_ms)::float8, var_samp(active_ms::float8), count(idle_ms),
avg(idle_ms)::float8, var_samp(idle_ms::float8), count(trace_count), avg(trace_count)::float8,
var_samp(trace_count::float8), count(turn_count), avg(turn_count)::float8, var_samp(turn_count::float8),
count(span_count), avg(span_count)::float8, var_samp(span_count::float8), count(error_count), avg(error_count)::float8,
var_samp(error_count::float8), count(input_cost), avg(input_cost)::float8, var_samp(input_cost::float8),
count(output_cost), avg(output_cost)::float8, var_samp(output_cost::float8), count(total_cost), avg(total_cost)::float8,
 var_samp(total_cost::float8), count(input_tokens), avg(input_tokens)::float8, var_samp(input_tokens::float8),
count(output_tokens), avg(output_tokens)::float8, var_samp(output_tokens::float8), count(total_tokens),
avg(total_tokens)::float8, var_samp(total_tokens::float8), count(unmeasured_count), avg(unmeasured_count)::float8,
var_samp(unmeasured_count::float8), count(unpriced_count), avg(unpriced_count)::float8, var_samp(unpriced_count::float8)
 FROM (SELECT "session"."duration_ms" AS "duration_ms", "session"."active_ms" AS "active_ms", "session"."idle_ms" AS
"idle_ms", "session"."trace_count" AS "trace_count", "session"."turn_count" AS "turn_count", "session"."span_count" AS
"span_count", "session"."error_count" AS "error_count", "session"."input_cost" AS "input_cost", "session"."output_cost"
AS "output_cost", "session"."total_cost" AS "total_cost", "session"."input_tokens" AS "input_tokens",
"session"."output_tokens" AS "output_tokens", "session"."total_tokens" AS "total_tokens", "session"."unmeasured_count"
AS "unmeasured_count", "session"."unpriced_count" AS "unpriced_count", "session"."tags" AS "tags" FROM "session" WHERE
("session"."project_id" = %(group1_0)s AND "session"."tags" @> (ARRAY[%(group1_1)s])::text[])) m GROUP BY stratum
