"""A cluster of Citus: tables of tenants are spread, a tenant's statements meet one node, and nobody waits for another.

Runs where DATABASE_URL leads to the coordinator of a cluster; only what refuses anything else runs everywhere."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.state import ProjectState
from django.utils import timezone

from config.installation.doctor_cluster import check_cluster
from config.installation.facts import FactState
from config.probing import NotReady
from config.storage_checks import check_nodes
from projects.cluster.distributing import distribute_new, distributed_tables
from projects.cluster.migrating import AlterEachPart
from projects.cluster.moving import placements
from projects.cluster.nodes import nodes
from projects.models import Organization, Project
from projects.sqlguard import tenant_tables
from sessions.models import Session
from sessions.rollup.session_rows import recompute_statement
from sessions.rollup.tasks import recompute_dirty
from sessions.search.index import flush, index_waiting
from tests import cluster
from tests.cluster import CLOSED_PORT, away, on_a_cluster
from tests.tracing.reports import call, in_session
from tracing.ingest.pipeline import ingest
from tracing.lists.bounded import plan_of, within
from tracing.models import DirtyMark, Trace
from tracing.store import dirty


@pytest.fixture
def projects(transactional_db: None) -> list[Project]:
    """Projects on every node, each with one mark that waits."""
    organization = Organization.objects.create(name="Acme")
    made = [Project.objects.create(organization=organization, name=f"{n}") for n in range(12)]
    assert len({place.node for place in placements(*(project.pk for project in made))}) > 1
    for project in made:
        ingest(project.pk, [call("t", "a", input="Where is my order?", claims=in_session("s"))])
    return made


def test_a_database_without_the_extension_is_refused_with_the_way_out(db: None) -> None:
    if cluster.nodes():
        pytest.skip("this is a cluster")
    with pytest.raises(CommandError, match="CREATE EXTENSION citus"):
        call_command("distribute")
    with pytest.raises(CommandError, match="no cluster"):
        call_command("tenants", "list")
    assert distribute_new() == []


@on_a_cluster
def test_every_table_of_tenants_is_spread_and_doing_it_again_changes_nothing() -> None:
    out = StringIO()
    call_command("distribute", stdout=out)

    assert tenant_tables() <= distributed_tables()
    assert out.getvalue() == "All tables were distributed before.\n"


@on_a_cluster
def test_the_doctor_finds_what_is_not_spread() -> None:
    assert {fact.state for fact in check_cluster()} == {FactState.FINE}
    with connection.cursor() as cursor:
        cursor.execute("SELECT undistribute_table('cohort_member')")
    found = [fact.advice for fact in check_cluster() if fact.state == FactState.WARNING]
    distribute_new()

    assert found == ["Run manage.py distribute. On the coordinator alone: cohort_member."]


@on_a_cluster
def test_a_table_that_a_migration_adds_is_spread_after_it() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT undistribute_table('cohort_member')")

    assert distribute_new() == ["cohort_member"]


@on_a_cluster
def test_a_session_is_recomputed_by_one_task_on_one_node(projects: list[Project]) -> None:
    params = {"project": projects[0].pk, "sessions": ["s"], "now": timezone.now()}
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT json) {recompute_statement()}", params)
        [(plan,)] = cursor.fetchall()
    recompute_dirty(projects[0].pk)

    assert json.dumps(plan).count('"Task Count": 1') == 1
    assert Session.objects.for_project(projects[0]).get().trace_count == 1


@on_a_cluster
def test_estimates_and_limits_reach_below_the_plan_of_the_coordinator(projects: list[Project]) -> None:
    rows = Trace.objects.for_project(projects[0])
    plan = plan_of(rows)
    with within(500, enable_indexscan="off", enable_bitmapscan="off"):
        other = plan_of(rows)

    assert plan.rows >= 1
    assert plan.cost > 0
    assert other.cost != plan.cost


@on_a_cluster
def test_what_waits_is_found_while_a_node_is_away(projects: list[Project], caplog: pytest.LogCaptureFixture) -> None:
    lost = nodes()[-1]
    theirs = {place.project_id for place in placements() if place.node == lost.address}
    with away(lost):
        found = set(DirtyMark.objects.filter(target=DirtyMark.Target.SESSION).project_ids())
        assert dirty.longest_wait(dirty.URGENT) >= 0
        with pytest.raises(NotReady, match=f":{CLOSED_PORT}"):
            check_nodes()

    assert theirs
    assert found == {project.pk for project in projects} - theirs
    assert f":{CLOSED_PORT} does not answer" in caplog.text
    assert set(DirtyMark.objects.filter(target=DirtyMark.Target.SESSION).project_ids()) == found | theirs


@on_a_cluster
def test_a_project_moves_with_its_rows_and_alone(projects: list[Project]) -> None:
    [here] = placements(projects[0].pk)
    there = next(node.address for node in nodes() if node.address != here.node)
    out = StringIO()
    call_command("tenants", "isolate", str(projects[0].pk), stdout=out)
    call_command("tenants", "move", str(projects[0].pk), there, stdout=out)
    call_command("tenants", "list", stdout=out)
    [moved] = placements(projects[0].pk)

    assert (moved.node, moved.projects) == (there, 1)
    assert "alone" in out.getvalue()
    assert Trace.objects.for_project(projects[0]).count() == 1


@on_a_cluster
def test_a_node_that_the_cluster_does_not_have_is_named_with_those_it_has(projects: list[Project]) -> None:
    with pytest.raises(CommandError, match=r"nowhere:5432 is no node of this cluster\. Its nodes are "):
        call_command("tenants", "move", str(projects[0].pk), "nowhere:5432")


@on_a_cluster
def test_each_part_of_a_table_is_altered_where_the_cluster_passes_nothing_on() -> None:
    asked = "ALTER TABLE {table} ALTER COLUMN tags SET STATISTICS %d"
    operation = AlterEachPart("session", asked % 500, asked % 1000)
    for change, target in ((operation.database_forwards, "500"), (operation.database_backwards, "1000")):
        with connection.schema_editor() as editor:
            change("llm_sessions", editor, ProjectState(), ProjectState())
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT DISTINCT result FROM run_command_on_shards('session', $$SELECT attstattarget FROM pg_attribute"
                " WHERE attrelid = '%s'::regclass AND attname = 'tags'$$)"
            )
            assert cursor.fetchall() == [(target,)]


@on_a_cluster
def test_the_search_index_is_flushed_on_every_node(projects: list[Project]) -> None:
    for project in projects:
        index_waiting(project.pk, waited=timedelta())

    assert flush() > 0
    assert flush() == 0
