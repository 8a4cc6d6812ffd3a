SELECT v.model, count(*), coalesce(sum((v.usage->>'call_count')::numeric), 0),
coalesce(sum((v.usage->>'input_tokens')::numeric), 0), coalesce(sum((v.usage->>'output_tokens')::numeric), 0),
coalesce(sum((v.usage->>'total_tokens')::numeric), 0), coalesce(sum((v.usage->>'cached_tokens')::numeric), 0),
coalesce(sum((v.usage->>'cache_write_tokens')::numeric), 0), coalesce(sum((v.usage->>'reasoning_tokens')::numeric), 0),
coalesce(sum((v.usage->>'not_itemised_tokens')::numeric), 0), coalesce(sum((v.usage->>'unmeasured_count')::numeric), 0),
 coalesce(sum((v.usage->>'unpriced_count')::numeric), 0), coalesce(sum((v.usage->>'input_cost')::numeric), 0),
coalesce(sum((v.usage->>'output_cost')::numeric), 0), coalesce(sum((v.usage->>'total_cost')::numeric), 0)
FROM (SELECT "session"."session_id" AS "session_id", "session"."usage_by_model" AS "usage_by_model" FROM "session" WHERE
 "session"."project_id" = %(session0)s) s CROSS JOIN LATERAL jsonb_each(s.usage_by_model) AS v(model, usage)
GROUP BY v.model ORDER BY coalesce(sum((v.usage->>'total_cost')::numeric), 0) DESC, v.model DESC
LIMIT %(limit)s OFFSET %(skipped)s
