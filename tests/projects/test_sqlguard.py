"""The guard reads every part of a statement, and stands wherever one is run."""

import ast
import threading
from pathlib import Path

import pytest
from django.db import connection, connections

from projects.models import Project
from projects.sqlguard import UnpinnedQuery, check, tenant_tables
from sessions.models import Session
from tracing.store.statements import Statement

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("config", "projects", "sessions", "tracing")
PINNED = [
    "COPY span (project_id, bucket, trace_id) FROM STDIN (FORMAT BINARY)",
    'SELECT "trace"."trace_id" FROM "trace" WHERE "trace"."project_id" = %s',
    "SELECT 1 FROM trace WHERE (project_id = %s AND (trace_id = %s OR trace_id = %s)) ORDER BY 1 LIMIT 5 FOR UPDATE",
    "SELECT 1 FROM trace WHERE (project_id, trace_id) = (%s, %s::text)",
    "SELECT 1 FROM trace WHERE project_id IN (%s)",
    "SELECT 1 FROM trace t JOIN span s ON s.project_id = t.project_id AND s.trace_id = t.name WHERE s.project_id = %s",
    "SELECT 1 FROM trace t LEFT JOIN span s USING (project_id, trace_id) WHERE t.project_id = %s",
    "SELECT 1 FROM session s, trace t WHERE t.project_id = %s AND %s = s.project_id",
    "SELECT (SELECT count(*) FROM span s WHERE s.project_id = %s) FROM trace t WHERE t.project_id = 7",
    "SELECT 1 FROM trace t WHERE t.project_id = %s AND EXISTS (SELECT 1 FROM span s WHERE s.project_id = %s)",
    "SELECT s.* FROM unnest(%(ids)b::text[]) AS wanted(id) CROSS JOIN LATERAL (SELECT * FROM span"
    " WHERE project_id = %(project_id)s AND trace_id = wanted.id OFFSET 0) AS s",
    "WITH mine AS (SELECT project_id, trace_id FROM trace WHERE project_id = %s)"
    " SELECT 1 FROM mine m JOIN span s ON s.project_id = m.project_id AND s.trace_id = m.trace_id",
    "WITH RECURSIVE up AS (SELECT * FROM span WHERE project_id = %s UNION ALL"
    " SELECT s.* FROM span s JOIN up ON s.project_id = up.project_id AND s.span_id = up.parent_id) SELECT * FROM up",
    "SELECT 1 FROM session_state s WHERE s.project_id = %s AND s.assignee_id IN (SELECT p.id FROM person p)",
    "INSERT INTO score (project_id, id) VALUES (%s, %s) ON CONFLICT (project_id, id) DO UPDATE SET id = EXCLUDED.id",
    "INSERT INTO score (project_id, id) SELECT project_id, trace_id FROM trace WHERE project_id = %s",
    "UPDATE trace SET name = %s WHERE project_id = %s",
    "UPDATE trace t SET name = s.name FROM span s WHERE t.project_id = %s AND s.project_id = t.project_id",
    "DELETE FROM cohort_member m USING gone, score s WHERE m.project_id = %s AND s.project_id = m.project_id",
    "EXPLAIN (FORMAT json) SELECT 1 FROM trace WHERE project_id = %s",
    "SELECT 1 FROM project WHERE name LIKE '%%trace%%'",
    "SELECT DISTINCT project_id FROM trace /* every project */",
    "SAVEPOINT trace",
]
UNPINNED = [
    "COPY span (bucket, trace_id, project_id) FROM STDIN (FORMAT BINARY)",
    "COPY span FROM STDIN",
    "COPY span (project_id, trace_id) TO STDOUT",
    "COPY (SELECT trace_id FROM span) TO STDOUT",
    "SELECT * FROM trace WHERE trace_id = 't'",
    'SELECT "session"."session_id", "session"."project_id" FROM "session" ORDER BY 1',
    "/* a comment first */ SELECT 1 FROM trace",
    "(SELECT 1 FROM trace)",
    "EXPLAIN SELECT 1 FROM trace",
    "SELECT 1 FROM trace WHERE project_id = %s OR trace_id = %s",
    "SELECT 1 FROM trace WHERE (project_id = %s OR true) AND trace_id = %s",
    "SELECT 1 FROM trace WHERE NOT project_id = %s",
    "SELECT 1 FROM trace WHERE project_id <> %s",
    "SELECT 1 FROM trace WHERE project_id IN (%s, %s)",
    "SELECT 1 FROM trace WHERE project_id = ANY(%s)",
    "SELECT 1 FROM trace WHERE project_id = project_id",
    "SELECT 1 FROM trace WHERE project_id = (SELECT max(id) FROM project)",
    "SELECT 1 FROM trace t WHERE t.project_id = t.span_count",
    "SELECT project_id = %s FROM trace",
    "SELECT 1 FROM trace t JOIN span s ON s.trace_id = t.trace_id WHERE s.project_id = %s",
    "SELECT 1 FROM trace t JOIN span s ON s.trace_id = t.trace_id WHERE project_id = %s",
    "SELECT 1 FROM trace t JOIN span s ON s.project_id = t.project_id",
    "SELECT 1 FROM trace t JOIN span s USING (project_id)",
    "SELECT 1 FROM trace t LEFT JOIN span s ON t.project_id = %s AND s.project_id = %s",
    "SELECT 1 FROM trace t RIGHT JOIN span s ON t.project_id = %s AND s.project_id = %s",
    "SELECT 1 FROM trace t FULL JOIN span s ON t.project_id = %s AND s.project_id = %s",
    "SELECT 1 FROM trace t JOIN project p ON p.id = t.project_id",
    "SELECT 1 FROM trace t JOIN api_key k ON k.project_id = t.project_id",
    "SELECT (SELECT count(*) FROM span s WHERE s.trace_id = t.trace_id) FROM trace t WHERE t.project_id = %s",
    "SELECT 1 FROM trace t WHERE t.project_id = %s AND EXISTS (SELECT 1 FROM span s WHERE s.trace_id = t.trace_id)",
    "SELECT 1 FROM trace WHERE project_id = %s UNION ALL SELECT 1 FROM span",
    "SELECT 1 FROM (SELECT * FROM trace) t WHERE t.project_id = %s",
    "SELECT s.* FROM unnest(%s::text[]) AS wanted(id) CROSS JOIN LATERAL (SELECT * FROM span WHERE trace_id = id) s"
    " WHERE %s = %s",
    "WITH mine AS (SELECT trace_id FROM trace) SELECT 1 FROM mine JOIN span s USING (trace_id) WHERE s.project_id = %s",
    "WITH mine AS (SELECT trace_id FROM trace WHERE project_id = %s) SELECT 1 FROM mine JOIN span USING (trace_id)",
    "WITH every AS (SELECT id AS project_id FROM project) SELECT 1 FROM trace t JOIN every e USING (project_id)",
    "SELECT 1 FROM trace t JOIN (SELECT id AS project_id FROM project) p ON p.project_id = t.project_id",
    "WITH trace AS (SELECT 1 AS project_id) SELECT 1 FROM trace",
    "WITH gone AS (DELETE FROM trace WHERE trace_id = %s RETURNING *) DELETE FROM span WHERE project_id = %s",
    "INSERT INTO score (id) VALUES (%s)",
    "INSERT INTO score SELECT * FROM score WHERE project_id = %s",
    "INSERT INTO score (project_id, id) VALUES (%s, %s) ON CONFLICT (id) DO NOTHING",
    "INSERT INTO score (project_id, id) SELECT project_id, trace_id FROM trace",
    "UPDATE score SET project_id = %s",
    "UPDATE trace t SET name = s.name FROM span s WHERE t.project_id = %s AND s.trace_id = t.trace_id",
    "DELETE FROM span",
    "DELETE FROM cohort_member m USING score s WHERE s.project_id = %s AND s.session_id = m.session_id",
    # A node cannot tell which of its rows a sub-select means that asks the query around it for the project.
    "SELECT (SELECT count(*) FROM span s WHERE s.project_id = t.project_id) FROM trace t WHERE t.project_id = 7",
    "SELECT 1 FROM trace t WHERE t.project_id = %s AND EXISTS (SELECT 1 FROM span s WHERE s.project_id = t.project_id)",
    # A node has no rows but those of tenants.
    "SELECT (SELECT p.email FROM person p WHERE p.id = s.assignee_id) FROM session_state s WHERE s.project_id = %s",
    "WITH known AS (SELECT ARRAY[(SELECT p.email FROM person p WHERE p.id = s.assignee_id)] AS email"
    " FROM session_state s WHERE s.project_id = %s) SELECT count(*) FROM known",
    "COPY trace TO STDOUT",
    "SELECT 1; DELETE FROM trace",
    "SELECT FROM WHERE trace",
    "PREPARE every AS SELECT 1 FROM trace",
]


