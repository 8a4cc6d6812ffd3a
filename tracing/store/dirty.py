"""The queue of sums to recompute. Rows are the truth, messages only wake workers: a lost one costs seconds, no data.

A worker leases keys, recomputes, and releases them; a mark that came meanwhile raised `version` and stays for another
round. Versions never start again, so that a key which was released and marked anew is not taken for the old one. All
locks are taken in key order."""

import time
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection, transaction
from django.dispatch import Signal
from django.utils import timezone

from tracing.models import DirtyMark

CLAIM_LEASE = timedelta(seconds=8)  # a killed worker's keys come free after this; longer than any statement may run

# Sent with `project_id` after the commit of the transaction that marked.
marked = Signal()

MARK_DIRTY_SQL = """
INSERT INTO dirty_mark (project_id, target, key, version, marked_at)
SELECT %s, %s, key, %s, %s FROM unnest(%s::text[]) AS key
ON CONFLICT (project_id, target, key) DO UPDATE SET version = greatest(dirty_mark.version + 1, EXCLUDED.version)
"""

CLAIM = """
WITH claimed AS (
    SELECT key FROM dirty_mark
    WHERE project_id = %s AND target = %s AND (leased_until IS NULL OR leased_until < %s)
        AND marked_at <= %s::timestamptz
    ORDER BY marked_at LIMIT %s FOR UPDATE SKIP LOCKED)
UPDATE dirty_mark d SET leased_until = %s
WHERE d.project_id = %s AND d.target = %s AND d.key = ANY(ARRAY(SELECT key FROM claimed))
RETURNING d.key, d.version
"""

WAITS = """
SELECT EXISTS (SELECT 1 FROM dirty_mark
    WHERE project_id = %s AND target = ANY(%s) AND (leased_until IS NULL OR leased_until < %s))
"""

CLAIM_MARKS_SQL = """
SELECT key, version FROM dirty_mark WHERE project_id = %s AND target = %s AND key = ANY(%s) ORDER BY key FOR UPDATE
"""

RELEASE = """
DELETE FROM dirty_mark WHERE project_id = %s AND target = %s AND key = ANY(%s)
"""

UNLEASE = """
UPDATE dirty_mark SET leased_until = NULL, marked_at = coalesce(%s, marked_at)
WHERE project_id = %s AND target = %s AND key = ANY(%s)
"""

LONGEST_WAIT_SQL = """
SELECT coalesce(extract(epoch FROM now() - min(marked_at)), 0) FROM dirty_mark
WHERE target = ANY(%s) /* every project */
"""
PROJECTS = "SELECT DISTINCT project_id FROM dirty_mark WHERE target = ANY(%s) /* every project */"
# A session must follow within a second; hours and days wait for the clock.
URGENT = {DirtyMark.Target.SESSION, DirtyMark.Target.TRACE}


class Claimed(NamedTuple):
    key: str
    version: int


def mark(project_id: int, target: DirtyMark.Target, keys: set[str], now: datetime) -> None:
    """Must run inside the transaction whose changes it announces."""
    if keys:
        with connection.cursor() as cursor:
            cursor.execute(MARK_DIRTY_SQL, [project_id, target, time.time_ns() // 1000, now, sorted(keys)])
        if target in URGENT:
            transaction.on_commit(lambda: marked.send(sender=DirtyMark, project_id=project_id), robust=True)


def claim(
    project_id: int,
    target: DirtyMark.Target,
    *,
    limit: int,
    waited: timedelta = timedelta(),
    lease: timedelta = CLAIM_LEASE,
) -> list[Claimed]:
    """Leases up to `limit` keys that nobody else works on, the longest waiting first; none that was marked within the
    last `waited`."""
    now = timezone.now()
    until = now - waited if waited else "infinity"  # the clock of another machine may be ahead
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CLAIM, [project_id, target, now, until, limit, now + lease, project_id, target])
        return sorted(Claimed(key, version) for key, version in cursor.fetchall())


def release(project_id: int, target: DirtyMark.Target, claimed: Sequence[Claimed]) -> None:
    """Takes finished keys out of the queue; those that were marked again meanwhile stay and come free. Those of
    sessions go to its end: what they waited for until now is done."""
    since = timezone.now() if target in URGENT else None
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CLAIM_MARKS_SQL, [project_id, target, [item.key for item in claimed]])
        standing = {Claimed(key, version) for key, version in cursor.fetchall()}
        finished = standing & set(claimed)
        cursor.execute(RELEASE, [project_id, target, [item.key for item in finished]])
        cursor.execute(UNLEASE, [since, project_id, target, [item.key for item in standing - finished]])


def waits(project_id: int, targets: Iterable[DirtyMark.Target]) -> bool:
    """Return whether the project has a mark of these kinds that nobody works on."""
    with connection.cursor() as cursor:
        cursor.execute(WAITS, [project_id, list(map(str, targets)), timezone.now()])
        return bool(cursor.fetchone()[0])


def waiting_projects(targets: Iterable[DirtyMark.Target]) -> list[int]:
    """Ids of the projects that have marks of these kinds."""
    with connection.cursor() as cursor:
        cursor.execute(PROJECTS, [list(map(str, targets))])
        return [project_id for (project_id,) in cursor.fetchall()]


def longest_wait(targets: Iterable[DirtyMark.Target]) -> float:
    """Return for how many seconds the oldest mark of these kinds has waited, 0 when there is none."""
    with connection.cursor() as cursor:
        cursor.execute(LONGEST_WAIT_SQL, [list(map(str, targets))])
        return float(cursor.fetchone()[0])
