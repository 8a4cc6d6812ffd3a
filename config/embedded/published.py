"""What a running `manage.py up` tells other commands on the same data: the environment that its programs have."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

FILE = "environment.json"


@contextmanager
def published(environment: Mapping[str, str], data: Path) -> Iterator[None]:
    write_private(data / FILE, json.dumps(environment, indent=2))
    try:
        yield
    finally:
        (data / FILE).unlink(missing_ok=True)


def environment_of_running(data: Path) -> dict[str, str]:
    """Empty when nothing runs, or when what runs belongs to somebody else."""
    try:
        environment: dict[str, str] = json.loads((data / FILE).read_text())
    except (FileNotFoundError, PermissionError, NotADirectoryError):
        return {}
    return environment


def write_private(path: Path, text: str) -> None:
    """In one step, so that no reader sees half of it, and readable for the owner only."""
    unfinished = path.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    unfinished.rename(path)
