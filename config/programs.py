"""The programs of Confab that `manage.py up` runs: web, worker and gRPC, each with its sign of being ready."""

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
from config.environment import reachable
from config.health import last_heartbeat
from projects.addresses import host_and_port

WORKER_THREADS = 8  # long work takes at most half of them (projects/work/slices.py)
WORKER_GRACE = 20.0  # a task that runs may finish; one that does not is repeated after the next start
PROBE_SECONDS = 2.0
WEB_WORKERS = 2
# Celery warns every root; ours takes only JSON, and a container has no other account.
QUIET_ROOT = ("-W", "ignore:You're running the worker with superuser privileges")


@dataclass
class Program:
    """A Python module run with arguments, ready when its probe says so. The probe is given the time of the start.

    `processes` are those that prove that they live (projects/alive.py), by role and number."""

    name: str
    detail: str
    command: tuple[str, ...]
    probe: Callable[[float], bool]
    processes: dict[str, int]
    grace: float = 10.0
    log: Path | None = None  # they write to our terminal
    patience: int = 1  # one that does not even start has an error, which a second start would only repeat
    started_at: float = field(default=0.0, init=False)
    child: Child | None = field(default=None, init=False)

    def spawn(self, children: Children) -> Child:
        self.started_at = time.time()
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
            # A worker that has only just begun to load us does not hear that it shall stop.
            *("--workers-kill-timeout", "5", "--log-level", "error", "config.asgi:application"),
        ),
        probe=lambda _: _is_healthy(reachable(host), port),
        processes={"web": WEB_WORKERS},
    )


def worker(schedule: Path) -> Program:
    """With beat inside, which is right for one machine only: there must never be two."""
    pool = ("-P", "threads", "-c", str(WORKER_THREADS), "--without-gossip", "--without-mingle", "-l", "WARNING")
    return Program(
        name="Worker",
        detail=f"{WORKER_THREADS} threads and the schedule",
        command=(*QUIET_ROOT, "-m", "celery", "-q", "-A", "config", "worker", "-B", "-s", str(schedule), *pool),
        probe=_is_heard_from,
        processes={"worker": 1, "beat": 1},
        grace=WORKER_GRACE,
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
    """False also while the broker is away: both may be starting again at the same time."""
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
