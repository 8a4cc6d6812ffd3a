"""Where backups are kept, and what each consists of.

A backup is a directory named by its time. Files of traces never change, so all backups share one copy of each."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage, storages

DUMP_NAME, KEYS_NAME, FILES_NAME = "database.dump", "keys.json", "files.txt"
SUMMARY_NAME = "backup.json"  # written last: a directory without it is no complete backup
SHARED_FILES = "files"


@dataclass(frozen=True)
class Backup:
    """A complete backup. `missing` has the files that were deleted, or lost, before they were copied."""

    name: str
    version: str
    dump_bytes: int
    dump_sha256: str
    files: int
    file_bytes: int
    missing: list[str] = field(default_factory=list)


class BackupStore:
    """The backups of this installation."""

    def __init__(self) -> None:
        self.storage: Storage = storages["backups"]

    def names(self) -> list[str]:
        """Return the names of all directories of backups, the oldest first, also of incomplete ones."""
        try:
            directories, _ = self.storage.listdir("")
        except FileNotFoundError:
            return []
        return sorted(name for name in directories if name and name != SHARED_FILES)

    def complete(self) -> list[str]:
        """Return the names of the complete backups, the oldest first."""
        return [name for name in self.names() if self.storage.exists(f"{name}/{SUMMARY_NAME}")]

    def read(self, name: str) -> Backup:
        with self.storage.open(f"{name}/{SUMMARY_NAME}") as file:
            return Backup(**json.load(file))

    def finish(self, backup: Backup) -> None:
        """Write what makes a directory a complete backup."""
        self.write_json(backup.name, SUMMARY_NAME, asdict(backup))

    def files_of(self, name: str) -> Iterator[str]:
        """Yield the paths of the files that a backup needs."""
        with self.storage.open(f"{name}/{FILES_NAME}") as file:
            for line in file:
                yield line.decode().rstrip("\n")

    def keys_of(self, name: str) -> dict[str, str]:
        with self.storage.open(f"{name}/{KEYS_NAME}") as file:
            keys: dict[str, str] = json.load(file)
        return keys

    def write_json(self, name: str, part: str, content: dict[str, Any]) -> None:
        self.storage.save(f"{name}/{part}", ContentFile(json.dumps(content, indent=2).encode()))

    def write(self, path: str, content: "File[bytes]") -> None:
        self.storage.save(path, content)

    def shared(self, path: str) -> str:
        """Return where the copy of a file of traces is."""
        return f"{SHARED_FILES}/{path}"

    def delete(self, name: str) -> None:
        """Delete a backup. Its summary goes first, so that what is left does not count as complete."""
        for part in (SUMMARY_NAME, KEYS_NAME, DUMP_NAME, FILES_NAME):
            self.storage.delete(f"{name}/{part}")
        self.storage.delete(name)  # the directory, where there are any
