"""The real `manage.py up` on data of its own, which disappears afterwards."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import django
import psycopg

from benchmarks.machine import children_of, cpu_seconds, parent_of
from config.embedded.children import Children
from config.embedded.postgres import Postgres
from config.embedded.published import environment_of_running
from config.embedded.valkey import Valkey

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 90
STOP_SECONDS = 60
ANSWER_SECONDS = 120
SETTLE_SECONDS = 60
SECRET_KEY = "sk-benchmarks-0123456789abcdef"
INIT = {
    "CONFAB_INIT_EMAIL": "benchmarks@example.com",
    "CONFAB_INIT_PASSWORD": uuid.uuid4().hex,
    "CONFAB_INIT_ORG": "Benchmarks",
    "CONFAB_INIT_PROJECT": "Benchmarks",
    "CONFAB_INIT_PUBLIC_KEY": "pk-benchmarks",
    "CONFAB_INIT_SECRET_KEY": SECRET_KEY,
}
# Slower imports would be counted as ours; and nothing of the caller's own Confab may reach this one.
NOT_PASSED_ON = ("PYTHONDONTWRITEBYTECODE", "CONFAB_", "DATABASE_", "REDIS_")


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(NOT_PASSED_ON)}


@dataclass
class Confab:
    """A running `up`. `postgres` is the process id of the server's first process."""

    pid: int
    port: int
    data: Path
    database_url: str
    postgres: int
    project_id: int

    def cpu(self) -> tuple[float, float]:
        """CPU seconds so far, of PostgreSQL and of everything else that `up` started."""
        postgres = children_of(self.postgres)
        return cpu_seconds(postgres), cpu_seconds(children_of(self.pid) - postgres)

    def connection(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)

    def ask(self, sql: str, *values: object) -> int:
        """Return the one number that a query selects."""
        with psycopg.connect(self.database_url) as database:
            row = database.execute(sql, values).fetchone()
        assert row is not None
        return int(row[0])

    def wait_for(self, *targets: str) -> None:
        """Until nothing of these kinds waits for a worker: `session` and `trace` for numbers, `text` for searching."""
        deadline = time.monotonic() + SETTLE_SECONDS
        waiting = "SELECT EXISTS (SELECT 1 FROM dirty_mark WHERE target = ANY(%s))"
        with psycopg.connect(self.database_url, autocommit=True) as database:  # a new one each time would be counted
            while database.execute(waiting, [list(targets)]).fetchone() == (True,):
                if time.monotonic() > deadline:
                    raise SystemExit("the worker does not get done")
                time.sleep(0.1)

    def join(self) -> None:
        """Make this process a part of the running Confab: set up Django on its database and its Valkey."""
        set_up(CONFAB_DATA=str(self.data))


def set_up(**environment: str) -> None:
    """Django in this process, with nothing of the caller's own Confab."""
    for name in [name for name in os.environ if name.startswith(NOT_PASSED_ON)]:
        del os.environ[name]
    os.environ.update(environment, DJANGO_SETTINGS_MODULE="config.settings")
    django.setup()


@contextmanager
def database_alone(database_url: str | None) -> Iterator[str]:
    """Yield the URL of an empty database without any program of ours, on the given server or an embedded one."""
    with own_database(database_url) as own:
        if own is not None:
            yield own
            return
        with data_directory() as data, Children() as children:
            postgres = Postgres(data / "postgres", log=data / "postgres.log")
            _start(postgres, children)
            yield postgres.url()


@contextmanager
def cache_alone() -> Iterator[str]:
    """Yield the address of an empty Valkey that nobody else uses."""
    with data_directory() as data, Children() as children:
        valkey = Valkey(data / "valkey", log=data / "valkey.log", durable=False)
        _start(valkey, children)
        yield valkey.url()


@contextmanager
def running(database_url: str | None, **environment: str) -> Iterator[Confab]:
    """Ready to take traces. Without `database_url`, on the embedded PostgreSQL."""
    with (
        data_directory() as data,
        own_database(database_url) as own,
        started_on(data, **environment, **({"DATABASE_URL": own} if own else {})) as confab,
    ):
        yield confab


@contextmanager
def started_on(data: Path, **environment: str) -> Iterator[Confab]:
    """Start `up` on the data of a directory, and yield it when it is ready."""
    port, grpc_port = free_port(), free_port()
    ports = ("--port", str(port), "--grpc-port", str(grpc_port))
    with open(data / "up.log", "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--data", str(data), *ports],
            cwd=ROOT, env=clean_environment() | INIT | environment, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        _wait(process, data / "up.log")
        yield _described(process.pid, port, data)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_SECONDS)


@contextmanager
def own_database(server_url: str | None) -> Iterator[str | None]:
    """Yield a database on the given server that is dropped at the end."""
    if server_url is None:
        yield None
        return
    name = f"confab_benchmark_{uuid.uuid4().hex[:8]}"
    server = urlsplit(server_url)
    with psycopg.connect(server._replace(path="/postgres").geturl(), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield server._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _start(server: Postgres | Valkey, children: Children) -> None:
    server.spawn(children)
    deadline = time.monotonic() + START_SECONDS
    while not server.is_ready():
        if time.monotonic() > deadline:
            raise SystemExit(f"{server.name} does not get ready")
        time.sleep(0.05)


def _described(pid: int, port: int, data: Path) -> Confab:
    url = environment_of_running(data)["DATABASE_URL"]
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT project_id FROM api_key WHERE public_key = 'pk-benchmarks'").fetchone()
        assert row is not None
        return Confab(pid, port, data, url, parent_of(connection.info.backend_pid), row[0])


def _wait(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while "Confab is ready" not in log.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"`up` does not get ready:\n{log.read_text()}")
        time.sleep(0.05)


@contextmanager
def data_directory() -> Iterator[Path]:
    data = Path(tempfile.mkdtemp(prefix="confab-benchmark-"))
    data.chmod(0o755)  # as root, PostgreSQL's account has to enter it
    try:
        yield data
    finally:
        shutil.rmtree((data / "postgres").resolve(), ignore_errors=True)
        shutil.rmtree(data, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
