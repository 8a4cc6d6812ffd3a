"""The directories of the embedded servers' Unix sockets, which only their owner can enter."""

import hashlib
import tempfile
from pathlib import Path

from config.embedded import CannotStart
from config.embedded.account import SystemUser

MAX_SOCKET_PATH_BYTES = 103 - len(
    "/.s.PGSQL.5432"
)  # the path of a socket has 104 bytes on macOS, 108 on Linux, with its NUL


def place_of_sockets(data: Path) -> Path:
    """Return `data` or, if its path is too long for a socket, a temporary directory of its own."""
    if len(bytes(data)) <= MAX_SOCKET_PATH_BYTES:
        return data
    return Path(tempfile.gettempdir()) / f"confab-{hashlib.sha256(bytes(data)).hexdigest()[:16]}"


def socket_directory(data: Path, account: SystemUser) -> Path:
    """Return the directory for the sockets of a server, created for its account alone.

    Raises CannotStart if the directory exists and belongs to somebody else."""
    place = place_of_sockets(data)
    if place == data:
        return data
    account.make_directory(place)
    facts = place.lstat()
    if place.is_symlink() or facts.st_uid != account.uid or facts.st_mode & 0o077:
        raise CannotStart(
            f"{place} belongs to somebody else or is open to others: remove it, or choose a shorter --data"
        )
    return place
