"""The parts of a file in Django's storage, which cannot append.

They are written one by one and read as one file."""

import hashlib
import io
import secrets
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import IO

from django.core.files.base import File
from django.core.files.storage import default_storage

from projects.deletion import project_rows_deleted
from tracing.store.media import delete_tree

PART_READ_BYTES = 2**20


def directory_of(project_id: int, export_id: object = "") -> str:
    """Return the directory of a project's exports, or of one export."""
    return f"exports/{project_id}/{export_id}".rstrip("/")


def write_part(directory: str, content: IO[bytes]) -> str:
    """Store one part and return its name.

    The name is unique, so that no two workers ever write the same part."""
    content.seek(0)
    return default_storage.save(f"{directory}/{secrets.token_hex(8)}", File(content))


def delete_part(name: str) -> None:
    """Delete one part."""
    default_storage.delete(name)


def delete_parts(directory: str) -> None:
    """Delete all parts of a file, also those that a killed worker left."""
    delete_tree(directory)


class Parts(io.RawIOBase):
    """The parts as one file that can be read from any position.

    At most one of them is open."""

    def __init__(self, parts: Sequence[tuple[str, int]]) -> None:
        self._names, self._ends = [name for name, _ in parts], list(accumulate(size for _, size in parts))
        self._place, self._number = 0, -1
        self._part: IO[bytes] | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._ends[-1] if self._ends else 0}[whence]
        self._place = base + offset
        return self._place

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        """Read up to the end of a part; return 0 at the end of the last one."""
        number = bisect_right(self._ends, self._place)
        if number >= len(self._ends):
            return 0
        part = self._opened(number)
        part.seek(self._place - (self._ends[number - 1] if number else 0))
        found = part.read(min(len(buffer), self._ends[number] - self._place))
        if not found:
            raise OSError("A part of the file is shorter than it was.")
        buffer[: len(found)] = found
        self._place += len(found)
        return len(found)

    def close(self) -> None:
        if self._part is not None:
            self._part.close()
            self._part = None
        super().close()

    def _opened(self, number: int) -> IO[bytes]:
        if self._part is None or number != self._number:
            if self._part is not None:
                self._part.close()
            self._part, self._number = default_storage.open(self._names[number]), number
        return self._part


def opened(parts: Sequence[tuple[str, int]]) -> IO[bytes]:
    """Return the whole file, for reading."""
    return io.BufferedReader(Parts(parts), PART_READ_BYTES)


def sha256_of(parts: Sequence[tuple[str, int]]) -> str:
    """Return the SHA-256 of the whole file, as hex digits."""
    with opened(parts) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]


def delete_export_files(project_id: int, **_: object) -> None:
    delete_tree(directory_of(project_id))


project_rows_deleted.connect(delete_export_files, dispatch_uid="delete the exports of a project")
