"""The SQL that compares groups of sessions: one statement, assembled from the declared properties and the groups."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

from django.db.models import QuerySet

from projects.models import Project
from projects.named_sql import named_sql
from sessions.models import Session
from sessions.models.properties import Property, PropertyKind, properties_of

NUMERIC = (PropertyKind.DURATION, PropertyKind.NUMBER, PropertyKind.MONEY)
MAX_SET_VALUES = 10  # of a set that are shown, the most frequent of all groups together

Groups = Sequence[QuerySet[Session]]
Params = dict[str, Any]

PACKED_NUMBERS_SQL = "string_agg(float8send({0}::float8), ''::bytea)"
COMPARED_SCORES_SQL = """
WITH {groups},
scored AS MATERIALIZED (
    SELECT place, name, mean, shares FROM session_score JOIN ({members}) m USING (session_id)
    WHERE project_id = %(project)s)
SELECT * FROM {numbers}, (SELECT {overlaps}) o, ({sets}) v, ({scores}) s, ({categories}) c
"""
GROUP_SQL = "group_{place} AS MATERIALIZED ({sessions})"
MEMBERS = "SELECT {place} AS place, session_id FROM group_{place}"
NUMBERS = "(SELECT count(*), {packed} FROM group_{place}) n{place}"
GROUP_OVERLAP_SQL = "(SELECT count(*) FROM group_{0} JOIN group_{1} USING (session_id))"
RANKED_VALUES_SQL = """
SELECT jsonb_agg(jsonb_build_array(name, value, kinds, place, hits) ORDER BY name, rank, place) FROM (
    SELECT *, max(rank) OVER (PARTITION BY name) AS kinds FROM (
        SELECT *, dense_rank() OVER (PARTITION BY name ORDER BY whole DESC, value) AS rank FROM (
            SELECT name, value, place, sum(times)::bigint AS hits,
                sum(sum(times)) OVER (PARTITION BY name, value) AS whole
            FROM ({each}) counted GROUP BY name, value, place) w) r) k
WHERE rank <= {most}
"""
# Equal sets are counted in one pass before they are taken apart: there are few different ones. In the rows of a
# grouping set every other column is NULL, which no set of a session is.
GROUP_SETS_SQL = """
SELECT {place} AS place, {name} AS name, unnest(coalesce({sets})) AS value, times FROM (
    SELECT {sets}, count(*) AS times FROM {sessions} GROUP BY GROUPING SETS ({each_set})) s
"""
GROUP_SCORES_SQL = f"""
SELECT jsonb_agg(jsonb_build_array(place, name, encode(packed, 'hex'), categorical)) FROM (
    SELECT place, name, {PACKED_NUMBERS_SQL.format("mean")} AS packed,
        count(*) FILTER (WHERE shares <> '{{}}') AS categorical
    FROM scored GROUP BY place, name) counted
"""
GROUP_CATEGORIES_SQL = """
SELECT place, name, category AS value, count(*) AS times FROM scored
CROSS JOIN LATERAL jsonb_object_keys(shares) AS category GROUP BY place, name, category
"""

STRATUM = "coalesce(nullif(array_to_string({by}, ' + '), ''), 'none') AS stratum"
MOMENTS = "count({0}), avg({0})::float8, var_samp({0}::float8)"
NUMBERS_BY_STRATUM_SQL = f"SELECT {{place}}, {STRATUM}, {{moments}} FROM ({{sessions}}) m GROUP BY stratum"
SCORES_BY_STRATUM_SQL = f"""
SELECT {{place}}, {STRATUM}, name, {{moments}} FROM (
    SELECT session_id, name, mean FROM session_score WHERE project_id = %(project)s AND mean IS NOT NULL) s
