"""Real servers over the test database: granian for HTTP, `manage.py grpc` for gRPC."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 30


def database_url() -> str:
    """The URL of the test database, as another process needs it."""
    parts = connection.settings_dict
    user = quote(parts["USER"]) + (f":{quote(parts['PASSWORD'])}" if parts["PASSWORD"] else "")
    host = parts["HOST"]
    if host.startswith("/"):
        return f"postgresql://{user}@/{parts['NAME']}?host={quote(host, safe='/')}"
    return f"postgresql://{user}@{host}:{parts['PORT'] or 5432}/{parts['NAME']}"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def running(*command: str, port: int, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours that listens on `port`, stopped at the end."""
    env = os.environ | {"DATABASE_URL": database_url(), "REDIS_URL": settings.REDIS_URL} | environment
    with subprocess.Popen([sys.executable, *command], cwd=ROOT, env=env) as process:
        try:
            wait_for(port, process)
            yield process
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()  # leaving the block would wait for it for ever
                raise


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert process.poll() is None, f"the server ended with {process.returncode}"
            assert time.monotonic() < deadline, "the server does not listen"
            time.sleep(0.05)


class Web:
    """Confab's web server under granian, with the raw HTTP that the traps need."""

    def __init__(self, port: int) -> None:
        self.port = port

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def post(self, path: str, body: object, **headers: str) -> http.client.HTTPResponse:
        """An iterable body is sent chunked. The response is read; its body is in `.content`."""
        client = self.connect()
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        client.request("POST", path, body, names, encode_chunked=not isinstance(body, bytes))  # type: ignore[arg-type]
        response = client.getresponse()
        response.content = response.read()  # type: ignore[attr-defined]
        client.close()
        return response


@contextmanager
def web_server(**environment: str) -> Iterator[Web]:
    port = free_port()
    options = ("--interface", "asginl", "--port", str(port), "--log-level", "warning")
    with running("-m", "granian", *options, "--no-ws", "config.asgi:application", port=port, **environment):
        yield Web(port)
