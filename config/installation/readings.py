"""Readings of the installation: queues and lags, jobs, sizes and connections. Each is one look at a server."""

import shutil
import time
from secrets import token_hex
from typing import Any, NamedTuple

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from projects.jobs.redis_client import patient_redis
from projects.jobs.slices import WAITING_KEY_PREFIX, WORK_KINDS
from tracing.lists.bounded import within
from tracing.models import DirtyMark

READING_MILLISECONDS = 2_000
MAX_CLOCK_SECONDS = 2.0  # of difference to the database's
TASK_QUEUE = "celery"

MARKS_SQL = """
SELECT target, count(*), coalesce(extract(epoch FROM now() - min(marked_at)), 0)::float8
FROM dirty_mark GROUP BY target /* every project */
"""
TABLES_SQL = """
SELECT coalesce(parent.relname, class.relname), sum(pg_total_relation_size(class.oid))::int8,
    count(parent.oid)
FROM pg_class class
LEFT JOIN pg_inherits ON pg_inherits.inhrelid = class.oid
LEFT JOIN pg_class parent ON parent.oid = pg_inherits.inhparent
WHERE class.relkind = 'r' AND class.relnamespace = current_schema()::regnamespace
GROUP BY 1 ORDER BY 2 DESC
"""
CONNECTIONS_SQL = """
SELECT coalesce(state, 'other'), count(*) FROM pg_stat_activity
WHERE datname = current_database() GROUP BY 1 ORDER BY 1
"""


class MarksReading(NamedTuple):
    """How many marks of a kind wait to be worked off, and for how many seconds the oldest one has."""

    target: str
    waiting: int
    oldest_seconds: float


class TableReading(NamedTuple):
    """The size of a table with its indexes, and the number of its partitions."""

    name: str
    size_bytes: int
    partitions: int


class DiskReading(NamedTuple):
    """Free and all bytes of a disk."""

    free_bytes: int
    size_bytes: int


def read_marks() -> list[MarksReading]:
    """Return a reading for each kind of mark, also of those that have none."""
    found = {str(target): MarksReading(str(target), 0, 0.0) for target in DirtyMark.Target}
    found |= {row[0]: MarksReading(*row) for row in _rows(MARKS_SQL)}
    return list(found.values())


def read_tables() -> list[TableReading]:
    """Return the tables of this installation, the largest first."""
    return [TableReading(*row) for row in _rows(TABLES_SQL)]


def read_connections() -> dict[str, int]:
    """Return the number of connections to the database by their state."""
    return dict(_rows(CONNECTIONS_SQL))


def read_connection_limit() -> int:
    """Return how many connections the database server takes."""
    return int(_rows("SELECT current_setting('max_connections')")[0][0])


def read_waiting_tasks() -> int:
    """Return the number of messages that wait for a worker."""
    return int(patient_redis().llen(TASK_QUEUE))


def read_waiting_work() -> dict[str, int]:
    """Return for each kind of long work how many projects wait for their turn."""
    pipeline = patient_redis().pipeline()
    for name in WORK_KINDS:
        pipeline.zcard(WAITING_KEY_PREFIX + name)
    return dict(zip(WORK_KINDS, pipeline.execute(), strict=True))


def read_disk() -> DiskReading:
    """Return the room on the disk of CONFAB_DATA. Raises OSError."""
    usage = shutil.disk_usage(settings.DATA_DIR)
    return DiskReading(usage.free, usage.total)


def _rows(sql: str) -> list[Any]:
    with within(READING_MILLISECONDS), connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def read_clock_difference() -> float:
    """Return how many seconds this machine's clock is ahead of the database's, give or take half the way there."""
    before = time.time()
    [(there,)] = _rows("SELECT extract(epoch FROM clock_timestamp())::float8")
    return (before + time.time()) / 2 - float(there)


def count_missing_migrations() -> int:
    """Return how many migrations of this release the database does not have."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def try_storage() -> int:
    """Write a file where files of traces are, read it and delete it. Return how many milliseconds that took.

    Raises what the storage raises, or OSError if it returns another content."""
    began, content = time.monotonic(), token_hex(512).encode()
    name = default_storage.save(f"status-test/{token_hex(8)}", ContentFile(content))
    try:
        with default_storage.open(name) as file:
            if file.read() != content:
                raise OSError("it returned another content than was written")
    finally:
        default_storage.delete(name)
    return round((time.monotonic() - began) * 1000)
