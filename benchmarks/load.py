"""Sends requests as exporters do: each connection kept alive, the next request when the last one was answered."""

import base64
import threading
import time
from collections.abc import Callable, Sequence
from http.client import HTTPConnection, HTTPException
from typing import NamedTuple, Protocol

from benchmarks.payloads import HEADERS, Request
from benchmarks.server import SECRET_KEY

PATH = "/api/public/otel/v1/traces"
RETRIED = {429, 503}  # as exporters do; both say that nothing was stored
RETRY_SECONDS = 0.2


class Sent(NamedTuple):
    """What became of a list of requests."""

    wall: float
    latencies: list[float]  # of the requests that were taken, in seconds
    refusals: int  # answers that asked to come again


def headers_for(secret_key: str = SECRET_KEY) -> dict[str, str]:
    credentials = base64.b64encode(f"pk-benchmarks:{secret_key}".encode()).decode() if secret_key == SECRET_KEY else ""
    return HEADERS | {"Authorization": f"Basic {credentials}" if credentials else f"Bearer {secret_key}"}


class Server(Protocol):
    """Whoever takes traces: Confab, or another product."""

    def connection(self) -> HTTPConnection: ...


def send(
    server: Server,
    requests: Sequence[Request],
    connections: int,
    keys: Sequence[str] = (SECRET_KEY,),
    *,
    pace: float = 0,
    take: Callable[[HTTPConnection, bytes, str], tuple[float, int]] | None = None,
) -> Sent:
    """All of `requests` over so many connections; the n-th request uses the n-th key.

    With a `pace`, so many are sent in a second. `take` sends one of them, as `post` does."""
    take = take or post
    numbers, latencies, refusals, failures = iter(range(len(requests))), [], [0], []
    lock = threading.Lock()

    def work() -> None:
        connection = server.connection()
        try:
            while (number := _next(numbers, lock)) is not None:
                if pace:
                    time.sleep(max(0.0, started + number / pace - time.perf_counter()))
                seconds, refused = take(connection, requests[number].body, keys[number % len(keys)])
                with lock:
                    latencies.append(seconds)
                    refusals[0] += refused
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(connections)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return Sent(time.perf_counter() - started, latencies, refusals[0])


def post(connection: HTTPConnection, body: bytes, secret_key: str = SECRET_KEY) -> tuple[float, int]:
    """Seconds until the request was taken, and how often it was asked to come again before."""
    refused, started = 0, time.perf_counter()
    while True:
        connection.request("POST", PATH, body, headers_for(secret_key))
        response = connection.getresponse()
        said = response.read()
        if response.status == 200 and not said:
            return time.perf_counter() - started, refused
        if response.status not in RETRIED:
            raise HTTPException(f"{response.status}: {said[:300]!r}")
        refused += 1
        time.sleep(RETRY_SECONDS)


def _next(numbers: "enumerate[int] | object", lock: threading.Lock) -> int | None:
    with lock:
        return next(numbers, None)  # type: ignore[call-overload]
