SELECT jsonb_agg(jsonb_build_array(name, value, kinds, place, hits) ORDER BY name, rank, place) FROM (
    SELECT *, max(rank) OVER (PARTITION BY name) AS kinds FROM (
        SELECT *, dense_rank() OVER (PARTITION BY name ORDER BY whole DESC, value) AS rank FROM (
            SELECT name, value, place, sum(times)::bigint AS hits,
                sum(sum(times)) OVER (PARTITION BY name, value) AS whole
            FROM (
SELECT 0 AS place, CASE WHEN tags IS NOT NULL THEN 'tags' END AS name, unnest(coalesce(tags)) AS value, times FROM (
    SELECT tags, count(*) AS times FROM (SELECT "session"."tags" AS "tags" FROM "session" WHERE ("session"."project_id"
= %(group0_0)s AND "session"."error_count" > %(group0_1)s)) m GROUP BY GROUPING SETS ((tags))) s
) counted GROUP BY name, value, place) w) r) k
WHERE rank <= 5
