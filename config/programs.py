"""The programs that `manage.py up` runs: web, worker and gRPC, each with a probe that says when it is ready."""

import http.client
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import redis
from django.conf import settings

from config.embedded.children import Child, Children
from config.embedded.forks import can_fork
from config.environment import reachable
from config.health import last_heartbeat
from projects.addresses import host_and_port

WORKER_THREADS = 8  # long work takes at most half of them (projects/jobs/slices.py)
WORKER_GRACE_SECONDS = 20.0  # for running tasks; one that does not end is repeated after the next start
PROBE_SECONDS = 2.0
WEB_WORKERS = 2


@dataclass
class Program:
    """A Python module or script with arguments, ready when its probe returns true.

    The probe gets the time of the start. `processes` has the number of processes that prove that they live
    (projects/alive.py), by role."""

    name: str
    detail: str
    command: tuple[str, ...]
    probe: Callable[[float], bool]
    processes: dict[str, int]
    grace: float = 10.0
    log: Path | None = None  # programs write to our terminal
    max_early_deaths: int = 1  # a program that does not start has an error that a second start would repeat
    started_at: float = field(default=0.0, init=False)
    child: Child | None = field(default=None, init=False)

    def spawn(self, children: Children) -> Child:
        """Start the program as a child process.

        The first time it is a fork, which shares our memory and loads nothing. It is an interpreter of its own when a
        thread watches the programs already, because a fork is not safe then."""
        self.started_at = time.time()
        if can_fork():
            self.child = children.fork(self.name, self.command, directory=settings.BASE_DIR, grace=self.grace)
        else:
            command = [sys.executable, *self.command]
            self.child = children.spawn(self.name, command, grace=self.grace, cwd=settings.BASE_DIR)
        return self.child

    def is_ready(self) -> bool:
        return self.probe(self.started_at)


def web(host: str, port: int) -> Program:
    processes = ("--workers", str(WEB_WORKERS), "--respawn-failed-workers", "--http1-header-read-timeout", "10000")
    return Program(
        name="Web",
        detail=f"on {host_and_port(host, port)}",
        command=(
            *("-m", "granian", "--interface", "asginl", "--host", host, "--port", str(port), "--no-ws", *processes),
            # A worker that has just begun to load the application does not notice that it should stop.
            *("--workers-kill-timeout", "5", "--log-level", "error", "config.asgi:application"),
        ),
        probe=lambda _: _is_healthy(reachable(host), port),
        processes={"web": WEB_WORKERS},
    )


def worker(schedule: Path) -> Program:
    """Return the worker with the schedule (beat) as one of its threads.

    Where several machines run this, one schedule acts (config/schedule.py)."""
    return Program(
        name="Worker",
        detail=f"{WORKER_THREADS} threads and the schedule",
        command=("manage.py", "worker", "--threads", str(WORKER_THREADS), "--schedule", str(schedule)),
        probe=_is_heard_from,
        processes={"worker": 1},
        grace=WORKER_GRACE_SECONDS,
    )


def grpc(host: str, port: int) -> Program:
    return Program(
        name="gRPC",
        detail=f"on {host_and_port(host, port)}",
        command=("manage.py", "grpc", "--host", host, "--port", str(port)),
        probe=lambda _: _listens(reachable(host), port),
        processes={"grpc": 1},
    )


def _is_heard_from(started_at: float) -> bool:
    """Return whether a worker has given a sign of life. Return False also while Redis is away."""
    try:
        return (last_heartbeat() or 0) >= started_at
    except redis.RedisError:
        return False


def _is_healthy(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=PROBE_SECONDS)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=PROBE_SECONDS).close()
    except OSError:
        return False
    return True
