"""Valkey on this machine: cache and queue on a Unix socket only, with writes saved to a file every second."""

import socket
from pathlib import Path
from urllib.parse import quote

from config.embedded.account import our_account
from config.embedded.children import Child, Children
from config.embedded.sockets import socket_directory
from config.embedded.wheels import valkey_server

ANSWER_SECONDS = 2.0


class Valkey:
    """The Valkey server of a data directory. Call `spawn`, then wait for `is_ready`."""

    name = "Valkey"
    max_early_deaths = 2

    def __init__(self, data: Path, *, log: Path, durable: bool = True) -> None:
        self.log = log
        self.appends = "yes" if durable else "no"
        account = our_account()
        self.data = account.make_directory(data)
        self.socket = socket_directory(data, account) / "valkey.sock"

    @property
    def detail(self) -> str:
        return f"in {self.data}"

    def url(self) -> str:
        """Return the URL in Celery's spelling. `redis_client_url` converts it for redis-py."""
        return f"redis+socket://{quote(str(self.socket))}"

    def spawn(self, children: Children) -> Child:
        self._stop_orphan()
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "appendonly": self.appends,
            "save": "",
            "hz": "2",  # times a second that it wakes for its own sake, instead of 10
            "maxmemory-policy": "noeviction",  # a queue must not lose messages to make room
        }
        flags = [flag for name, value in settings.items() for flag in (f"--{name}", value)]
        return children.spawn(self.name, [valkey_server(), *flags], log=self.log)

    def is_ready(self) -> bool:
        return self._ask("PING").startswith(b"+PONG")

    def _stop_orphan(self) -> None:
        """Stop a server that has outlived its `up`, because two servers must never append to one file."""
        if self.is_ready():
            self._ask("SHUTDOWN")
        self.socket.unlink(missing_ok=True)

    def _ask(self, command: str) -> bytes:
        """Return the answer to an inline command, or b"" if the server is not there or is just stopping."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(ANSWER_SECONDS)
            try:
                connection.connect(str(self.socket))
                connection.sendall(f"{command}\r\n".encode())
                return connection.recv(64)
            except OSError:
                return b""
