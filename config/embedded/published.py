"""The environment of a running `manage.py up`, in a file that other commands on the same data read."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ENVIRONMENT_FILE_NAME = "environment.json"


@contextmanager
def published(environment: Mapping[str, str], data: Path) -> Iterator[None]:
    """Write the environment for other commands, and remove it at the end of the block."""
    write_private(data / ENVIRONMENT_FILE_NAME, json.dumps(environment, indent=2))
    try:
        yield
    finally:
        (data / ENVIRONMENT_FILE_NAME).unlink(missing_ok=True)


def environment_of_running(data: Path) -> dict[str, str]:
    """Return the published environment.

    It is empty if nothing runs, or if another account runs it."""
    try:
        environment: dict[str, str] = json.loads((data / ENVIRONMENT_FILE_NAME).read_text())
    except (FileNotFoundError, PermissionError, NotADirectoryError):
        return {}
    return environment


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, in one step, so that nobody reads half of it."""
    unfinished = path.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    unfinished.rename(path)
