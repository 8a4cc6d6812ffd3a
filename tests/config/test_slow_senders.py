"""Who sends slowly, too much or without a key holds up nobody: over real sockets, against the server that `up` runs."""

import select
import socket
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from django.conf import settings
from django.db import connection, transaction

from config.asgi import WEB_THREADS
from config.health import ALIVE_TEXT
from projects.models import Project
from tests.conftest import Key
from tests.tracing import otlp
from tests.tracing.servers import Web, web_server

pytestmark = pytest.mark.django_db(transaction=True)
SLOW_SENDERS = 48  # more than the process has threads


@pytest.fixture
def web(project: Project) -> Iterator[Web]:
    with web_server() as server:
        yield server


def send(web: Web, head: str, body: bytes = b"") -> socket.socket:
    """A connection on which a request was begun."""
    connection = socket.create_connection(("127.0.0.1", web.port), timeout=20)
    connection.sendall(head.replace("\n", "\r\n").encode() + body)
    return connection


def answer(connection: socket.socket) -> bytes:
    """Everything that comes until the server hangs up or has nothing more to say."""
    pieces = []
    try:
        while piece := connection.recv(2**16):
            pieces.append(piece)
            if b"content-length: 0" in piece or len(piece) < 2**15:
                break
    except ConnectionResetError:
        pass
    return b"".join(pieces)


def test_healthz_is_heard_while_every_thread_waits_and_who_hangs_up_is_forgotten(web: Web) -> None:
    cookie = f"Cookie: {settings.SESSION_COOKIE_NAME}={'x' * 32}\n"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE browser_session")  # which every page of a browser with a cookie asks
        waiting = [send(web, f"GET / HTTP/1.1\nHost: 127.0.0.1\n{cookie}\n") for _ in range(WEB_THREADS + 5)]
        page = web.connect()
        began = time.monotonic()
        page.request("GET", "/healthz")
        assert page.getresponse().read() == ALIVE_TEXT.encode()
        assert time.monotonic() - began < 1
        assert not any(select.select(waiting, [], [], 0)[0]), "the threads do wait"
        for one in waiting:
            one.close()

    again = web.connect()
    began = time.monotonic()
    again.request("GET", "/sign-in")
    assert again.getresponse().status == 200
    assert time.monotonic() - began < 8, "whoever hung up holds no thread"


def post(path: str, length: int, *, more: str = "") -> str:
    return f"POST {path} HTTP/1.1\nHost: 127.0.0.1\nContent-Length: {length}\n{more}\n"


def test_slow_senders_hold_up_neither_pages_nor_exports_and_are_cut_off(web: Web, key: Key) -> None:
    authorized = f"Authorization: {key.bearer}\nContent-Type: {otlp.PROTOBUF}\n"
    slow = [send(web, post("/v1/traces", 60_000, more=authorized), b"x" * 10) for _ in range(SLOW_SENDERS // 2)]
    slow += [send(web, post("/sign-in", 1_000), b"x") for _ in range(SLOW_SENDERS // 2)]

    began = time.monotonic()
    page = web.connect()
    page.request("GET", "/sign-in")
    assert page.getresponse().status == 200
    exported = web.post("/v1/traces", otlp.body(otlp.span()), Authorization=key.bearer, Content_Type=otlp.PROTOBUF)
    assert exported.status == 200
    assert time.monotonic() - began < 8, "nobody waits for who sends slowly"

    assert {answer(connection)[9:12] for connection in slow} == {b"408"}
    assert time.monotonic() - began < 30


def test_bodies_are_bounded_for_whoever_is_unknown_and_whatever_is_no_ingest(web: Web, key: Key) -> None:
    for path, status in {
        "/sign-in": b"413",
        "/nowhere": b"413",
        "/api/v1/scores": b"413",
        "/v1/traces": b"401",
    }.items():
        for more, body in (("", b"x" * 10), ("Expect: 100-continue\n", b"")):
            assert answer(send(web, post(path, 300_000_000, more=more), body))[9:12] == status
    assert b"the limit is 2,097,152" in answer(send(web, post("/sign-in", 3_000_000)))
    for path, authorization in (("/sign-in", ""), ("/api/public/comments", key.bearer)):
        assert in_chunks(web, path, authorization)[9:12] == b"413", "counted while it comes"
    underscored = f"GET /api/v1/sessions HTTP/1.1\nHost: 127.0.0.1\nA_B: x\nAuthorization_: {key.bearer}\n\n"
    assert answer(send(web, underscored))[9:12] == b"401", "no header with an underscore passes for another one"
    assert sign_in_by_chunks(web) == 200


def in_chunks(web: Web, path: str, authorization: str) -> bytes:
    """The answer to a chunked body of 2.6 MB."""
    head = "POST {} HTTP/1.1\nHost: 127.0.0.1\nTransfer-Encoding: chunked\nAuthorization: {}\n\n"
    connection = send(web, head.format(path, authorization))
    with suppress(OSError):  # it may hang up
        for _ in range(40):
            connection.sendall(b"10000\r\n" + b"x" * 2**16 + b"\r\n")
    return answer(connection)


def sign_in_by_chunks(web: Web) -> int:
    """The status of a form that is sent in two pieces without a length: 403 if it does not arrive."""
    page = web.connect()
    page.request("GET", "/sign-in")
    opened = page.getresponse()
    cookie = (opened.headers["Set-Cookie"] or "").partition(";")[0]
    form = f"csrfmiddlewaretoken={cookie.partition('=')[2]}&login=a%40example.com&password=wrong".encode()
    headers = {"Cookie": cookie, "Content_Type": "application/x-www-form-urlencoded"}
    return web.post("/sign-in", iter([form[:9], form[9:]]), **headers).status
