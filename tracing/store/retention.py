"""Deletes traces that are older than their project's retention, counted from when a trace was first seen."""

import math
import time
from datetime import date, timedelta

from django.db import connection, transaction

from projects.models import Project
from tracing.models import Trace
from tracing.store.deletion import delete_traces
from tracing.store.partitions import PARTITIONED_TABLES, month_of, next_month

RETENTION_BATCH_TRACES = 200

PARTITIONS = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
WHERE p.relname = %(table)s ORDER BY c.relname
"""


USED = "SELECT EXISTS (SELECT 1 FROM trace WHERE bucket >= %(month)s AND bucket < %(next)s) /* every project */"


def forgetful_projects() -> list[int]:
    """Return the ids of projects with a retention."""
    projects = Project.objects.filter(retention_days__isnull=False, deleted_at=None)
    return list(projects.values_list("pk", flat=True))


def forget_expired(project_id: int, today: date, until: float = math.inf) -> int:
    """Delete traces that are older than the project's retention, until the time `until`. Return their number."""
    project = Project.objects.filter(pk=project_id, deleted_at=None).first()
    if project is None or project.retention_days is None:
        return 0
    expired = Trace.objects.for_project(project).filter(bucket__lt=today - timedelta(days=project.retention_days))
    deleted = 0
    while ids := list(expired.order_by("bucket").values_list("trace_id", flat=True)[:RETENTION_BATCH_TRACES]):
        deleted += delete_traces(project.pk, ids).trace_count
        if time.monotonic() >= until:
            break
    return deleted


def drop_empty_partitions(today: date) -> int:
    """Drop partitions of past months without traces. Return the number of dropped tables."""
    dropped = 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '4s'")
        for table in PARTITIONED_TABLES:
            cursor.execute(PARTITIONS, {"table": table})
            for (name,) in cursor.fetchall():
                month = date.fromisoformat(name.removeprefix(f"{table}_").replace("_", "-") + "-01")
                if next_month(month) <= month_of(today) and not _is_used(month):
                    cursor.execute(f"DROP TABLE {name}")
                    dropped += 1
    return dropped


def _is_used(month: date) -> bool:
    """Return whether a trace has spans in this month's partitions, or may still get some."""
    with connection.cursor() as cursor:
        cursor.execute(USED, {"month": month, "next": next_month(month)})
        return bool(cursor.fetchone()[0])
