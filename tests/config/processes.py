"""The processes of a running `manage.py up`, for tests that kill and stop them."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from config.embedded.reaper import runs
from tests.live import MANAGE, Up, start


@contextmanager
def running(data: Path, command: tuple[str, ...] = MANAGE, **variables: str) -> Iterator[Up]:
    """With embedded PostgreSQL and Valkey."""
    up = start(data, command=command, **variables)
    try:
        up.wait_until_ready()
        yield up
    finally:
        if up.process.poll() is None:
            up.stop()


def family(up: Up) -> list[psutil.Process]:
    return psutil.Process(up.pid).children(recursive=True)


def survivors(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [process for process in processes if process.is_running() and runs(process.pid)]


def having(up: Up, word: str) -> list[psutil.Process]:
    """The direct children of `up` whose command line holds `word`."""
    living = survivors(psutil.Process(up.pid).children())
    return [child for child in living if any(word in part for part in command_line(child))]


def command_line(process: psutil.Process) -> list[str]:
    """The command line of a process, which has none once it has ended."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def the(up: Up, word: str) -> psutil.Process:
    [child] = having(up, word)
    return child


@contextmanager
def frozen(up: Up, server_name: str = "bin/postgres") -> Iterator[None]:
    """Every process of the server stopped, the connections left open."""
    server = the(up, server_name)
    processes = [server, *server.children(recursive=True)]
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            if psutil.pid_exists(process.pid):
                process.send_signal(signal.SIGCONT)