JOIN ({{sessions}}) m USING (session_id) GROUP BY stratum, name
"""


def numeric_properties() -> list[Property]:
    """Return the properties that are numbers."""
    return [p for p in properties_of(Session).values() if p.kind in NUMERIC]


def set_properties() -> list[Property]:
    """Return the properties that are sets."""
    return [p for p in properties_of(Session).values() if p.kind == PropertyKind.SET]


def comparison_statement(project: Project, groups: Groups) -> tuple[str, Params]:
    """Return the statement that reads all numbers, sets and scores of groups, and its parameters."""
    fields = ["session_id", *(p.field for p in numeric_properties() + set_properties())]
    places = range(len(groups))
    group_sql, params = _group_sql(groups, fields)
    packed = ", ".join(f"{PACKED_NUMBERS_SQL.format(p.field)}, {_total_sql(p)}" for p in numeric_properties())
    statement = COMPARED_SCORES_SQL.format(
        groups=", ".join(GROUP_SQL.format(place=place, sessions=sql) for place, sql in enumerate(group_sql)),
        members=" UNION ALL ".join(MEMBERS.format(place=place) for place in places),
        numbers=", ".join(NUMBERS.format(place=place, packed=packed) for place in places),
        overlaps=", ".join(GROUP_OVERLAP_SQL.format(*pair) for pair in combinations(places, 2)),
        sets=_ranked_sql([f"group_{place}" for place in places], set_properties(), MAX_SET_VALUES),
        scores=GROUP_SCORES_SQL,
        categories=RANKED_VALUES_SQL.format(each=GROUP_CATEGORIES_SQL, most=MAX_SET_VALUES),
    )
    return statement, params | {"project": project.pk}


def frequent_statement(sessions: QuerySet[Session], declared: Property, most: int) -> tuple[str, Params]:
    """Return the statement that finds the most frequent values of a set property, and its parameters."""
    [sql], params = _group_sql([sessions], [declared.field])
    return _ranked_sql([f"({sql}) m"], [declared], most), params


def numbers_by_stratum(groups: Groups, by: str) -> tuple[str, Params]:
    """Return the statement that reads the moments of all numbers for each combination of values of the set `by`."""
    fields = [*(p.field for p in numeric_properties()), by]
    moments = ", ".join(MOMENTS.format(p.field) for p in numeric_properties())
    group_sql, params = _group_sql(groups, fields)
    return _union(NUMBERS_BY_STRATUM_SQL, group_sql, by=by, moments=moments), params


def scores_by_stratum(project: Project, groups: Groups, by: str) -> tuple[str, Params]:
    """Return the statement that reads the moments of all scores for each combination of values of the set `by`."""
    group_sql, params = _group_sql(groups, ["session_id", by])
    statement = _union(SCORES_BY_STRATUM_SQL, group_sql, by=by, moments=MOMENTS.format("mean"))
    return statement, params | {"project": project.pk}


def _union(template: str, group_sql: Sequence[str], **parts: str) -> str:
    return " UNION ALL ".join(template.format(place=at, sessions=sql, **parts) for at, sql in enumerate(group_sql))


def _group_sql(groups: Groups, fields: list[str]) -> tuple[list[str], Params]:
    """Return the SQL of every group, which selects `fields`, and the parameters of all."""
    texts: list[str] = []
    params: Params = {}
    for place, sessions in enumerate(groups):
        sql, own = named_sql(sessions.order_by().values(*dict.fromkeys(fields)), f"group{place}_")
        texts.append(sql)
        params |= own
    return texts, params


def _ranked_sql(groups: Sequence[str], properties: list[Property], most: int) -> str:
    """Return the SQL that counts the values of sets in groups, which are what stands behind FROM."""
    fields = [p.field for p in properties]
    cases = " ".join(f"WHEN {p.field} IS NOT NULL THEN '{p.name}'" for p in properties)
    parts = {"name": f"CASE {cases} END", "sets": ", ".join(fields), "each_set": f"({'), ('.join(fields)})"}
    each = (GROUP_SETS_SQL.format(place=place, sessions=sessions, **parts) for place, sessions in enumerate(groups))
    return RANKED_VALUES_SQL.format(each=" UNION ALL ".join(each), most=most)


def _total_sql(declared: Property) -> str:
    """Return the SQL of a sum: PostgreSQL adds up money, digit by digit; whole numbers are added up exactly here."""
    return f"sum({declared.field})" if declared.kind == PropertyKind.MONEY else "NULL::numeric"
