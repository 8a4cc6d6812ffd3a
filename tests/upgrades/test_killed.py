"""Steps of migrations that were killed go on at the next start, and let others write meanwhile."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import OperationalError, connection, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from projects.migrating import BATCH_ROWS, BuildIndex, UpdateInBatches
from projects.models import Project
from projects.sqlguard import EVERY_PROJECT
from tests.live import START_SECONDS
from tests.sessions.rows import multiply, session

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "session_by_title_of_a_test"
BUILDING_SQL = f"SELECT pid FROM pg_stat_activity WHERE query LIKE '%%{NAME}%%' AND wait_event_type = 'Lock'"
COUNT_SQL = f"SELECT count(*) FROM session WHERE turn_count = 7 {EVERY_PROJECT}"
LAST_ROW_SQL = f"SELECT 1 FROM session ORDER BY project_id DESC, session_id DESC LIMIT 1 FOR UPDATE {EVERY_PROJECT}"


@pytest.fixture
def stranger(db: None) -> Any:
    """A connection of somebody else, in autocommit mode."""
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as other:
        other.autocommit = True
        yield other


def run(step: Operation) -> None:
    state = ProjectState.from_apps(apps)
    after = state.clone()
    step.state_forwards("llm_sessions", after)
    with connection.schema_editor(atomic=False) as editor:
        step.database_forwards("llm_sessions", editor, state, after)


def first(sql: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return (cursor.fetchone() or [None])[0]


def is_valid() -> bool | None:
    return first(f"SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('{NAME}')")


def test_an_index_whose_build_was_killed_is_built_at_the_next_start(project: Project, stranger: Any) -> None:
    step = BuildIndex(model_name="session", index=models.Index("project_id", "trace_count", name=NAME))

    def build() -> None:
        try:
            run(step)
        finally:
            connection.close()

    with ThreadPoolExecutor() as thread, stranger.transaction():
        stranger.execute("UPDATE session SET trace_count = 1 WHERE project_id = 0")  # the build waits for its end
        building = thread.submit(build)
        deadline = time.monotonic() + START_SECONDS
        while (pid := first(BUILDING_SQL)) is None:
            assert time.monotonic() < deadline
            assert not building.done()
        session(project, "written meanwhile")
        stranger.execute("SELECT pg_terminate_backend(%s)", [pid])
        with pytest.raises(OperationalError):
            building.result()
    try:
        assert is_valid() is False
        run(step)
        assert is_valid() is True
        run(step)  # nothing is left to do
        assert is_valid() is True
    finally:
        stranger.execute(f"DROP INDEX {NAME}")


def test_rows_that_are_changed_in_batches_stay_changed_when_a_later_batch_fails(
    project: Project, other_project: Project, stranger: Any
) -> None:
    total = BATCH_ROWS * 2 + 10
    for tenant in (project, other_project):
        first_row = session(tenant, "s", turn_count=0)
        multiply(first_row, total // 2 - 1, session_id="'s' || to_char(n, 'FM000000')")
    step = UpdateInBatches("session", key="project_id, session_id", changes="turn_count = 7", where="turn_count = 0")
    with stranger.transaction():
        stranger.execute(LAST_ROW_SQL)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '50ms'")
        with pytest.raises(OperationalError, match="lock timeout"):
            run(step)
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
        assert first(COUNT_SQL) == BATCH_ROWS * 2

    run(step)
    assert first(COUNT_SQL) == total
