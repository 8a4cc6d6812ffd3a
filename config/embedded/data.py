"""The data directory of `manage.py up`: used by one `up` at a time, with secrets and logs for its owner only."""

import fcntl
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from config.embedded import CannotStart
from config.embedded.children import REAPER_GRACE_SECONDS
from config.embedded.modes import close_to_others
from config.embedded.published import write_private
from config.embedded.reaper import runs


class DataDirectory:
    """A locked data directory and the paths in it."""

    def __init__(self, path: Path, lock: IO[str]) -> None:
        self.path = path
        self.lock = lock
        self.postgres = path / "postgres"
        self.valkey = path / "valkey"
        self.beat_schedule = path / "beat-schedule"
        self.logs = path / "logs"  # PostgreSQL's log quotes values
        self.logs.mkdir(mode=0o700, exist_ok=True)

    def secret_key(self) -> str:
        """Return the secret key. It is created only once, because a new one would sign everybody out."""
        path = self.path / "secret-key"
        if not path.exists():
            write_private(path, secrets.token_urlsafe(48))
        return path.read_text()


@contextmanager
def locked(path: Path) -> Iterator[DataDirectory]:
    """Lock the directory for this process, and create it if it is missing.

    Raises CannotStart if it cannot be created, or if Confab already runs on it."""
    with _lock_file(path) as lock:
        _acquire(lock, path)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        close_to_others(path)
        yield DataDirectory(path, lock)


def _lock_file(path: Path) -> IO[str]:
    try:
        path.mkdir(parents=True, exist_ok=True)
        return open(path / "lock", "a+")
    except OSError as error:
        raise CannotStart(f"{path} cannot hold data ({error.strerror}): choose another directory with --data") from None


def _acquire(lock: IO[str], path: Path) -> None:
    """Lock the file.

    The reaper of a killed `up` holds the lock until all children have stopped, so this waits for it."""
    deadline = time.monotonic() + REAPER_GRACE_SECONDS
    while True:
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip()
            if (holder.isascii() and holder.isdecimal() and runs(int(holder))) or time.monotonic() > deadline:
                raise CannotStart(
                    f"Confab already runs on {path} (process {holder}): stop it, or choose another path with --data"
                ) from None
            time.sleep(0.05)
