"""Lets nobody write into a database while it is replaced: its server refuses, on whatever machine the writer is.

The pause stands in the settings of the database, so that it holds for every connection to come. Who restores keeps a
lock as long as it lives; a pause without one was left by somebody who was killed, and `prepare` ends it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection
from psycopg import sql

RESTORE_LOCK = 7_301_003  # any constant of ours
RESTORE_MARK = "confab restores since "
END_SECONDS = 30.0
DATABASE_SQL = "SELECT oid, clock_timestamp() FROM pg_database WHERE datname = %(name)s"
SINCE = """
SELECT substr(setting, length(%(begins)s) + 1) FROM pg_db_role_setting CROSS JOIN LATERAL unnest(setconfig) AS setting
WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database()) AND setrole = 0
    AND starts_with(setting, %(begins)s)
"""
IS_RESTORING = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = %(lock)s AND granted)"
# A connection that is being made holds a lock on its database until it is among the others.
STARTING = """
SELECT count(*) FROM pg_locks
WHERE locktype = 'object' AND classid = 'pg_database'::regclass AND objid = %(database)s
"""
END = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datid = %(database)s AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND backend_start < %(now)s
"""


def restore_since() -> str:
    """Return when the restore began that keeps this database paused; empty when none does."""
    with connection.cursor() as cursor:
        cursor.execute(SINCE, {"begins": f"application_name={RESTORE_MARK}"})
        row = cursor.fetchone()
    return row[0] if row else ""


def is_restoring() -> bool:
    """Return whether a restore runs on the server."""
    with connection.cursor() as cursor:
        cursor.execute(IS_RESTORING, {"lock": RESTORE_LOCK})
        return bool(cursor.fetchone()[0])


@contextmanager
def control() -> Iterator[psycopg.Connection]:
    """A connection beside the database, to replace it from. A pooler refuses its options, and is no place for this."""
    params = connection.get_connection_params() | {"dbname": "postgres", "cursor_factory": psycopg.Cursor}
    with psycopg.connect(**params | {"options": "-c statement_timeout=0"}, autocommit=True) as server:
        yield server


def begin(server: psycopg.Connection, name: str) -> None:
    """When this returns, everything acknowledged is committed, and nothing more will be."""
    since = RESTORE_MARK + time.strftime("%Y-%m-%d %H:%M:%S%z")
    alter = sql.SQL("ALTER DATABASE {} SET {} = {}")
    for setting, value in (("default_transaction_read_only", "on"), ("application_name", since)):
        server.execute(alter.format(sql.Identifier(name), sql.Identifier(setting), sql.Literal(value)))
    end_connections(server, name)


def holds() -> bool:
    """Return whether it is met by a new connection like those of the programs."""
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        setting: str = cursor.fetchone()[0]
    return setting == "on"


def end(server: psycopg.Connection, name: str) -> None:
    """Writers write again. Connections of the pause would go on refusing, so they end."""
    for setting in ("default_transaction_read_only", "application_name"):
        server.execute(sql.SQL("ALTER DATABASE {} RESET {}").format(sql.Identifier(name), sql.Identifier(setting)))
    end_connections(server, name)


def end_connections(server: psycopg.Connection, name: str) -> None:
    """End all connections made before now. Raises TimeoutError when some stay."""
    row = server.execute(DATABASE_SQL, {"name": name}).fetchone()
    assert row
    database, now = row
    deadline = time.monotonic() + END_SECONDS
    while _count(server, STARTING, database=database) + _count(server, END, database=database, now=now):
        if time.monotonic() > deadline:
            raise TimeoutError(f"some connections to the database {name!r} do not end")
        time.sleep(0.05)


def _count(server: psycopg.Connection, query: str, **params: object) -> int:
    row = server.execute(query.encode(), params).fetchone()
    assert row
    return int(row[0])
