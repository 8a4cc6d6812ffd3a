"""Makes a database ready for the programs: reachable, new enough, migrated, with somebody who can sign in."""

from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.backends.utils import CursorWrapper
from django.db.migrations.executor import MigrationExecutor

from config.embedded import CannotStart
from projects.first_start import Started, first_start

OLDEST = 15
PREPARATION_LOCK = 7_301_002  # any constant of ours; machines that start at the same time do this one after the other


def prepare() -> Started:
    """The lock ends with the connection."""
    try:
        with connection.cursor() as cursor:
            _refuse_old_server(cursor)
            cursor.execute("SELECT pg_advisory_lock(%s)", [PREPARATION_LOCK])
        _migrate()
        return first_start()
    except OperationalError as error:
        raise CannotStart(f"The database of DATABASE_URL does not take us: {error}") from None
    finally:
        connection.close()


def _refuse_old_server(cursor: CursorWrapper) -> None:
    cursor.execute("SHOW server_version_num")
    [version] = cursor.fetchone()
    if int(version) < OLDEST * 10_000:
        raise CannotStart(f"Confab needs PostgreSQL {OLDEST} or newer; the server of DATABASE_URL is {version}.")


def _migrate() -> None:
    """`migrate` costs a second also when there is nothing to do, so it is asked first."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, interactive=False)
