"""Brings back what a backup holds beside the database: files of traces, and the secret key."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management.base import CommandError

from config.backups.store import DUMP_NAME, BackupStore
from config.embedded.published import write_private

LATEST = "latest"
READ_BYTES = 2**20


def found(store: BackupStore, name: str) -> str:
    """Return the name of a complete backup. Raises CommandError if there is none."""
    names = store.complete()
    if name == LATEST and names:
        return names[-1]
    if name in names:
        return name
    raise CommandError(f"There is no complete backup {name!r}. There are: {', '.join(names) or 'none'}.")


@contextmanager
def dump_of(store: BackupStore, name: str) -> Iterator[Path]:
    """Fetch the dump of a backup. Raises CommandError if it is damaged."""
    place = settings.DATA_DIR if settings.DATA_DIR.is_dir() else None
    with TemporaryDirectory(dir=place, prefix="restore-") as scratch:
        path, digest = Path(scratch) / DUMP_NAME, hashlib.sha256()
        with store.storage.open(f"{name}/{DUMP_NAME}") as source, path.open("wb") as target:
            while piece := source.read(READ_BYTES):
                digest.update(piece)
                target.write(piece)
        if digest.hexdigest() != store.read(name).dump_sha256:
            raise CommandError(f"The dump of {name} is damaged. Nothing was changed.")
        yield path


def bring_back_files(store: BackupStore, name: str) -> int:
    """Store the files of a backup that are not there, and return their number."""
    count = 0
    for path in store.files_of(name):
        if not default_storage.exists(path):
            with store.storage.open(store.shared(path)) as file:
                default_storage.save(path, file)
            count += 1
    return count


def bring_back_keys(store: BackupStore, name: str) -> list[str]:
    """Write the secret key where `up` reads it, and return what is left for the operator to do."""
    advice = []
    present = {"CONFAB_SECRET_KEY": settings.SECRET_KEY, "CONFAB_ENCRYPTION_KEY": settings.ENCRYPTION_KEY}
    differing = {key: value for key, value in store.keys_of(name).items() if value != present[key]}
    if "CONFAB_SECRET_KEY" in differing and not os.environ.get("CONFAB_SECRET_KEY"):
        write_private(settings.DATA_DIR / "secret-key", differing.pop("CONFAB_SECRET_KEY"))
        advice.append("The secret key of the backup is in place: start Confab again, so that it is used.")
        if store.keys_of(name)["CONFAB_ENCRYPTION_KEY"] == store.keys_of(name)["CONFAB_SECRET_KEY"]:
            differing.pop("CONFAB_ENCRYPTION_KEY", None)  # it follows the secret key
    if differing:
        names = " and ".join(sorted(differing))
        advice.append(f"Set {names} to what keys.json of the backup {name} says, and start Confab again.")
    return advice
