"""What an exporter does to a running installation, and what becomes of it."""

import json
import secrets
import time
from collections.abc import Callable
from threading import Event, Thread
from typing import Self
from urllib.request import Request, urlopen

import psycopg

from tests.live import Up


def send(up: Up) -> str:
    """One trace in a session of its own, whose id is returned when the trace was acknowledged."""
    session_id = f"session-{secrets.token_hex(4)}"
    now = time.time_ns()
    span = {
        "traceId": secrets.token_hex(16),
        "spanId": secrets.token_hex(8),
        "name": "answer",
        "startTimeUnixNano": str(now - 1_000_000),
        "endTimeUnixNano": str(now),
        "attributes": [{"key": "session.id", "value": {"stringValue": session_id}}],
    }
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {up.secret_key}"}
    with urlopen(Request(f"{up.url}/v1/traces", body, headers), timeout=10) as answer:
        assert answer.status == 200
    return session_id


class Exporter:
    """Sends one trace after the other while its block runs, whatever the answers."""

    def __init__(self, up: Up) -> None:
        self.acknowledged: set[str] = set()
        self._up = up
        self._stop = Event()
        self._thread = Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        self.expect_more()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    def expect_more(self) -> None:
        """That traces are taken, also those sent from now on."""
        enough = len(self.acknowledged) + 5
        assert eventually(lambda: len(self.acknowledged) >= enough), self._up.output

    def _run(self) -> None:
        while not self._stop.wait(0.02):
            try:
                self.acknowledged.add(send(self._up))
            except OSError:
                time.sleep(0.1)


def database_url(up: Up) -> str:
    published: dict[str, str] = json.loads((up.data / "environment.json").read_text())
    return published["DATABASE_URL"]


def sessions(up: Up) -> set[str]:
    """Those that the worker has made out of traces."""
    with psycopg.connect(database_url(up)) as connection:
        return {session_id for (session_id,) in connection.execute("SELECT session_id FROM session")}


def assert_takes_traces(up: Up) -> None:
    session_id = send(up)
    assert eventually(lambda: session_id in sessions(up)), up.output


def eventually(condition: Callable[[], object], seconds: float = 30.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
