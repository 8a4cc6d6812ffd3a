"""Makes a database ready for the programs: reachable, new enough, migrated, with somebody who can sign in."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.migrations.executor import MigrationExecutor

from config import pause
from config.embedded import CannotStart
from projects.first_start import Started, first_start
from projects.work.time_limits import at_length, bound_role

log = logging.getLogger(__name__)

OLDEST = 15
PREPARATION_LOCK = 7_301_002  # any constant of ours; machines that start at the same time do this one after the other
LOCK_SECONDS = 900.0  # to wait for another machine's migrations
LOCK_POLL_SECONDS = 0.5
HOLDER = """
SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = 0 AND objid = %(lock)s AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def prepare() -> Started:
    """Raises CannotStart when the database cannot be used, or when another preparation does not end."""
    try:
        with connection.cursor() as cursor:
            _refuse_old_server(cursor)
        _end_forgotten_pause()
        with _alone():
            with connection.cursor() as cursor:
                bound_role(cursor)
            _migrate()
            return first_start()
    except OperationalError as error:
        raise CannotStart(f"The database of DATABASE_URL does not take us: {error}") from None
    finally:
        connection.close()


@contextmanager
def _alone() -> Iterator[None]:
    """Keep other preparations waiting while the block runs.

    The lock belongs to an open transaction on a connection of its own. A pooler keeps such a connection for us, and the
    lock ends with it however we end; a lock of a database session would stay behind in the pool."""
    holder = connection.copy()
    try:
        holder.set_autocommit(False)
        with holder.cursor() as cursor:
            _acquire(holder, cursor)
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            yield
    finally:
        holder.close()


def _acquire(holder: BaseDatabaseWrapper, cursor: CursorWrapper) -> None:
    deadline = time.monotonic() + LOCK_SECONDS
    is_told = False
    while True:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%(lock)s)", {"lock": PREPARATION_LOCK})
        if cursor.fetchone() == (True,):
            return
        cursor.execute(HOLDER, {"lock": PREPARATION_LOCK})
        pids = ", ".join(str(pid) for (pid,) in cursor.fetchall()) or "none now"
        holder.rollback()
        if time.monotonic() > deadline:
            raise CannotStart(
                f"Another preparation has held this database for {LOCK_SECONDS:.0f} s (server process {pids}). If none"
                " is at work, end what it left: SELECT pg_terminate_backend(<server process>)."
            )
        if not is_told:
            log.warning("another machine prepares this database (server process %s): waiting for it", pids)
            is_told = True
        time.sleep(LOCK_POLL_SECONDS)


def _refuse_old_server(cursor: CursorWrapper) -> None:
    cursor.execute("SHOW server_version_num")
    [version] = cursor.fetchone()
    if int(version) < OLDEST * 10_000:
        raise CannotStart(f"Confab needs PostgreSQL {OLDEST} or newer; the server of DATABASE_URL is {version}.")


def _end_forgotten_pause() -> None:
    """A restore that was killed leaves a database that takes no writes."""
    if not (since := pause.restore_since()):
        return
    if pause.is_restoring():
        raise CannotStart(f"A restore has been at work on this database since {since}: start when it has ended.")
    log.warning("a restore that began at %s was killed: going on with the data from before it", since)
    name = connection.settings_dict["NAME"]
    connection.close()
    with pause.control() as server:
        pause.end(server, name)


def _migrate() -> None:
    """`migrate` costs a second also when there is nothing to do, so it is asked first."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        with at_length(0):
            call_command("migrate", verbosity=0, interactive=False)
