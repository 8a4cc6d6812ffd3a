"""Makes a backup: one snapshot of the database, the files that it names, and the keys."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from config.backups.store import DUMP_NAME, FILES_NAME, KEYS_NAME, Backup, BackupStore
from config.postgres_tools import run_tool
from projects.jobs.jobs import job
from tracing.store.media import path_of

BACKUP_JOB = "backup"
BACKUP_LOCK = 7_301_004  # an arbitrary number that no other lock uses
NAME_FORMAT = "%Y-%m-%dT%H%M%S.%fZ"
FILES_AT_ONCE = 10_000
MAX_MISSING_NAMED = 100
STORED_FILES_SQL = """
SELECT project_id, media_id, size FROM media /* every project */
WHERE uploaded_at IS NOT NULL AND (project_id, media_id) > (%(project_id)s, %(media_id)s)
ORDER BY project_id, media_id LIMIT %(limit)s
"""


class BackupRuns(Exception):
    """Another process makes a backup."""


@dataclass
class Copied:
    """What became of the files that a backup needs."""

    files: int = 0
    file_bytes: int = 0
    fresh: int = 0
    missing: list[str] = field(default_factory=list)


def back_up() -> Backup:
    """Make a backup, then delete those that are too many. Raises BackupRuns."""
    store = BackupStore()
    with (
        _snapshot() as (cursor, snapshot),
        job(BACKUP_JOB) as run,
        tempfile.TemporaryDirectory(
            dir=settings.DATA_DIR if settings.DATA_DIR.is_dir() else None, prefix="backup-"
        ) as scratch,
    ):
        name = timezone.now().strftime(NAME_FORMAT)
        store.write_json(name, KEYS_NAME, _keys())
        dump_bytes, dump_sha256 = _dump(store, name, snapshot, Path(scratch) / DUMP_NAME)
        copied = _copy_files(store, name, cursor, Path(scratch) / FILES_NAME)
        backup = Backup(
            name=name,
            version=settings.VERSION,
            dump_bytes=dump_bytes,
            dump_sha256=dump_sha256,
            files=copied.files,
            file_bytes=copied.file_bytes,
            missing=copied.missing[:MAX_MISSING_NAMED],
        )
        store.finish(backup)
        prune(store)
        run.rows = copied.fresh
    return backup


@contextmanager
def _snapshot() -> Iterator[tuple[CursorWrapper, str]]:
    """Hold a snapshot of the database on a connection of its own, whose lock keeps other backups away."""
    holder = connection.copy()
    try:
        holder.set_autocommit(False)
        with holder.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SELECT pg_try_advisory_xact_lock(%(lock)s), pg_export_snapshot()", {"lock": BACKUP_LOCK})
            is_alone, snapshot = cursor.fetchone()
            if not is_alone:
                raise BackupRuns("Another process makes a backup.")
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute("SET LOCAL statement_timeout = 0")
            yield cursor, snapshot
    finally:
        holder.close()


def _keys() -> dict[str, str]:
    return {"CONFAB_SECRET_KEY": settings.SECRET_KEY, "CONFAB_ENCRYPTION_KEY": settings.ENCRYPTION_KEY}


def _dump(store: BackupStore, name: str, snapshot: str, path: Path) -> tuple[int, str]:
    """Dump the snapshot, and return the size and the hash of the dump."""
    flags = ("--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}")
    run_tool("pg_dump", *flags, "--file", path, connection.settings_dict["NAME"])
    with path.open("rb") as dump:
        digest = hashlib.file_digest(dump, "sha256").hexdigest()
        dump.seek(0)
        store.write(f"{name}/{DUMP_NAME}", File(dump))
    return path.stat().st_size, digest


def _copy_files(store: BackupStore, name: str, cursor: CursorWrapper, list_path: Path) -> Copied:
    """Copy the files that the snapshot names and that no earlier backup has, and write the list of all."""
    known = {path for earlier in store.complete()[-1:] for path in store.files_of(earlier)}
    copied = Copied()
    with list_path.open("w+b") as paths:
        for path, size in _stored_files(cursor):
            target = store.shared(path)
            if path not in known and not (store.storage.exists(target) and store.storage.size(target) == size):
                if not _copied(store, path, target):
                    copied.missing.append(path)
                    continue
                copied.fresh += 1
            copied.files += 1
            copied.file_bytes += size
            paths.write(f"{path}\n".encode())
        paths.seek(0)
        store.write(f"{name}/{FILES_NAME}", File(paths))
    return copied


def _copied(store: BackupStore, path: str, target: str) -> bool:
    """Copy one file. Return False if there is none: its last trace was deleted after the snapshot."""
    try:
        with default_storage.open(path) as file:
            store.storage.delete(target)  # a part of it, which a killed process left
            store.write(target, file)
    except FileNotFoundError:
        return False
    return True


def _stored_files(cursor: CursorWrapper) -> Iterator[tuple[str, int]]:
    """Yield the path and the size of every file in the snapshot."""
    project_id, media_id = 0, ""
    while True:
        cursor.execute(STORED_FILES_SQL, {"project_id": project_id, "media_id": media_id, "limit": FILES_AT_ONCE})
        rows = cursor.fetchall()
        for project_id, media_id, size in rows:
            yield path_of(project_id, media_id), size
        if len(rows) < FILES_AT_ONCE:
            return


def prune(store: BackupStore) -> None:
    """Delete all but the newest complete backups, what is incomplete, and copies of files that none needs."""
    kept = store.complete()[-settings.BACKUP_KEEP :]
    surplus = [name for name in store.names() if name not in kept]
    complete = set(store.complete())
    unneeded = {path for name in surplus if name in complete for path in store.files_of(name)}
    for name in kept if unneeded else []:
        unneeded.difference_update(store.files_of(name))
    for name in surplus:
        store.delete(name)
    for path in unneeded:
        store.storage.delete(store.shared(path))
