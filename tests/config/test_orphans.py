"""PostgreSQL starts again after a power cut, whoever has its old process number by now."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.embedded.children import Children
from config.embedded.orphans import works_in
from config.embedded.postgres import Postgres
from tests.live import data_directory
from tests.services import started


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    with data_directory() as path:
        yield path


def cut_the_power(data: Path) -> Postgres:
    """Return a server whose every process was killed, and whose lock files stand."""
    with Children() as children:
        server = Postgres(data / "postgres", log=data / "log", durable=False)
        started(server, children)
        pid = int((server.cluster / "postmaster.pid").read_text().split()[0])
        assert works_in(pid, server.cluster)
        os.kill(pid, signal.SIGSTOP)  # that it cannot remove the files
        os.killpg(pid, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while any(works_in(int(entry.name), server.cluster) for entry in Path("/proc").glob("[0-9]*")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert (server.cluster / "postmaster.pid").exists()
    return server


def locks(server: Postgres) -> list[Path]:
    return [server.cluster / "postmaster.pid", server.sockets / ".s.PGSQL.5432.lock"]


def starts(server: Postgres) -> bool:
    with Children() as children:
        return started(server, children).startswith("postgresql://")


def test_a_foreign_process_with_the_old_number_is_no_obstacle(data: Path) -> None:
    server = cut_the_power(data)
    with subprocess.Popen(["sleep", "60"], **server.account.of_process) as stranger:
        for lock in locks(server):
            _, rest = lock.read_text().split("\n", 1)
            lock.write_text(f"{stranger.pid}\n{rest}")
        assert starts(server)
        assert stranger.poll() is None, "nobody touches it"
        stranger.kill()


@pytest.mark.parametrize("text", ["", "\0\0\0\0\0\0"])
def test_a_lock_file_that_the_power_cut_emptied_is_no_obstacle(data: Path, text: str) -> None:
    server = cut_the_power(data)
    for lock in locks(server):
        lock.write_text(text)
    assert starts(server)
