"""What SDKs do while an installation is in trouble, what it says of itself meanwhile, and what it has stored."""

import json
import os
import time
from http.client import HTTPConnection
from threading import Event, Thread
from typing import Self

import psycopg

from tests.config.exporting import database_url
from tests.config.test_silence import export, spans_of
from tests.live import Up
from tests.tracing import otlp


def readiness(up: Up) -> tuple[int, dict[str, str], float]:
    """Status, checks and seconds of one request."""
    client = HTTPConnection("127.0.0.1", up.port, timeout=20)
    started = time.monotonic()
    client.request("GET", "/readyz")
    answer = client.getresponse()
    checks = json.loads(answer.read())["checks"]
    client.close()
    return answer.status, checks, time.monotonic() - started


class Repeating:
    """An exporter as SDKs are: sends each trace again until it is acknowledged. Knows which were sent when."""

    def __init__(self, up: Up, *, noise: int = 0) -> None:
        """`noise` is the number of bytes that nothing compresses, which each trace carries as its text."""
        self.acknowledged: dict[str, float] = {}  # the moment at which the request began that was answered with 200
        self.refused: list[tuple[int, str | None]] = []  # status and Retry-After
        self._up, self._noise, self._stop = up, noise, Event()
        self._threads = [Thread(target=self._run) for _ in range(3)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            trace_id = os.urandom(16)
            spans = spans_of(trace_id, 2)
            spans[0].attributes.extend(otlp.pairs({"gen_ai.prompt": os.urandom(self._noise).hex()}))
            body = otlp.body(*spans)
            while not self._stop.is_set():
                began = time.monotonic()
                try:
                    status, delay, _ = export(self._up, body)
                except OSError:
                    continue
                if status == 200:
                    self.acknowledged[trace_id.hex()] = began
                    break
                self.refused.append((status, delay))
                time.sleep(0.1)
            time.sleep(0.02)


def stored(up: Up) -> dict[str, int]:
    with psycopg.connect(database_url(up)) as connection:
        return dict(connection.execute("SELECT trace_id, count(*) FROM span GROUP BY trace_id").fetchall())
