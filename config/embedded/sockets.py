"""Where the embedded servers listen: Unix sockets in a directory that only its owner may enter."""

import hashlib
import tempfile
from pathlib import Path

from config.embedded import CannotStart
from config.embedded.account import Account

LONGEST = 103 - len("/.s.PGSQL.5432")  # the path of a socket has 104 bytes on macOS, 108 on Linux, with its NUL


def socket_directory(data: Path, account: Account) -> Path:
    """`data` itself or, when its path is too long, a directory among the temporary files that belongs to it alone."""
    if len(bytes(data)) <= LONGEST:
        return data
    short = Path(tempfile.gettempdir()) / f"confab-{hashlib.sha256(bytes(data)).hexdigest()[:16]}"
    account.make_directory(short)
    facts = short.lstat()
    if short.is_symlink() or facts.st_uid != account.uid or facts.st_mode & 0o077:
        raise CannotStart(f"{short} belongs to somebody else or is open to others: remove it, or shorten --data")
    return short
