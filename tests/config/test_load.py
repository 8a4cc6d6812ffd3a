"""A load on both wires while worker, database and broker die: what was acknowledged is found, and sums are right."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.client import HTTPConnection, HTTPException
from threading import Event, Thread
from typing import Self

import grpc
import psycopg
import pytest

from tests.config.exporting import database_url, eventually
from tests.config.processes import having, running, survivors, the
from tests.live import Up, data_directory
from tests.tracing import otlp

pytestmark = pytest.mark.faults
EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
SPANS, SESSIONS = 512, 3
Send = Callable[[bytes], bool]

STORED = "SELECT trace_id, count(*) FROM span GROUP BY trace_id"
WRONG_SESSIONS = """
SELECT session_id, s.trace_count, t.trace_count, s.span_count, t.span_count FROM session s FULL JOIN (
    SELECT session_id, count(*) AS trace_count, sum(span_count) AS span_count FROM trace GROUP BY session_id
) t USING (session_id) WHERE (s.trace_count, s.span_count) IS DISTINCT FROM (t.trace_count, t.span_count)
"""


def request(number: int) -> tuple[str, bytes]:
    """A new trace in one of a few sessions."""
    trace_id = secrets.token_bytes(16)
    spans = [otlp.span(f"step {step}", session__id=f"load-{number % SESSIONS}") for step in range(SPANS)]
    for span in spans:
        span.trace_id = trace_id
    return trace_id.hex(), otlp.body(*spans)


@contextmanager
def by_http(up: Up) -> Iterator[Send]:
    client = HTTPConnection("127.0.0.1", up.port, timeout=10)
    headers = {"Authorization": f"Bearer {up.secret_key}", "Content-Type": otlp.PROTOBUF}

    def send(body: bytes) -> bool:
        try:
            client.request("POST", "/v1/traces", body, headers)
            answer = client.getresponse()
            answer.read()
        except (OSError, HTTPException):
            client.close()
            return False
        assert answer.status in {200, 503}
        return answer.status == 200

    yield send
    client.close()


@contextmanager
def by_grpc(up: Up) -> Iterator[Send]:
    with grpc.insecure_channel(f"127.0.0.1:{up.grpc_port}") as channel:
        call = channel.unary_unary(EXPORT)

        def send(body: bytes) -> bool:
            try:
                call(body, metadata=[("authorization", f"Bearer {up.secret_key}")], timeout=10)
            except grpc.RpcError as error:
                if error.code() is not grpc.StatusCode.UNAVAILABLE:
                    raise
                return False
            return True

        yield send


class Load:
    """Four connections over HTTP and one over gRPC, each sending one request after the other while the block runs."""

    def __init__(self, up: Up) -> None:
        self.acknowledged: set[str] = set()
        self.failures: list[BaseException] = []
        self._stop = Event()
        wires = [by_http] * 4 + [by_grpc]
        self._threads = [Thread(target=self._run, args=(wire(up), number)) for number, wire in enumerate(wires)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        self.expect_more()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def expect_more(self) -> None:
        enough = len(self.acknowledged) + 5
        assert eventually(lambda: self.failures or len(self.acknowledged) >= enough)
        assert self.failures == []

    def _run(self, wire: AbstractContextManager[Send], number: int) -> None:
        try:
            with wire as send:
                while not self._stop.is_set():
                    trace_id, body = request(number)
                    if send(body):
                        self.acknowledged.add(trace_id)
                    else:
                        time.sleep(0.2)
        except BaseException as failure:
            self.failures.append(failure)


def test_whatever_is_killed_under_load_every_acknowledged_span_is_found() -> None:
    with data_directory() as data, running(data) as up:
        with Load(up) as load:
            for victim in ("celery", "bin/postgres", "valkey-server"):
                child = the(up, victim)
                child.kill()
                assert eventually(lambda child=child: not survivors([child]))
                assert eventually(lambda victim=victim: having(up, victim)), up.output
                load.expect_more()

        with psycopg.connect(database_url(up), autocommit=True) as connection:
            stored = dict(connection.execute(STORED).fetchall())
            assert load.failures == []
            assert {trace_id for trace_id in load.acknowledged if stored.get(trace_id) != SPANS} == set()
            assert set(stored.values()) == {SPANS}, "no request is stored in part"
            assert eventually(lambda: connection.execute(WRONG_SESSIONS).fetchall() == [], 60)
            assert connection.execute("SELECT count(*) FROM session").fetchone() == (SESSIONS,)
