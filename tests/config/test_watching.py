"""A process that is frozen is told from one that is busy or was paused, and only the frozen one is ended."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from config import process_probes
from config.health_listener import REQUESTS_AT_ONCE, HealthListener
from config.process_probes import FROZEN_PROBES, Process, ProcessWatch, end
from config.watchdog import Watchdog
from tests.config.exporting import eventually
from tests.live import BASE_DIR, data_directory

T = TypeVar("T")

LIVES = """
import re, sys, threading
from pathlib import Path
from django.conf import settings
settings.configure(ALIVE_DIR=Path(sys.argv[1]))
from projects.alive import prove
prove("web")
print("up", flush=True)
"""
SLEEPS = LIVES + "sys.stdin.read()"
KEEPS_THE_LOCK = LIVES + "sys.stdin.readline(); re.match('(a|a)+$', 'a' * 40 + 'b')"
BUSY = f"""{LIVES}
for _ in range(12):
    threading.Thread(target=exec, args=("while True: sum(range(1000))",), daemon=True).start()
sys.stdin.read()
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A short path, as a socket needs one."""
    with data_directory() as data:
        yield data / "alive"


@contextmanager
def running(code: str, place: Path) -> Iterator[subprocess.Popen[str]]:
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", code, str(place)]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, cwd=BASE_DIR) as process:
        assert process.stdin
        assert process.stdout
        try:
            assert process.stdout.readline() == "up\n"
            yield process
        finally:
            process.kill()
            process.stdin.close()


def in_a_thread(work: Callable[..., T], *arguments: object) -> T:
    """Leave this thread alone: the synchronous Playwright of other tests keeps an event loop in it."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work, *arguments).result()


def stop(process: subprocess.Popen[str]) -> None:
    """Freeze a child, and wait until it has stopped."""
    process.send_signal(signal.SIGSTOP)
    os.waitpid(process.pid, os.WUNTRACED)


def look(watch: ProcessWatch) -> list[Process]:
    return in_a_thread(asyncio.run, watch.look())


def alive(*roles: str) -> None:
    in_a_thread(call_command, "alive", *roles)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_probes, "PROBE_SECONDS", 0.5)


@pytest.mark.usefixtures("hasty")
def test_a_process_that_keeps_pythons_lock_is_found_and_ended_and_says_where_it_was(place: Path) -> None:
    with running(KEEPS_THE_LOCK, place) as process:
        assert process.stdin
        assert process.stderr
        watch = ProcessWatch(place)
        assert look(watch) == [Process("web", process.pid)]
        process.stdin.write("now\n")
        process.stdin.flush()
        assert eventually(lambda: look(watch)[0].silent == 1)
        for silent in range(2, FROZEN_PROBES + 1):
            [found] = look(watch)
            assert found.silent == silent
        assert found.is_frozen

        in_a_thread(asyncio.run, end(found))
        assert process.wait(10) == -signal.SIGKILL
        assert "re/__init__.py" in process.stderr.read()
    assert look(watch) == []
    assert list(place.iterdir()) == [], "what the dead leave behind is cleared away"


@pytest.mark.usefixtures("hasty")
def test_a_process_that_was_paused_with_its_machine_is_let_live(place: Path) -> None:
    with running(SLEEPS, place) as process:
        watch = ProcessWatch(place)
        stop(process)
        silent = [look(watch)[0].silent for _ in range(FROZEN_PROBES - 1)]
        process.send_signal(signal.SIGCONT)

        assert silent == [1, 2, 3, 4]
        assert eventually(lambda: look(watch)[0].silent == 0)
        assert not look(watch)[0].is_frozen


def test_a_process_that_is_busy_on_a_busy_machine_is_not_silent(place: Path) -> None:
    """Twelve threads that compute share Python's lock, and three such processes two cores."""
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(running(BUSY, place))
        watch = ProcessWatch(place)
        found = [look(watch) for _ in range(10) if not time.sleep(0.2)]

    assert [len(processes) for processes in found] == [3] * 10
    assert max(process.silent for processes in found for process in processes) < FROZEN_PROBES - 1


def test_a_socket_that_names_another_process_than_it_has_kills_nobody(place: Path) -> None:
    place.mkdir(mode=0o700)
    with subprocess.Popen(["sleep", "30"]) as stranger, socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(place / f"web-{stranger.pid}"))
        silent.listen()
        watch = ProcessWatch(place)
        assert look(watch) == []
        stranger.kill()


def test_a_directory_that_is_open_to_others_proves_nothing(place: Path) -> None:
    place.mkdir(mode=0o755)
    place.chmod(0o755)
    with running(SLEEPS, place) as process:
        process.kill()
        assert process.stderr
        assert "is open to others" in process.stderr.read()
    assert list(place.iterdir()) == []


@pytest.mark.usefixtures("hasty")
def test_the_command_for_containers_ends_what_is_frozen_and_fails(place: Path, settings: Settings) -> None:
    settings.ALIVE_DIR = place
    with running(SLEEPS, place) as process, running(SLEEPS, place) as other:
        alive("web")
        stop(process)
        with pytest.raises(CommandError, match=rf"web {process.pid} has not answered for 10 s: it was killed"):
            alive("web")
        assert process.wait(10) == -signal.SIGKILL
        alive("web")
        assert other.poll() is None
        with pytest.raises(CommandError, match="no process of grpc answers"):
            alive("web", "grpc")


def ask(port: int, request: bytes = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n") -> str:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        client.sendall(request)
        return b"".join(iter(lambda: client.recv(4096), b"")).decode()


def test_health_is_told_on_its_own_port_whoever_keeps_it_waiting(place: Path) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    HealthListener(Watchdog((), ProcessWatch(place), print), listener, print).start()
    with ExitStack() as stack:
        for _ in range(REQUESTS_AT_ONCE - 10):
            stack.enter_context(socket.create_connection(("127.0.0.1", port))).sendall(b"GET /heal")
        started = time.monotonic()
        answer = ask(port)

        assert time.monotonic() - started < 1
        assert answer.startswith("HTTP/1.1 200 OK")
        assert '"healthy": true' in answer
    assert ask(port, b"HEAD /healthz HTTP/1.0\r\n\r\n").endswith("\r\n\r\n")
    assert ask(port, b"GET /readyz HTTP/1.1\r\n\r\n").startswith("HTTP/1.1 404")
    assert ask(port, b"POST /healthz HTTP/1.1\r\n\r\n").startswith("HTTP/1.1 404")
    assert ask(port, b"nonsense\r\n\r\n").startswith("HTTP/1.1 404")
    assert ask(port, b"x" * 20_000) == "", "no memory for those who never end"
