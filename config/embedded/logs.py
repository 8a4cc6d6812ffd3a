"""Bounds the logs of the servers, which open them once and write to their end for as long as they run."""

import os
import shutil
from pathlib import Path

LIMIT_BYTES = 10 * 2**20  # of one log; the one before is kept beside it


def rotate(log: Path, limit: int = LIMIT_BYTES) -> None:
    """Move what a log holds to `<name>.1` once it is longer than `limit`, and leave its writer an empty file."""
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
    except OSError:  # a full disk, above all: the room is worth more than the lines
        log.with_name(f"{log.name}.unfinished").unlink(missing_ok=True)
    os.truncate(log, 0)