@pytest.mark.parametrize("sql", PINNED)
def test_a_statement_that_pins_its_project_passes(sql: str) -> None:
    assert check(sql) is None


@pytest.mark.parametrize("sql", UNPINNED)
def test_a_statement_is_refused_for_any_part_that_pins_no_project(sql: str) -> None:
    with pytest.raises(UnpinnedQuery):
        check(sql)


def test_a_refusal_names_the_table_and_the_statement() -> None:
    with pytest.raises(UnpinnedQuery, match="no project_id for score, span: SELECT 1 FROM score, span, trace t WHERE"):
        check("SELECT 1 FROM score, span, trace t WHERE t.project_id = 1")


def test_the_tables_of_tenants_are_those_whose_key_begins_with_the_project() -> None:
    assert {"trace", "span", "span_io", "session", "score", "cohort_member"} <= tenant_tables()
    assert not {"project", "organization", "api_key", "audit_event", "person"} & tenant_tables()


def test_every_connection_of_a_test_is_guarded(db: None) -> None:
    with pytest.raises(UnpinnedQuery):
        list(Session.objects.all())
    with pytest.raises(UnpinnedQuery), connection.cursor() as cursor:
        cursor.executemany("DELETE FROM trace WHERE trace_id = %s", [["t"]])


@pytest.mark.django_db(transaction=True)
def test_the_connection_of_another_thread_is_guarded() -> None:
    refused = []

    def look() -> None:
        try:
            list(Session.objects.all())
        except UnpinnedQuery as error:
            refused.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert len(refused) == 1


def test_a_statement_that_goes_past_djangos_cursors_is_checked(project: Project) -> None:
    with pytest.raises(UnpinnedQuery):
        Statement(template="SELECT 1 FROM trace WHERE trace_id = %(trace_id)s").run(trace_id="t")


def test_nothing_goes_past_djangos_cursors_without_asking_the_guard() -> None:
    """Each module that makes a cursor of psycopg on the connection of Django asks for itself."""
    unasked = []
    for file in (file for room in PRODUCT for file in (ROOT / room).rglob("*.py")):
        text = file.read_text()
        if any(_makes_a_cursor(node) for node in ast.walk(ast.parse(text))) and "check_if_guarded(" not in text:
            unasked.append(str(file.relative_to(ROOT)))

    assert unasked == []


def _makes_a_cursor(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    return ast.unparse(node).startswith("psycopg.Cursor(connection.connection")
