"""A real pgbouncer in transaction mode, which gives the connections of its pool to whoever has a transaction."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from config.embedded.account import account_for_postgres
from tests.live import free_port

PROGRAM = shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
CONFIG = """
[databases]
* = host={host} port={server_port} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {pool_size}
max_client_conn = 200
logfile = {directory}/pgbouncer.log
"""
needed = pytest.mark.skipif(PROGRAM is None, reason="there is no pgbouncer on this machine")


class Pooler:
    """pgbouncer between whoever takes `url` and the server of another URL."""

    def __init__(self, server: str, directory: Path, *, pool_size: int) -> None:
        parts = urlsplit(server)
        host = parse_qs(parts.query).get("host", [parts.hostname or "127.0.0.1"])[0]
        self.port, self.log = free_port(), directory / "pgbouncer.log"
        self.url = f"postgresql://{parts.username or 'postgres'}@127.0.0.1:{self.port}{parts.path}"
        self._config = directory / "pgbouncer.ini"
        self._config.write_text(
            CONFIG.format(
                host=host,
                server_port=parts.port or 5432,
                user=parts.username or "postgres",
                port=self.port,
                pool_size=pool_size,
                directory=directory,
            )
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """pgbouncer refuses to be root, and the server's socket is for the account of the server alone."""
        assert PROGRAM is not None
        self._process = subprocess.Popen(
            [PROGRAM, "-q", str(self._config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **account_for_postgres().of_process,
        )
        deadline = time.monotonic() + 10
        while True:
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, self.log.read_text() if self.log.exists() else "no log"
                time.sleep(0.05)

    def stop(self) -> None:
        """At once, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def pooled(server: str, *, pool_size: int = 20) -> Iterator[Pooler]:
    directory = Path(tempfile.mkdtemp(prefix="confab-pooler-"))
    directory.chmod(0o777)  # for the account of the server
    pooler = Pooler(server, directory, pool_size=pool_size)
    pooler.start()
    try:
        yield pooler
    finally:
        pooler.stop()
        shutil.rmtree(directory)
