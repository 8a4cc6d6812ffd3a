SELECT 0, coalesce(nullif(array_to_string(tags, ' + '), ''), 'none') AS stratum, name, count(mean), avg(mean)::float8,
var_samp(mean::float8) FROM (
    SELECT session_id, name, mean FROM session_score WHERE project_id = %(project)s AND mean IS NOT NULL) s
JOIN (SELECT "session"."session_id" AS "session_id", "session"."tags" AS "tags" FROM "session" WHERE
("session"."project_id" = %(group0_0)s AND "session"."error_count" > %(group0_1)s)) m USING (session_id) GROUP BY
stratum, name
 UNION ALL
SELECT 1, coalesce(nullif(array_to_string(tags, ' + '), ''), 'none') AS stratum, name, count(mean), avg(mean)::float8,
var_samp(mean::float8) FROM (
    SELECT session_id, name, mean FROM session_score WHERE project_id = %(project)s AND mean IS NOT NULL) s
JOIN (SELECT "session"."session_id" AS "session_id", "session"."tags" AS "tags" FROM "session" WHERE
("session"."project_id" = %(group1_0)s AND "session"."tags" @> (ARRAY[%(group1_1)s])::text[])) m USING (session_id)
GROUP BY stratum, name
