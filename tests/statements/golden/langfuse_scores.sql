WITH chosen AS MATERIALIZED (SELECT "score"."name" AS "name", "score"."source" AS "source", "score"."data_type" AS
"data_type", "score"."environment" AS "environment", "score"."config_id" AS "config_id", "score"."string_value" AS
"string_value", "score"."value" AS "value", "score"."scored_at" AS "scored_at" FROM "score" WHERE ("score"."project_id"
= %(row0)s AND NOT "score"."is_unsure" AND "score"."scored_at" >= %(row1)s AND "score"."scored_at" < %(row2)s AND
"score"."data_type" IN (%(row3)s, %(row4)s))),
c AS (
    SELECT t.*, t.scored_at AS at, 1 AS number, t.value = 1 AS truth FROM chosen t)
SELECT c.name AS "name", avg(c.value) AS "avg_value" FROM c GROUP BY 1 ORDER BY 2 DESC NULLS LAST, 1 LIMIT %(limit)s
