"""Makes a database ready for the programs: reachable, recent enough, migrated, and with an owner who can sign in."""

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
from projects.cluster.distributing import distribute_new
from projects.first_start import Started, first_start
from projects.jobs.time_limits import at_length, bound_role

log = logging.getLogger(__name__)

OLDEST_POSTGRES = 15  # major version
PREPARATION_LOCK = 7_301_002  # an arbitrary number; machines that start at the same time take turns
LOCK_SECONDS = 900.0  # how long to wait for another machine's migrations
LOCK_POLL_SECONDS = 0.5
HOLDER_SQL = """
SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = 0 AND objid = %(lock)s AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def prepare() -> Started:
    """Migrate the database of the settings and create what a first start needs.

    Raises CannotStart if the database cannot be used, or if another preparation does not end in time."""
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
        raise CannotStart(f"Cannot use the database of DATABASE_URL: {error}") from None
    finally:
        connection.close()


@contextmanager
def _alone() -> Iterator[None]:
    """Make other preparations wait while the block runs.

    The lock belongs to an open transaction on a connection of its own. A pooler keeps that connection for us, and the
    lock ends with it, however this process ends. A lock of a database session would stay behind in the pool."""
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
    is_logged = False
    while True:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%(lock)s)", {"lock": PREPARATION_LOCK})
        if cursor.fetchone() == (True,):
            return
        cursor.execute(HOLDER_SQL, {"lock": PREPARATION_LOCK})
        pids = ", ".join(str(pid) for (pid,) in cursor.fetchall()) or "none now"
        holder.rollback()
        if time.monotonic() > deadline:
            raise CannotStart(
                f"Another machine has been preparing this database for {LOCK_SECONDS:.0f} s (server process {pids}). If"
                " that machine has stopped, end its connection: SELECT pg_terminate_backend(<server process>)."
            )
        if not is_logged:
            log.warning("waiting for another machine that prepares this database (server process %s)", pids)
            is_logged = True
        time.sleep(LOCK_POLL_SECONDS)


def _refuse_old_server(cursor: CursorWrapper) -> None:
    cursor.execute("SHOW server_version_num")
    [version] = cursor.fetchone()
    if int(version) < OLDEST_POSTGRES * 10_000:
        raise CannotStart(f"Confab needs PostgreSQL {OLDEST_POSTGRES} or newer. DATABASE_URL leads to {version}.")


def _end_forgotten_pause() -> None:
    """End the pause of a restore that was killed. Raises CannotStart if a restore is still running."""
    if not (since := pause.restore_since()):
        return
    if pause.is_restoring():
        raise CannotStart(f"A restore of this database has been running since {since}. Start Confab when it has ended.")
    log.warning("a restore that began at %s was killed: continuing with the data from before it", since)
    name = connection.settings_dict["NAME"]
    connection.close()
    with pause.control() as server:
        pause.end(server, name)


def _migrate() -> None:
    """Apply missing migrations. The plan is checked first, because `migrate` always takes a second."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        with at_length(0):
            call_command("migrate", verbosity=0, interactive=False)
    if added := distribute_new():
        log.warning("distributed new tables over the nodes of the cluster: %s", ", ".join(added))
