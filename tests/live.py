"""The fixture `confab`: the real `manage.py up` on free ports, with data of its own, for as long as the tests run."""

import os
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

import psycopg
import pytest

from tests.services import remove

BASE_DIR = Path(__file__).resolve().parent.parent
MANAGE = (sys.executable, str(BASE_DIR / "manage.py"))
START_SECONDS = 90.0
STOP_SECONDS = 40.0
INIT = {
    "CONFAB_INIT_EMAIL": "alice@example.com",
    "CONFAB_INIT_PASSWORD": "correct horse battery",
    "CONFAB_INIT_ORG": "Acme",
    "CONFAB_INIT_PROJECT": "Support",
    "CONFAB_INIT_PUBLIC_KEY": "pk-live-tests",
    "CONFAB_INIT_SECRET_KEY": "sk-live-tests-0123456789",
}


@dataclass
class Up:
    """One `manage.py up` with all that belongs to it."""

    process: subprocess.Popen[bytes]
    data: Path
    log: Path
    port: int
    grpc_port: int
    project_id: int = 0
    public_key: str = INIT["CONFAB_INIT_PUBLIC_KEY"]
    secret_key: str = INIT["CONFAB_INIT_SECRET_KEY"]
    email: str = INIT["CONFAB_INIT_EMAIL"]
    password: str = INIT["CONFAB_INIT_PASSWORD"]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def output(self) -> str:
        return self.log.read_text()

    def status(self, path: str) -> int:
        """The status of a GET, 0 while nobody answers."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

    def wait_until_ready(self, seconds: float = START_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while "Confab is ready" not in self.output or self.status("/readyz") != 200:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"`up` does not get ready:\n{self.output}")
            time.sleep(0.05)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS)


def start(data: Path, *options: str, command: tuple[str, ...] = MANAGE, log: str = "up.log", **variables: str) -> Up:
    """Starts `up` and returns at once. Of our own variables it gets only INIT and those given here."""
    ours = ("CONFAB_", "DATABASE_URL", "REDIS_URL")
    foreign = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    port, grpc_port = free_port(), free_port()
    ports = ("--port", str(port), "--grpc-port", str(grpc_port))
    with open(data / log, "wb") as output:
        process = subprocess.Popen(
            [*command, "up", "--data", str(data), *ports, *options],
            env={**foreign, **INIT, **variables},
            stdout=output,
            stderr=output,
        )
    return Up(process, data, data / log, port, grpc_port)


@contextmanager
def data_directory(prefix: str = "confab-live-") -> Iterator[Path]:
    data = Path(tempfile.mkdtemp(prefix=prefix))
    data.chmod(0o755)  # as root, PostgreSQL's account has to enter it
    try:
        yield data
    finally:
        remove(data)


@pytest.fixture(scope="session")
def confab() -> Iterator[Up]:
    """Ready to take traces; its database stands on the server of the other tests, its Valkey is its own."""
    with data_directory() as data, own_database() as url:
        up = start(data, DATABASE_URL=url)
        try:
            up.wait_until_ready()
            with psycopg.connect(url) as connection:
                row = connection.execute(
                    "SELECT project_id FROM api_key WHERE public_key = %s", [up.public_key]
                ).fetchone()
            assert row
            up.project_id = row[0]
            yield up
        finally:
            up.stop()


@contextmanager
def own_database() -> Iterator[str]:
    name = f"confab_live_{uuid.uuid4().hex[:8]}"
    server = urlsplit(os.environ["DATABASE_URL"])
    with psycopg.connect(server._replace(path="/postgres").geturl(), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield server._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
