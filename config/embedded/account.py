"""The account that PostgreSQL runs as: ours, or an unprivileged one when we are root, whom PostgreSQL refuses.

As root we use an account that exists, add none, and change the mode of no directory that is not our own.
"""

import os
import pwd
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.embedded import CannotStart

UNPRIVILEGED = ("postgres", "nobody")
ROOTS_STORE = Path("/var/lib/confab")  # for what an unprivileged account cannot reach where it stands


@dataclass(frozen=True)
class SystemUser:
    """An operating system user and what it may reach."""

    uid: int
    gid: int

    @property
    def is_ours(self) -> bool:
        return self.uid == os.geteuid()

    @property
    def of_process(self) -> dict[str, Any]:
        """Arguments of Popen. The working directory may be closed to the account, so it starts at the root."""
        return {} if self.is_ours else {"user": self.uid, "group": self.gid, "extra_groups": [], "cwd": "/"}

    def make_directory(self, path: Path) -> Path:
        """A directory that only this account may enter (and root)."""
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.is_ours:
            os.chown(path, self.uid, self.gid)
        return path

    def can_reach(self, path: Path) -> bool:
        """Whether it may enter every directory above `path`."""
        return self.is_ours or all(self._may_enter(directory) for directory in path.resolve().parents)

    def _may_enter(self, directory: Path) -> bool:
        facts = directory.stat()
        if facts.st_uid == self.uid:
            return bool(facts.st_mode & 0o100)
        return bool(facts.st_mode & (0o010 if facts.st_gid == self.gid else 0o001))


def roots_store() -> Path:
    """Return the directory, which every account may enter, whatever our umask is."""
    if not ROOTS_STORE.exists():
        ROOTS_STORE.mkdir(parents=True)
        ROOTS_STORE.chmod(0o755)
    return ROOTS_STORE


def our_account() -> SystemUser:
    return SystemUser(os.geteuid(), os.getegid())


def account_for_postgres() -> SystemUser:
    if os.geteuid() != 0:
        return our_account()
    for name in UNPRIVILEGED:
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return SystemUser(entry.pw_uid, entry.pw_gid)
    raise CannotStart(
        f"PostgreSQL refuses to run as root and there is no account {' or '.join(UNPRIVILEGED)}: set DATABASE_URL"
    )
