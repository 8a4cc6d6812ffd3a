"""Other products for the same traces, each installed in an environment of its own and run as its documentation says."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from benchmarks.machine import children_of
from benchmarks.payloads import HEADERS
from benchmarks.server import free_port

START_SECONDS, ANSWER_SECONDS = 300, 600
STOP_SECONDS = 20
NEWEST = 50  # of a list


@dataclass(frozen=True, kw_only=True)
class Peer:
    """How a product is installed, started, fed and read.

    `{port}`, `{grpc_port}` and `{data}` of `command` and `environment` are filled in. A read is an address, or an
    address and a body to post."""

    name: str
    package: str
    command: tuple[str, ...]
    environment: dict[str, str]
    database: str  # SQLite, in its data
    headers: dict[str, str]
    newest: tuple[str, dict[str, Any] | None]
    ids: tuple[str, str]  # where in a list's answer its items are, and in an item its id
    one: str  # of such an id


PHOENIX = Peer(
    name="Phoenix",
    package="arize-phoenix==20.26.1",
    command=("phoenix", "serve"),
    environment={
        "PHOENIX_WORKING_DIR": "{data}", "PHOENIX_HOST": "127.0.0.1", "PHOENIX_PORT": "{port}",
        "PHOENIX_GRPC_PORT": "{grpc_port}", "PHOENIX_TELEMETRY_ENABLED": "false",
    },
    database="phoenix.db",
    headers=HEADERS,
    newest=(f"/v1/projects/default/sessions?limit={NEWEST}", None),
    ids=("data", "session_id"),
    one="/v1/sessions/{id}",
)  # fmt: skip
MLFLOW = Peer(
    name="MLflow",
    package="mlflow==3.17.2",
    command=(
        "mlflow", "server", "--host", "127.0.0.1", "--port", "{port}",
        "--backend-store-uri", "sqlite:///{data}/mlflow.db", "--artifacts-destination", "{data}/files",
    ),
    environment={"MLFLOW_DISABLE_TELEMETRY": "true"},
    database="mlflow.db",
    headers=HEADERS | {"x-mlflow-experiment-id": "0"},
    newest=(
        "/api/3.0/mlflow/traces/search",
        {"locations": [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "0"}}],
         "max_results": NEWEST},
    ),
    ids=("traces", "trace_id"),
    one="/api/3.0/mlflow/traces/{id}",
)  # fmt: skip


@dataclass
class RunningPeer:
    """A product that is ready to take traces."""

    peer: Peer
    pid: int
    port: int
    data: Path

    def pids(self) -> set[int]:
        return children_of(self.pid)

    def connection(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)

    def take(self, connection: HTTPConnection, body: bytes, _: str) -> tuple[float, int]:
        """Send a request of traces. Return its seconds, and no refusals."""
        started = time.perf_counter()
        self._answer(connection, "POST", "/v1/traces", body, self.peer.headers)
        return time.perf_counter() - started, 0

    def read(self, connection: HTTPConnection, address: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the JSON of an address."""
        sent = None if body is None else json.dumps(body).encode()
        method, headers = ("GET", {}) if sent is None else ("POST", {"Content-Type": "application/json"})
        found: dict[str, Any] = json.loads(self._answer(connection, method, address, sent, headers))
        return found

    def stored(self) -> int:
        """Return the number of its spans."""
        with closing(sqlite3.connect(f"file:{self.data / self.peer.database}?mode=ro", uri=True)) as database:
            return int(database.execute("SELECT count(*) FROM spans").fetchone()[0])

    def _answer(
        self, connection: HTTPConnection, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> bytes:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        said = response.read()
        if response.status != 200:
            raise HTTPException(f"{self.peer.name}: {response.status} {said[:300]!r}")
        return said


def installed(peer: Peer, place: Path) -> Path:
    """Return the environment of a product, installed if it is not there yet."""
    environment = place / peer.package
    if not (environment / "bin" / peer.command[0]).exists():
        print(f"installing {peer.package} in {environment}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True)
        subprocess.run([environment / "bin" / "pip", "install", "--quiet", peer.package], check=True)
    return environment


@contextmanager
def started(peer: Peer, environment: Path, data: Path) -> Iterator[RunningPeer]:
    """Start a product on an empty directory, and yield it when it answers."""
    port, grpc_port = free_port(), free_port()
    filled = {"port": port, "grpc_port": grpc_port, "data": data}
    command = [str(environment / "bin" / peer.command[0]), *(word.format(**filled) for word in peer.command[1:])]
    variables = {name: value.format(**filled) for name, value in peer.environment.items()}
    paths = {"PATH": f"{environment / 'bin'}:{os.environ['PATH']}", "HOME": str(data)}
    with open(data / "log", "wb") as log:
        process = subprocess.Popen(
            command, cwd=data, env=paths | variables, stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield _ready(RunningPeer(peer, process.pid, port, data), process)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
            shutil.rmtree(data, ignore_errors=True)


def _ready(running: RunningPeer, process: "subprocess.Popen[bytes]") -> RunningPeer:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with closing(running.connection()) as connection:
                running.read(connection, *running.peer.newest)
            return running
        except (OSError, HTTPException, ValueError):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{running.peer.name} does not start: see {running.data / 'log'}") from None
            time.sleep(0.5)
