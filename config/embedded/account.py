"""The account that runs PostgreSQL: ours or, because PostgreSQL refuses root, an unprivileged one if we are root.

As root, this uses an existing account, adds none, and changes the mode of no directory but our own."""

import os
import pwd
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.embedded import CannotStart

UNPRIVILEGED_ACCOUNTS = ("postgres", "nobody")
ROOTS_STORE = Path("/var/lib/confab")  # for files that an unprivileged account cannot reach in their own place


@dataclass(frozen=True)
class SystemUser:
    """An operating system account and the directories it can reach."""

    uid: int
    gid: int

    @property
    def is_ours(self) -> bool:
        return self.uid == os.geteuid()

    @property
    def of_process(self) -> dict[str, Any]:
        """Return arguments for Popen.

        The process starts in the root directory, because the working directory may be closed to the account."""
        return {} if self.is_ours else {"user": self.uid, "group": self.gid, "extra_groups": [], "cwd": "/"}

    def make_directory(self, path: Path) -> Path:
        """Create a directory that only this account and root can enter, and return its path."""
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.is_ours:
            os.chown(path, self.uid, self.gid)
        return path

    def can_reach(self, path: Path) -> bool:
        """Return whether this account can enter every directory above `path`."""
        return self.is_ours or all(self._may_enter(directory) for directory in path.resolve().parents)

    def _may_enter(self, directory: Path) -> bool:
        facts = directory.stat()
        if facts.st_uid == self.uid:
            return bool(facts.st_mode & 0o100)
        return bool(facts.st_mode & (0o010 if facts.st_gid == self.gid else 0o001))


def roots_store() -> Path:
    """Return ROOTS_STORE, created if it is missing. Every account can enter it, whatever our umask is."""
    if not ROOTS_STORE.exists():
        ROOTS_STORE.mkdir(parents=True)
        ROOTS_STORE.chmod(0o755)
    return ROOTS_STORE


def our_account() -> SystemUser:
    return SystemUser(os.geteuid(), os.getegid())


def account_for_postgres() -> SystemUser:
    """Return the account that should run PostgreSQL.

    Raises CannotStart if we are root and there is no unprivileged account."""
    if os.geteuid() != 0:
        return our_account()
    for name in UNPRIVILEGED_ACCOUNTS:
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return SystemUser(entry.pw_uid, entry.pw_gid)
    raise CannotStart(
        f"PostgreSQL refuses to run as root, and there is no account {' or '.join(UNPRIVILEGED_ACCOUNTS)}."
        " Create one of them, or set DATABASE_URL."
    )
