"""A database that is frozen or blocked: answers nothing, yet no client hangs and nothing acknowledged is lost."""

import secrets
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPConnection

import grpc
import psycopg
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from projects.rate_limits import REDIS_REST_SECONDS
from tests.config.exporting import database_url, eventually, send
from tests.config.processes import frozen, running
from tests.live import Up, data_directory
from tests.patience import least
from tests.tracing import otlp

pytestmark = pytest.mark.faults
EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
ABOUT_A_SECOND = 1.5


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    """Without a rate, so that a flood meets the other limits."""
    with data_directory() as data, running(data, CONFAB_REQUESTS_PER_SECOND="0") as up:
        yield up


@pytest.fixture(scope="module")
def counting_up() -> Iterator[Up]:
    """With the usual rate, which is counted in the broker's server."""
    with data_directory() as data, running(data) as up:
        yield up


def export(up: Up, body: bytes) -> tuple[int, str | None, float]:
    """Status, Retry-After and seconds of one request."""
    client = HTTPConnection("127.0.0.1", up.port, timeout=20)
    started = time.monotonic()
    client.request(
        "POST", "/v1/traces", body, {"Authorization": f"Bearer {up.secret_key}", "Content-Type": otlp.PROTOBUF}
    )
    answer = client.getresponse()
    answer.read()
    client.close()
    return answer.status, answer.headers["Retry-After"], time.monotonic() - started


def export_by_grpc(up: Up, body: bytes) -> tuple[grpc.StatusCode, float]:
    started = time.monotonic()
    with grpc.insecure_channel(f"127.0.0.1:{up.grpc_port}") as channel:
        try:
            channel.unary_unary(EXPORT)(body, metadata=[("authorization", f"Bearer {up.secret_key}")], timeout=20)
        except grpc.RpcError as error:
            return error.code(), time.monotonic() - started
    return grpc.StatusCode.OK, time.monotonic() - started


def stored(up: Up, trace_id: bytes) -> int:
    with psycopg.connect(database_url(up)) as connection:
        row = connection.execute("SELECT count(*) FROM span WHERE trace_id = %s", [trace_id.hex()]).fetchone()
    assert row
    return int(row[0])


def spans_of(trace_id: bytes, count: int) -> list[Span]:
    spans = [otlp.span(f"step {number}", session__id="silence") for number in range(count)]
    for span in spans:
        span.trace_id, span.span_id = trace_id, secrets.token_bytes(8)
    return spans


def test_a_frozen_database_is_answered_with_503_within_about_a_second(up: Up) -> None:
    body = otlp.body(*spans_of(trace_id := secrets.token_bytes(16), 3))
    for _ in range(8):
        send(up)

    def slowest() -> float:
        with frozen(up):
            answers = [export(up, body) for _ in range(6)]
            over_grpc = [export_by_grpc(up, body) for _ in range(3)]
        assert {(status, delay) for status, delay, _ in answers} == {(503, "1")}
        assert {code for code, _ in over_grpc} == {grpc.StatusCode.UNAVAILABLE}
        assert eventually(lambda: export(up, body)[0] == 200)
        assert eventually(lambda: export_by_grpc(up, body)[0] is grpc.StatusCode.OK)
        return max([seconds for *_, seconds in answers] + [seconds for _, seconds in over_grpc])

    assert least(slowest, ABOUT_A_SECOND) < ABOUT_A_SECOND
    assert stored(up, trace_id) == 3


def test_a_frozen_broker_delays_no_answer(counting_up: Up) -> None:
    def slowest() -> float:
        trace_id = secrets.token_bytes(16)
        with frozen(counting_up, "valkey-server"):
            answers = [export(counting_up, otlp.body(*spans_of(trace_id, 2))) for _ in range(6)]
        assert {status for status, *_ in answers} == {200}
        assert stored(counting_up, trace_id) == 12
        assert eventually(lambda: counting_up.status("/readyz") == 200)
        time.sleep(REDIS_REST_SECONDS)  # that the broker is left alone after a failure: then it is asked again
        return max(seconds for *_, seconds in answers)

    assert least(slowest, ABOUT_A_SECOND) < ABOUT_A_SECOND


def test_a_trace_that_somebody_holds_is_answered_with_503_and_stored_when_it_is_free(up: Up) -> None:
    held, neighbour = secrets.token_bytes(16), secrets.token_bytes(16)
    assert export(up, otlp.body(*spans_of(held, 2)))[0] == 200
    more = otlp.body(*spans_of(held, 2), *spans_of(neighbour, 1))

    with psycopg.connect(database_url(up)) as holder:
        holder.execute("SELECT FROM trace WHERE trace_id = %s FOR UPDATE", [held.hex()])

        def slower() -> float:
            status, delay, seconds = export(up, more)
            code, seconds_by_grpc = export_by_grpc(up, more)
            assert (status, delay, code) == (503, "1", grpc.StatusCode.UNAVAILABLE)
            return max(seconds, seconds_by_grpc)

        assert least(slower, ABOUT_A_SECOND) < ABOUT_A_SECOND
        assert stored(up, neighbour) == 0, "nothing of a refused request is stored"

    assert export(up, more)[0] == 200
    assert (stored(up, held), stored(up, neighbour)) == (4, 1)


def test_clients_that_stall_while_they_send_hold_up_nobody(up: Up) -> None:
    """Several more than can be at work at once."""
    head = f"POST /v1/traces HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {up.secret_key}\r\n"
    start = f"{head}Content-Type: {otlp.PROTOBUF}\r\nContent-Length: 5000\r\n\r\nhello".encode()
    with ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(socket.create_connection(("127.0.0.1", up.port))).sendall(start)
        time.sleep(0.3)

        def slowest() -> float:
            answers = [export(up, otlp.body(*spans_of(secrets.token_bytes(16), 2))) for _ in range(20)]
            assert {status for status, *_ in answers} == {200}
            return max(seconds for *_, seconds in answers)

        assert least(slowest, ABOUT_A_SECOND) < ABOUT_A_SECOND


def test_more_requests_than_can_be_stored_at_once_are_all_answered_soon(up: Up) -> None:
    """Sent again as they are asked to, all of them are found."""
    ids = [secrets.token_bytes(16) for _ in range(60)]

    def deliver(trace_id: bytes) -> float:
        body, slowest = otlp.body(*spans_of(trace_id, 500)), 0.0
        while True:
            status, delay, seconds = export(up, body)
            slowest = max(slowest, seconds)
            if status == 200:
                return slowest
            assert (status, delay) == (503, "1")
            time.sleep(1)

    with ThreadPoolExecutor(20) as pool:
        slowest = sorted(pool.map(deliver, ids))

    assert slowest[len(ids) // 2] < 5, "what is let in takes its time, what waits does not"
    assert slowest[-1] < 20, "nobody hangs"
    assert [stored(up, trace_id) for trace_id in ids] == [500] * 60


def test_the_largest_request_outlasts_no_deadline(up: Up) -> None:
    trace_id = secrets.token_bytes(16)

    assert export(up, otlp.body(*spans_of(trace_id, 20_000)))[0] == 200
    assert stored(up, trace_id) == 20_000
