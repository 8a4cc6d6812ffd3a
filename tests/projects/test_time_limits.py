"""Every statement has a limit by its database role; longer work says so, and so does a page that meets its limit."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import DataError, OperationalError, connection, transaction
from django.test import Client
from django.urls import reverse
from psycopg.errors import QueryCanceled

from projects.jobs.time_limits import allow, at_length, bound_role
from projects.models import Project, User
from tests.conftest import Key
from tracing.lists.bounded import TooLong, within

SETTINGS = """
SELECT setconfig FROM pg_db_role_setting WHERE setrole = current_user::regrole
    AND setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
TOO_LONG = "This takes too long"
ALTER = "ALTER ROLE CURRENT_USER IN DATABASE {} {} statement_timeout"


def execute(statement: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone() if cursor.description else None


def is_ended(statement: str) -> bool:
    try:
        with transaction.atomic():
            execute(statement)
    except OperationalError as error:
        return isinstance(error.__cause__, QueryCanceled)
    return False


@pytest.fixture
def limited(transactional_db: None) -> Iterator[None]:
    """A role whose statements may take 0.3 s, as all connections from now on find it."""
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    execute(ALTER.format(name, "SET") + " = '300ms'")
    connection.close()
    yield
    connection.close()
    with at_length(0):
        execute(ALTER.format(name, "RESET"))
    connection.close()


def test_the_role_is_bounded_in_this_database(db: None) -> None:
    with connection.cursor() as cursor:
        bound_role(cursor)

    [settings] = execute(SETTINGS)
    assert {"statement_timeout=30s", "idle_in_transaction_session_timeout=600s"} <= set(settings)


def test_what_the_operator_has_set_stays(limited: None) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        bound_role(cursor)
        [settings] = execute(SETTINGS)
        assert {"statement_timeout=300ms", "idle_in_transaction_session_timeout=600s"} <= set(settings)
        transaction.set_rollback(True)


def test_longer_work_survives_an_error_that_it_expects(db: None) -> None:
    with at_length(5):
        with pytest.raises(DataError), transaction.atomic():
            execute("SELECT 1 / 0")
        assert execute("SHOW statement_timeout") == ("5s",)


def test_only_work_that_says_so_takes_longer(limited: None) -> None:
    assert is_ended("SELECT pg_sleep(1)")
    with at_length(5):
        assert not is_ended("SELECT pg_sleep(0.6)")
        execute("SELECT pg_sleep(0.6)")
    assert is_ended("SELECT pg_sleep(1)")
    with transaction.atomic():
        allow(5)
        execute("SELECT pg_sleep(0.6)")
    assert is_ended("SELECT pg_sleep(1)")


def test_within_a_longer_limit_a_strict_one_holds_and_ends(limited: None) -> None:
    with at_length(5):
        with pytest.raises(TooLong), within(100):
            execute("SELECT pg_sleep(0.5)")
        execute("SELECT pg_sleep(0.6)")


def test_a_longer_limit_ends_with_its_block_inside_a_transaction(limited: None) -> None:
    with transaction.atomic():
        with at_length(5):
            execute("SELECT pg_sleep(0.4)")
        assert is_ended("SELECT pg_sleep(1)")


def test_an_index_is_built_beside_writers_for_as_long_as_it_takes(limited: None) -> None:
    with at_length(0):
        execute("CREATE INDEX CONCURRENTLY of_a_test ON organization (name)")
        execute("DROP INDEX CONCURRENTLY of_a_test")
    assert is_ended("SELECT pg_sleep(1)")


@contextmanager
def held(table: str) -> Iterator[None]:
    """Keeps everybody else from reading it, as a statement over very many rows would feel."""
    taken, enough = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic(), at_length(60):
            execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            taken.set()
            enough.wait(20)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert taken.wait(10)
    try:
        yield
    finally:
        enough.set()
        holder.join()


@pytest.mark.usefixtures("limited")
@pytest.mark.parametrize(
    ("name", "query", "table", "status", "says"),
    [
        ("users", "", "session", 200, TOO_LONG),
        ("user", "?id=ann", "session", 503, TOO_LONG),
        ("sessions", "", "session", 503, TOO_LONG),
        ("sessions", "?live=on&since=2026-11-01T00:00:00.000Z", "session", 503, TOO_LONG),
        ("cohort-new", "", "session", 200, "All sessions of this project"),
        ("project-usage", "", "trace", 200, "too much to count"),
    ],
)
def test_a_page_that_meets_its_limit_says_so(
    alice: User, project: Project, name: str, query: str, table: str, status: int, says: str
) -> None:
    client = Client()
    client.force_login(alice)
    with held(table):
        began = time.monotonic()
        is_fragment = query.startswith("?live")
        answer = client.get(
            reverse(name, args=[project.pk]) + query, headers={"HX-Request": "true"} if is_fragment else {}
        )

    assert time.monotonic() - began < 15, "the table is held for 20 s"
    assert answer.status_code == status
    assert says in " ".join(answer.content.decode().split())


@pytest.mark.usefixtures("limited")
def test_an_api_call_that_meets_its_limit_says_so(project: Project, key: Key, client: Client) -> None:
    with held("session"):
        answer = client.get("/api/v1/sessions", headers={"Authorization": key.basic})

    assert answer.status_code == 503
    assert "in time" in answer.json()["detail"]
