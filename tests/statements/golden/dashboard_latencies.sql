WITH picked AS MATERIALIZED (
    SELECT session_id FROM (SELECT "session"."session_id" AS "session_id" FROM "session" WHERE "session"."project_id" =
%(session0)s) AS s ORDER BY hashtextextended(session_id, 0) LIMIT %(sample)s)
SELECT width_bucket(t.started_at, %(starts)s::timestamptz[]), m.measure, s.slot, sum(s.number::bigint)
FROM picked CROSS JOIN LATERAL (
    SELECT started_at, latencies FROM trace
    WHERE project_id = %(project)s AND session_id = picked.session_id
        AND started_at >= %(since)s AND started_at < %(until)s OFFSET 0) AS t
    CROSS JOIN LATERAL jsonb_each(t.latencies) AS m(measure, slots)
    CROSS JOIN LATERAL jsonb_each_text(m.slots) AS s(slot, number)
GROUP BY 1, 2, 3
