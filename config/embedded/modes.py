"""Makes our files unreadable for other accounts of this machine, whatever umask created them."""

import os
import stat
from contextlib import suppress
from pathlib import Path

from config.embedded import CannotStart
from config.embedded.account import SystemUser, account_for_postgres, our_account

UMASK = 0o077  # of all programs that `up` starts
OTHERS_MODE_BITS = 0o077
LARGE_DIRECTORIES = {"files", "backups"}


def close_to_others(data: Path) -> None:
    """Remove the permissions of group and others from the data directory and everything in it.

    There may be many files of traces, and copies of them: they are checked once, and their directory is closed when
    that is done.
    PostgreSQL closes its own files. If it runs as another account, that account's group may pass through `data`."""
    for path in data.iterdir():
        is_closed_already = path.name in LARGE_DIRECTORIES and not _is_open(path)
        if path.name != "postgres" and not path.is_symlink() and not is_closed_already:
            _close_all(path)
    guest, facts = _guest(), data.stat()
    is_passed = guest is not None and facts.st_gid == guest.gid and facts.st_mode & stat.S_IXGRP
    if guest is not None and (is_passed or facts.st_mode & stat.S_IXOTH):
        os.chown(data, -1, guest.gid)
        data.chmod(0o710)
    else:
        _close(data)


def _guest() -> SystemUser | None:
    """Return PostgreSQL's account, or None if it is ours."""
    with suppress(CannotStart):
        account = account_for_postgres()
        return None if account == our_account() else account
    return None


def _close_all(path: Path) -> None:
    """Close a tree from its leaves to its root, so that an interrupted run is repeated from the start."""
    with suppress(FileNotFoundError, PermissionError):  # it has just gone, or is somebody else's
        if path.is_dir():
            for entry in path.iterdir():
                if not entry.is_symlink():
                    _close_all(entry)
        _close(path)


def _is_open(path: Path) -> bool:
    return bool(path.stat().st_mode & OTHERS_MODE_BITS)


def _close(path: Path) -> None:
    if _is_open(path):
        path.chmod(stat.S_IMODE(path.stat().st_mode) & ~OTHERS_MODE_BITS)
