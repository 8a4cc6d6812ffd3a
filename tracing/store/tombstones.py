"""Tombstones: keyed hashes of erased ids, which refuse later reports about them.

Everybody who stores data shares the project's lock (`standing`). Whoever erases data sets tombstones holding the lock
alone, in a short transaction before the deletion. So every writer has either committed what the deletion finds, or sees
the tombstone. A process that is killed in between leaves a tombstone and an erasure that the next worker finishes,
never a deletion without its tombstone."""

import hmac
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from projects.secrets import derived
from tracing.models import Tombstone

# Exporters repeat for minutes, collectors' queues on disk and imports for weeks.
TOMBSTONE_LIFETIME = timedelta(days=90)
TombstoneKind = Tombstone.Kind

SHARE = "SELECT pg_advisory_xact_lock_shared(hashtextextended(%(lock)s, 0))"
LOCK_TOMBSTONES_SQL = "SELECT pg_advisory_xact_lock(hashtextextended(%(lock)s, 0))"
TOMBSTONE_KINDS_SQL = """
SELECT kind FROM unnest(%(kinds)s::text[]) AS kind
WHERE EXISTS (SELECT 1 FROM tombstone t WHERE t.project_id = %(project)s AND t.kind = kind)
"""
FIND = """
SELECT hash, erased_at FROM tombstone
WHERE project_id = %(project)s AND kind = %(kind)s AND hash = ANY(%(hashes)s)
"""
SET = """
INSERT INTO tombstone (project_id, kind, hash, erased_at)
SELECT %(project)s, %(kind)s, hash, %(at)s FROM unnest(%(hashes)s::bytea[]) AS hash
ON CONFLICT (project_id, kind, hash) DO UPDATE SET erased_at = greatest(tombstone.erased_at, EXCLUDED.erased_at)
"""
FORGET = "DELETE FROM tombstone WHERE erased_at < %(before)s /* every project */"


@dataclass(frozen=True)
class StandingTombstones:
    """The tombstones of one project that the running transaction sees. None is added before it ends."""

    project_id: int
    kinds: frozenset[str]

    def find(self, kind: TombstoneKind, ids: Collection[str | None]) -> dict[str, datetime]:
        """Return the times of erasure of those of `ids` that were erased."""
        if kind not in self.kinds:
            return {}
        hashes = hashes_of(self.project_id, kind, {key for key in ids if key is not None})
        if not hashes:
            return {}
        with connection.cursor() as cursor:
            cursor.execute(FIND, {"project": self.project_id, "kind": kind, "hashes": list(hashes)})
            return {hashes[bytes(found)]: erased_at for found, erased_at in cursor.fetchall()}


def standing(project_id: int) -> StandingTombstones:
    """Keep new tombstones out until the transaction ends, and return those that exist."""
    with connection.cursor() as cursor:
        cursor.execute(SHARE, {"lock": _lock_of(project_id)})
        cursor.execute(TOMBSTONE_KINDS_SQL, {"kinds": list(TombstoneKind.values), "project": project_id})
        return StandingTombstones(project_id, frozenset(kind for (kind,) in cursor.fetchall()))


def bury(project_id: int, kind: TombstoneKind, ids: Iterable[str], at: datetime) -> None:
    """Set tombstones with the time of erasure `at`. This waits for everybody who is storing data."""
    hashes = sorted(hashes_of(project_id, kind, set(ids)))
    if hashes:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(LOCK_TOMBSTONES_SQL, {"lock": _lock_of(project_id)})
            cursor.execute(SET, {"project": project_id, "kind": kind, "at": at, "hashes": hashes})


def forget_old(now: datetime) -> int:
    """Delete expired tombstones and return their number."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET, {"before": now - TOMBSTONE_LIFETIME})
        return int(cursor.rowcount)


def pseudonym_of(project_id: int, user_id: str) -> str:
    """Return what replaces the id of an erased person: always the same, and not reversible."""
    [digest] = hashes_of(project_id, TombstoneKind.PERSON, [user_id])
    return f"erased-{digest.hex()[:16]}"


def hashes_of(project_id: int, kind: TombstoneKind, ids: Iterable[str]) -> dict[bytes, str]:
    """Return the ids by their hashes, which differ between projects."""
    key, prefix = derived("tombstones"), f"{project_id}\0{kind}\0"
    return {hmac.digest(key, (prefix + text).encode("utf-8", "surrogatepass"), "sha256")[:16]: text for text in ids}


def _lock_of(project_id: int) -> str:
    return f"tombstones of {project_id}"
