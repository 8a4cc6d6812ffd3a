"""Where the embedded servers listen: Unix sockets in a directory that only its owner may enter."""

import hashlib
import tempfile
from pathlib import Path

from config.embedded import CannotStart
from config.embedded.account import SystemUser

MAX_SOCKET_PATH_BYTES = 103 - len(
    "/.s.PGSQL.5432"
)  # the path of a socket has 104 bytes on macOS, 108 on Linux, with its NUL


def place_of_sockets(data: Path) -> Path:
    """Return `data` itself or, when its path is too long, a directory among the temporary files for it alone."""
    if len(bytes(data)) <= MAX_SOCKET_PATH_BYTES:
        return data
    return Path(tempfile.gettempdir()) / f"confab-{hashlib.sha256(bytes(data)).hexdigest()[:16]}"


def socket_directory(data: Path, account: SystemUser) -> Path:
    """Return where the sockets of a server with these data stand, made for its account alone."""
    place = place_of_sockets(data)
    if place == data:
        return data
    account.make_directory(place)
    facts = place.lstat()
    if place.is_symlink() or facts.st_uid != account.uid or facts.st_mode & 0o077:
        raise CannotStart(f"{place} belongs to somebody else or is open to others: remove it, or shorten --data")
    return place
