"""An installation of the first release is upgraded while the code of before goes on reading and writing."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from projects.models import User
from projects.sqlguard import EVERY_PROJECT
from sessions.rollup.tasks import recompute_dirty
from tests.tracing.reports import call, in_session
from tests.upgrades.walk import Step, breaks, first_release, read_schema, run_old_code, waits, walk
from tracing.ingest.pipeline import ingest
from tracing.store.partitions import make_ahead

# Written before the rule was; each is as quick as its table is small.
BEFORE_THE_RULE = {
    "llm_sessions.0015_audit_without_content",
    "llm_sessions.0016_receipts_without_people",
}
HEADERS = {"Authorization": "Bearer sk-first-release-0123456789"}


SUMS_SQL = "SELECT session_id, trace_count, total_tokens, total_cost FROM session ORDER BY session_id"


class Upgrade(NamedTuple):
    steps: list[Step]
    sums_before: list[Any]


def read_sums() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"{SUMS_SQL} {EVERY_PROJECT}")
        return cursor.fetchall()


@pytest.fixture(scope="module")
def upgrade(django_db_blocker: DjangoDbBlocker) -> Iterator[Upgrade]:
    """The way from the first release to the newest schema. The tests see the database at its end."""
    with django_db_blocker.unblock(), first_release():
        assert run_old_code() == ""
        sums = read_sums()
        yield Upgrade(list(walk()), sums)
        ContentType.objects.clear_cache()


def test_every_migration_leaves_what_older_code_needs(upgrade: Upgrade) -> None:
    assert len(upgrade.steps) > 30
    assert {step.name: breaks(step) for step in upgrade.steps if breaks(step)} == {}


def test_statements_of_the_first_release_work_after_every_migration(upgrade: Upgrade) -> None:
    assert {step.name: step.failure for step in upgrade.steps if step.failure} == {}


def test_no_migration_makes_others_wait_for_a_large_table(upgrade: Upgrade) -> None:
    found = {step.name: waits(step) for step in upgrade.steps if waits(step)}

    assert set(found) == BEFORE_THE_RULE, found


@pytest.mark.parametrize(
    ("sql", "missed", "fails"),
    [
        ("ALTER TABLE trace RENAME COLUMN received_at TO arrived_at", "trace.received_at is gone", True),
        ("ALTER TABLE trace ADD COLUMN extra int NOT NULL", "trace.extra is new and has no default", False),
        ("ALTER TABLE session ALTER COLUMN trace_count TYPE text", "session.trace_count was integer and is text", True),
    ],
)
def test_a_careless_migration_would_be_noticed(upgrade: Upgrade, sql: str, missed: str, fails: bool) -> None:
    before = read_schema()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE trace")  # a column without a default can only be added to an empty table
        cursor.execute(sql)
        step = Step(upgrade.steps[0].migration, before, read_schema(), [sql], run_old_code())
        transaction.set_rollback(True)

    assert missed in breaks(step)
    assert bool(step.failure) == fails  # rows of traces and spans were not recorded: the catalog alone tells


def test_sums_of_the_first_release_stay_as_they_were(upgrade: Upgrade) -> None:
    assert len(upgrade.sums_before) > 5
    assert read_sums() == upgrade.sums_before


def test_people_and_programs_find_their_data_after_the_upgrade(upgrade: Upgrade) -> None:
    make_ahead(timezone.now().date())
    client, alice = Client(), User.objects.get(email="alice@example.com")
    project = alice.organizations.get().projects.get(name="Support")
    client.force_login(alice)
    sessions = client.get("/api/v1/sessions", headers=HEADERS).json()["data"]
    assert {row["id"]: row["turn_count"] for row in sessions} == {row[0]: row[1] for row in upgrade.sums_before}

    for page in ("sessions", f"sessions/{sessions[0]['id']}", "dashboard", "users", "cohorts", "review", "settings"):
        answer = client.get(f"/project/{project.pk}/{page}", follow=True)
        assert answer.status_code == 200, page
    ingest(project.pk, [call("late", "a", claims=in_session(sessions[0]["id"]))])
    recompute_dirty(project.pk)

    after = client.get(f"/api/v1/sessions/{sessions[0]['id']}", headers=HEADERS).json()
    assert after["trace_count"] == sessions[0]["trace_count"] + 1
    assert after["scores"] == sessions[0]["scores"]
