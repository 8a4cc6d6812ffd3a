"""Stops all writes to a database while it is replaced. The server refuses them, so this holds for every machine.

The pause is stored in the database's settings, so it applies to every new connection. The restoring process holds a
lock as long as it lives. A pause without that lock was left by a killed process, and `prepare` ends it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection
from psycopg import sql

RESTORE_LOCK = 7_301_003  # an arbitrary number that no other lock uses
RESTORE_MARK = "confab restores since "
END_SECONDS = 30.0
DATABASE_SQL = "SELECT oid, clock_timestamp() FROM pg_database WHERE datname = %(name)s"
RESTORE_SINCE_SQL = """
SELECT substr(setting, length(%(begins)s) + 1) FROM pg_db_role_setting CROSS JOIN LATERAL unnest(setconfig) AS setting
WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database()) AND setrole = 0
    AND starts_with(setting, %(begins)s)
"""
IS_RESTORING_SQL = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = %(lock)s AND granted)"
# A connection that is being opened is not listed yet, but holds a lock on its database.
STARTING_CONNECTIONS_SQL = """
SELECT count(*) FROM pg_locks
WHERE locktype = 'object' AND classid = 'pg_database'::regclass AND objid = %(database)s
"""
END_CONNECTIONS_SQL = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datid = %(database)s AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND backend_start < %(now)s
"""


def restore_since() -> str:
    """Return when the restore that paused this database began, or "" if it is not paused."""
    with connection.cursor() as cursor:
        cursor.execute(RESTORE_SINCE_SQL, {"begins": f"application_name={RESTORE_MARK}"})
        row = cursor.fetchone()
    return row[0] if row else ""


def is_restoring() -> bool:
    """Return whether a restore is running on this server."""
    with connection.cursor() as cursor:
        cursor.execute(IS_RESTORING_SQL, {"lock": RESTORE_LOCK})
        return bool(cursor.fetchone()[0])


@contextmanager
def control() -> Iterator[psycopg.Connection]:
    """Open a connection to another database of the server, so that this one can be replaced.

    A pooler refuses its options: a restore must not go through one."""
    params = connection.get_connection_params() | {"dbname": "postgres", "cursor_factory": psycopg.Cursor}
    with psycopg.connect(**params | {"options": "-c statement_timeout=0"}, autocommit=True) as server:
        yield server


def begin(server: psycopg.Connection, name: str) -> None:
    """Pause the database. When this returns, all acknowledged data is committed and no more can be written."""
    since = RESTORE_MARK + time.strftime("%Y-%m-%d %H:%M:%S%z")
    alter = sql.SQL("ALTER DATABASE {} SET {} = {}")
    for setting, value in (("default_transaction_read_only", "on"), ("application_name", since)):
        server.execute(alter.format(sql.Identifier(name), sql.Identifier(setting), sql.Literal(value)))
    end_connections(server, name)


def holds() -> bool:
    """Return whether the pause applies to a new connection like those of the programs."""
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        setting: str = cursor.fetchone()[0]
    return setting == "on"


def end(server: psycopg.Connection, name: str) -> None:
    """End the pause and all connections made during it, because these would go on refusing writes."""
    for setting in ("default_transaction_read_only", "application_name"):
        server.execute(sql.SQL("ALTER DATABASE {} RESET {}").format(sql.Identifier(name), sql.Identifier(setting)))
    end_connections(server, name)


def end_connections(server: psycopg.Connection, name: str) -> None:
    """End all connections that were made before now.

    Raises TimeoutError if some are still open after END_SECONDS."""
    row = server.execute(DATABASE_SQL, {"name": name}).fetchone()
    assert row
    database, now = row
    deadline = time.monotonic() + END_SECONDS
    while _count(server, STARTING_CONNECTIONS_SQL, database=database) + _count(
        server, END_CONNECTIONS_SQL, database=database, now=now
    ):
        if time.monotonic() > deadline:
            raise TimeoutError(f"some connections to the database {name!r} did not end within {END_SECONDS:.0f} s")
        time.sleep(0.05)


def _count(server: psycopg.Connection, query: str, **params: object) -> int:
    row = server.execute(query.encode(), params).fetchone()
    assert row
    return int(row[0])
