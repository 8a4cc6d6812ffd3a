"""Limits the size of the servers' logs. The servers keep them open and append to them as long as they run."""

import os
import shutil
from pathlib import Path

LIMIT_BYTES = 10 * 2**20  # of one log; the previous one is kept beside it


def rotate(log: Path, limit: int = LIMIT_BYTES) -> None:
    """Move a log to `<name>.1` if it is longer than `limit` bytes, and leave its writer an empty file."""
    try:
        if log.stat().st_size <= limit:
            return
        unfinished = log.with_name(f"{log.name}.unfinished")
        unfinished.unlink(missing_ok=True)
        with open(log, "rb") as source, open(os.open(unfinished, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as target:
            shutil.copyfileobj(source, target)
        unfinished.rename(log.with_name(f"{log.name}.1"))
    except FileNotFoundError:
        return
    except OSError:  # above all a full disk: space is worth more than log lines
        log.with_name(f"{log.name}.unfinished").unlink(missing_ok=True)
    os.truncate(log, 0)
