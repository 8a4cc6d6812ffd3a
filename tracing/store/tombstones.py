"""Tombstones: keyed hashes of erased ids, which refuse what still comes for them.

Whoever stores something holds the project's lock together with all others who do (`standing`), and whoever erases sets
tombstones holding it alone, in a short transaction before it deletes. So every writer either has committed what the
deletion then finds, or sees the tombstone; a process that is killed between leaves a tombstone and an erasure that the
next worker finishes, never a deletion without its tombstone."""

import hmac
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from projects.secrets import derived
from tracing.models import Tombstone

TOMBSTONE_LIFETIME = timedelta(
    days=90
)  # exporters repeat for minutes, collectors' queues on disk and imports for weeks
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
    """The tombstones of one project as the running transaction sees them; none is added before it ends."""

    project_id: int
    kinds: frozenset[str]

    def find(self, kind: TombstoneKind, ids: Collection[str | None]) -> dict[str, datetime]:
        """Those of `ids` that were erased, and when."""
        if kind not in self.kinds:
            return {}
        hashes = hashes_of(self.project_id, kind, {key for key in ids if key is not None})
        if not hashes:
            return {}
        with connection.cursor() as cursor:
            cursor.execute(FIND, {"project": self.project_id, "kind": kind, "hashes": list(hashes)})
            return {hashes[bytes(found)]: erased_at for found, erased_at in cursor.fetchall()}


def standing(project_id: int) -> StandingTombstones:
    """Keeps new tombstones out until the transaction ends, and returns those that stand."""
    with connection.cursor() as cursor:
        cursor.execute(SHARE, {"lock": _lock_of(project_id)})
        cursor.execute(TOMBSTONE_KINDS_SQL, {"kinds": list(TombstoneKind.values), "project": project_id})
        return StandingTombstones(project_id, frozenset(kind for (kind,) in cursor.fetchall()))


def bury(project_id: int, kind: TombstoneKind, ids: Iterable[str], at: datetime) -> None:
    """Sets tombstones for what was erased `at` that time; waits for those who are storing something."""
    hashes = sorted(hashes_of(project_id, kind, set(ids)))
    if hashes:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(LOCK_TOMBSTONES_SQL, {"lock": _lock_of(project_id)})
            cursor.execute(SET, {"project": project_id, "kind": kind, "at": at, "hashes": hashes})


def forget_old(now: datetime) -> int:
    """Removes the tombstones after which nothing comes any more; returns how many there were."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET, {"before": now - TOMBSTONE_LIFETIME})
        return int(cursor.rowcount)


def pseudonym_of(project_id: int, user_id: str) -> str:
    """What stands for an erased person where their id stood: always the same, and nobody can tell the id from it."""
    [found] = hashes_of(project_id, TombstoneKind.PERSON, [user_id])
    return f"erased-{found.hex()[:16]}"


def hashes_of(project_id: int, kind: TombstoneKind, ids: Iterable[str]) -> dict[bytes, str]:
    """Each id by its hash, which differs from project to project."""
    key, prefix = derived("tombstones"), f"{project_id}\0{kind}\0"
    return {hmac.digest(key, (prefix + text).encode("utf-8", "surrogatepass"), "sha256")[:16]: text for text in ids}


def _lock_of(project_id: int) -> str:
    return f"tombstones of {project_id}"
