"""Checks whether this installation can store data: its database accepts writes, and its disks have room."""

import os

from django.conf import settings
from django.db import OperationalError, connection
from psycopg.errors import DiskFull

from config.pause import restore_since
from config.probing import NotReady
from projects.cluster.nodes import is_cluster, nodes
from tracing.ingest.faults import faults
from tracing.lists.bounded import TooLong, within

LEAST_FREE_BYTES = 32 * 2**20  # two segments of PostgreSQL's write-ahead log
WRITE_MILLISECONDS, LITTLE_MEMORY = 900, "64kB"
# Sorting more than fits into memory writes a temporary file to the database's disk.
WRITE_PROBE_SQL = """
SELECT max(length(filler)) FROM (
    SELECT repeat('x', 1000) AS filler FROM generate_series(1, 500) AS n ORDER BY -n) AS sorted
"""
STATE = "SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on'"


def check_database() -> None:
    """Raise NotReady if the database answers but accepts no writes."""
    with connection.cursor() as cursor:
        cursor.execute(STATE)
        is_standby, is_read_only = cursor.fetchone()
    if started := restore_since():
        raise NotReady(
            f"a restore runs since {started}: senders are asked to come again. If none runs any more, one was killed:"
            " run `manage.py restore` again, or `manage.py prepare` to go on with the old data"
        )
    if is_standby:
        raise NotReady(
            "is a standby and takes no writes: let DATABASE_URL name the primary server, or promote this one"
        )
    if is_read_only:
        raise NotReady("is read-only: ALTER DATABASE or ALTER ROLE has set default_transaction_read_only; reset it")
    try:
        with within(WRITE_MILLISECONDS, work_mem=LITTLE_MEMORY), connection.cursor() as cursor:
            cursor.execute(WRITE_PROBE_SQL)
    except TooLong:
        raise NotReady("takes longer than a second to write half a megabyte: look at its disk") from None
    except OperationalError as error:
        if isinstance(error.__cause__, DiskFull):
            raise NotReady("its disk is full: make room there") from None
        raise


def check_nodes() -> None:
    """Raise NotReady with the nodes of a cluster that do not answer."""
    if is_cluster() and (away := [node.address for node in nodes() if node.trouble]):
        raise NotReady(f"{', '.join(away)} of the cluster does not answer: projects on it get 503, the others work")


def check_disk() -> None:
    """Raise NotReady if the disk of our files, or of the embedded database, is full.

    Strangers can read the text, so it contains no path."""
    for what, path in (("CONFAB_DATA is", settings.DATA_DIR), ("PostgreSQL stands", settings.DATA_DIR / "postgres")):
        if path.exists():
            _refuse_full(os.statvfs(path), f"where {what}")


def _refuse_full(disk: os.statvfs_result, where: str) -> None:
    if disk.f_bavail * disk.f_frsize < LEAST_FREE_BYTES:
        raise NotReady(f"less than {LEAST_FREE_BYTES // 2**20} MB are free {where}: make room there")
    if disk.f_files and not disk.f_favail:
        raise NotReady(f"no more files can be made {where}: delete some")


def check_storing() -> None:
    """Raise NotReady if requests fail whose data this process should have stored."""
    if failing := faults.failing():
        raise NotReady(
            f"the last {failing.requests:,} requests could not be stored ({failing.error}): see the log, and that of"
            " PostgreSQL"
        )
