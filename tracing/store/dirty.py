"""The queue of sums to recompute. Rows are the truth, messages only wake workers: a lost one costs seconds, no data.

A worker leases keys, recomputes, and releases them. A mark that came meanwhile has raised `version` and stays for
another round. Versions never start again, so that a key that was released and marked again is not taken for the old
one. All locks are taken in key order."""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import OperationalError, connection, transaction
from django.dispatch import Signal
from django.utils import timezone

from projects.cluster.nodes import is_cluster, projects_within_reach
from tracing.models import DirtyMark

CLAIM_LEASE = timedelta(seconds=8)  # a killed worker's keys are free after this time; longer than any statement may run

# Sent with `project_id` after the commit of a transaction that marked something.
marked = Signal()

MARK_DIRTY_SQL = """
INSERT INTO dirty_mark (project_id, target, key, version, marked_at)
SELECT %(project)s, target, key, %(version)s, %(now)s
FROM unnest(%(targets)s::text[], %(keys)s::text[]) AS u(target, key)
ON CONFLICT (project_id, target, key) DO UPDATE SET version = greatest(dirty_mark.version + 1, EXCLUDED.version)
"""

CLAIM = """
WITH claimed AS (
    SELECT key FROM dirty_mark
    WHERE project_id = %(project)s AND target = %(target)s AND (leased_until IS NULL OR leased_until < %(now)s)
        AND marked_at <= %(marked_until)s::timestamptz
    ORDER BY marked_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
UPDATE dirty_mark d SET leased_until = %(leased_until)s
WHERE d.project_id = %(project)s AND d.target = %(target)s AND d.key = ANY(ARRAY(SELECT key FROM claimed))
RETURNING d.key, d.version
"""

WAITING_TARGETS_SQL = """
SELECT target FROM unnest(%(targets)s::text[]) AS target WHERE EXISTS (SELECT 1 FROM dirty_mark m
    WHERE m.project_id = %(project)s AND m.target = target.target
        AND (m.leased_until IS NULL OR m.leased_until < %(now)s))
"""

RELEASE_MARKS_SQL = """
WITH standing AS (
    SELECT key, version FROM dirty_mark WHERE project_id = %(project)s AND target = %(target)s AND key = ANY(%(keys)s)
    ORDER BY key FOR UPDATE),
finished AS (
    SELECT key FROM standing JOIN unnest(%(keys)s::text[], %(versions)s::bigint[]) AS done(key, version)
        USING (key, version)),
removed AS (
    DELETE FROM dirty_mark
    WHERE project_id = %(project)s AND target = %(target)s AND key = ANY(ARRAY(SELECT key FROM finished)))
UPDATE dirty_mark SET leased_until = NULL, marked_at = coalesce(%(since)s, marked_at)
WHERE project_id = %(project)s AND target = %(target)s
    AND key = ANY(ARRAY(SELECT key FROM standing EXCEPT SELECT key FROM finished))
"""

LONGEST_WAIT_SQL = """
SELECT coalesce(extract(epoch FROM now() - min(marked_at)), 0) FROM dirty_mark
WHERE target = ANY(%(targets)s) /* every project */
"""
LONGEST_WAIT_WITHIN_REACH_SQL = """
SELECT coalesce(extract(epoch FROM now() - min(marked_at)), 0) FROM dirty_mark
WHERE target = ANY(%(targets)s) AND project_id = ANY(%(projects)s) /* every project */
"""
# Sessions must be recomputed within a second; hours and days follow a schedule.
URGENT = {DirtyMark.Target.SESSION, DirtyMark.Target.TRACE}


class Claimed(NamedTuple):
    """A leased key, and its version at that time."""

    key: str
    version: int


def mark(project_id: int, keys: Mapping[DirtyMark.Target, set[str]], now: datetime) -> None:
    """Mark keys of some kinds. This must run inside the transaction whose changes it announces."""
    marks = [(str(target), key) for target in sorted(keys) for key in sorted(keys[target])]
    if not marks:
        return
    params: dict[str, Any] = {
        "project": project_id,
        "targets": [target for target, _ in marks],
        "keys": [key for _, key in marks],
        "version": time.time_ns() // 1000,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(MARK_DIRTY_SQL, params)
    if any(keys[target] for target in URGENT & keys.keys()):
        transaction.on_commit(lambda: marked.send(sender=DirtyMark, project_id=project_id), robust=True)


def claim(
    project_id: int,
    target: DirtyMark.Target,
    *,
    limit: int,
    waited: timedelta = timedelta(),
    lease: timedelta = CLAIM_LEASE,
) -> list[Claimed]:
    """Lease up to `limit` keys that nobody else works on, longest waiting first.

    Keys that were marked within the last `waited` are left out."""
    now = timezone.now()
    until = now - waited if waited else "infinity"  # the clock of another machine may be ahead
    params: dict[str, Any] = {
        "project": project_id,
        "target": target,
        "now": now,
        "marked_until": until,
        "leased_until": now + lease,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, params)
        return sorted(Claimed(key, version) for key, version in cursor.fetchall())


def release(project_id: int, target: DirtyMark.Target, claimed: Sequence[Claimed]) -> None:
    """Remove finished keys from the queue, and free those that were marked again meanwhile.

    Sessions go to the end of the queue: what they waited for is done."""
    params: dict[str, Any] = {
        "project": project_id,
        "target": target,
        "keys": [item.key for item in claimed],
        "versions": [item.version for item in claimed],
        "since": timezone.now() if target in URGENT else None,
    }
    with connection.cursor() as cursor:
        cursor.execute(RELEASE_MARKS_SQL, params)


def waiting_targets(project_id: int, targets: Iterable[DirtyMark.Target]) -> set[DirtyMark.Target]:
    """Return those of these kinds of which the project has marks that nobody works on."""
    with connection.cursor() as cursor:
        params: dict[str, Any] = {"project": project_id, "targets": list(map(str, targets)), "now": timezone.now()}
        cursor.execute(WAITING_TARGETS_SQL, params)
        return {DirtyMark.Target(target) for (target,) in cursor.fetchall()}


def waiting_projects(targets: Iterable[DirtyMark.Target]) -> list[int]:
    """Return the ids of projects with marks of these kinds."""
    project_ids: list[int] = DirtyMark.objects.filter(target__in=list(targets)).project_ids()
    return project_ids


def longest_wait(targets: Iterable[DirtyMark.Target]) -> float:
    """Return how many seconds the oldest mark of these kinds has waited, or 0 if there is none.

    Marks of a node that is away are left out."""
    params: dict[str, Any] = {"targets": list(map(str, targets))}
    with connection.cursor() as cursor:
        try:
            cursor.execute(LONGEST_WAIT_SQL, params)
        except OperationalError:
            if not is_cluster():
                raise
            cursor.execute(LONGEST_WAIT_WITHIN_REACH_SQL, params | {"projects": projects_within_reach()})
        return float(cursor.fetchone()[0])
