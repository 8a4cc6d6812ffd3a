"""Downloads of a running installation: who does not read stops nobody, and what breaks off is seen to be broken."""

import hashlib
import json
import re
import secrets
import socket
import subprocess
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, IncompleteRead
from http.cookiejar import CookieJar
from pathlib import Path
from threading import Event, Thread
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener, urlopen

import psycopg
import pytest

from config import slow_readers
from tests.config.exporting import database_url, eventually
from tests.live import Up

SESSIONS = 1_500
LARGE = 8 * 2**20
READERS = 60  # more than the web servers have threads


def asked(up: Up, path: str, body: bytes | None = None, method: str | None = None) -> Request:
    headers = {"Authorization": f"Bearer {up.secret_key}", "Content-Type": "application/json"}
    return Request(f"{up.url}{path}", body, headers, method=method)


@pytest.fixture(scope="module")
def filled(confab: Up) -> Up:
    """With some hundred sessions, each of which said a good deal."""
    now = time.time_ns()
    for batch in range(0, SESSIONS, 500):
        spans = [
            {
                "traceId": secrets.token_hex(16),
                "spanId": secrets.token_hex(8),
                "name": "answer",
                "startTimeUnixNano": str(now + number),
                "endTimeUnixNano": str(now + number + 10**9),
                "attributes": [
                    {"key": "session.id", "value": {"stringValue": f"download-{number:05}"}},
                    {"key": "input.value", "value": {"stringValue": f"question {number} " * 100}},
                ],
            }
            for number in range(batch, batch + 500)
        ]
        body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).encode()
        urlopen(asked(confab, "/v1/traces", body), timeout=30).close()
    assert eventually(lambda: count(confab) >= SESSIONS, 60), confab.output
    return confab


def count(up: Up) -> int:
    with psycopg.connect(database_url(up)) as connection:
        row = connection.execute("SELECT count(*) FROM session").fetchone()
    assert row
    return int(row[0])


@pytest.fixture(scope="module")
def large_file(confab: Up) -> str:
    """The path of a file of 8 MB that a trace shows, signed for ten minutes."""
    content = secrets.token_bytes(LARGE)
    digest = b64encode(hashlib.sha256(content).digest()).decode()
    announcement = {"traceId": secrets.token_hex(16), "field": "input", "contentType": "video/mp4"}
    body = json.dumps({**announcement, "contentLength": LARGE, "sha256Hash": digest}).encode()
    with urlopen(asked(confab, "/api/public/media", body), timeout=10) as answer:
        announced = json.load(answer)
    urlopen(Request(announced["uploadUrl"], content, {"Content-Type": "video/mp4"}, method="PUT"), timeout=30).close()
    with urlopen(asked(confab, f"/api/public/media/{announced['mediaId']}"), timeout=10) as answer:
        parts = urlsplit(json.load(answer)["url"])
    return f"{parts.path}?{parts.query}"


@contextmanager
def unread(up: Up, *paths: str) -> Iterator[list[socket.socket]]:
    """Connections that ask for files and read nothing."""
    with ExitStack() as stack:
        readers = []
        for path in paths:
            reader = stack.enter_context(socket.socket())
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.connect(("127.0.0.1", up.port))
            head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {up.secret_key}\r\n\r\n"
            reader.sendall(head.encode())
            readers.append(reader)
        yield readers


def signed_in(up: Up) -> OpenerDirector:
    opener = build_opener(HTTPCookieProcessor(CookieJar()))
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', opener.open(f"{up.url}/sign-in").read().decode())
    assert token
    form = {"csrfmiddlewaretoken": token[1], "login": up.email, "password": up.password}
    opener.open(Request(f"{up.url}/sign-in", urlencode(form).encode(), {"Referer": up.url}), timeout=10).close()
    return opener


def seconds(opener: OpenerDirector, address: str) -> float:
    began = time.monotonic()
    with opener.open(address, timeout=10) as answer:
        answer.read()
    return time.monotonic() - began


def test_readers_who_never_read_keep_nobody_waiting(filled: Up, large_file: str) -> None:
    alice = signed_in(filled)
    paths = [large_file, "/api/v1/export?format=messages", "/api/v1/export?format=csv"] * (READERS // 3)

    with unread(filled, *paths):
        time.sleep(3)  # until the exports are made that have got a place
        for path in ("/healthz", "/organizations", f"/project/{filled.project_id}/sessions"):
            assert min(seconds(alice, filled.url + path) for _ in range(3)) <= 1, path
    # Whoever goes away makes room at once.
    assert eventually(lambda: status_of(f"{filled.url}{large_file}") == 200, 10)


def status_of(address: str) -> int:
    try:
        with urlopen(address) as answer:
            return int(answer.status)
    except HTTPError as refused:
        return refused.code


def test_an_export_is_whole_or_no_success(filled: Up, tmp_path: Path) -> None:
    ended = Event()

    def kill_sessions() -> None:
        server = psycopg.connect(database_url(filled), autocommit=True)
        while not ended.wait(0.1):
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    def is_cut(result: tuple[int, int, int]) -> bool:
        exit_code, status, _ = result
        return bool(exit_code) or status != 200

    results: list[tuple[int, int, int]] = []
    killer = Thread(target=kill_sessions)
    killer.start()
    try:
        while len(results) < 4 or not (any(map(is_cut, results)) or len(results) == 50):
            results.append(curl(filled, tmp_path / "cut.csv"))
    finally:
        ended.set()
        killer.join()

    whole = count(filled) + 1
    assert all(is_cut(result) or result[2] == whole for result in results), results
    assert any(map(is_cut, results)), "nothing was cut"
    assert eventually(lambda: curl(filled, tmp_path / "whole.csv") == (0, 200, whole))


def curl(up: Up, file: Path) -> tuple[int, int, int]:
    """What curl says of an export: its exit code and the status; and how many lines there are."""
    head = ["-H", f"Authorization: Bearer {up.secret_key}"]
    address = f"{up.url}/api/v1/export?format=csv"
    done = subprocess.run(
        ["curl", "-sS", "-o", file, "-w", "%{http_code}", *head, address], capture_output=True, text=True, check=False
    )
    return done.returncode, int(done.stdout), file.read_bytes().count(b"\n") if file.exists() else 0


def test_a_file_that_breaks_off_is_seen_to_be_broken(confab: Up, large_file: str) -> None:
    connection = HTTPConnection("127.0.0.1", confab.port, timeout=10)
    connection.request("GET", large_file)
    answer = connection.getresponse()
    (kept,) = [path for path in (confab.data / "files").rglob("*") if path.is_file() and path.stat().st_size == LARGE]
    content = kept.read_bytes()
    try:
        kept.write_bytes(b"")  # as when a disk fails: the file is shorter than it was

        with pytest.raises(IncompleteRead):
            answer.read()
    finally:
        kept.write_bytes(content)
        connection.close()


def test_a_connection_that_is_not_read_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow_readers, "READER_WRITE_DEADLINE_SECONDS", 1)
    monkeypatch.setattr(slow_readers, "START_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        slow_readers.set_deadlines()
        with socket.create_connection(listener.getsockname()), listener.accept()[0] as writing:
            writing.settimeout(20)
            began = time.monotonic()
            with pytest.raises(OSError, match="timed out"):
                writing.sendall(bytes(64 * 2**20))

    assert 0.5 < time.monotonic() - began < 15


@pytest.mark.faults
def test_who_reads_nothing_is_cut_off_and_makes_room(confab: Up, large_file: str) -> None:
    with unread(confab, *[large_file] * 30) as readers:
        assert eventually(lambda: is_refused(confab, large_file), 10)
        assert eventually(lambda: not is_refused(confab, large_file), 3 * slow_readers.READER_WRITE_DEADLINE_SECONDS)
        time.sleep(5)  # until those are cut off, too, that got their place a moment later
        received = [drained(reader) for reader in readers]

    assert max(received) < LARGE


def is_refused(up: Up, path: str) -> bool:
    connection = HTTPConnection("127.0.0.1", up.port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    refused = answer.status in {429, 503}
    connection.close()
    return refused


def drained(reader: socket.socket) -> int:
    """How many bytes there still are."""
    reader.settimeout(10)
    received = 0
    try:
        while chunk := reader.recv(2**16):
            received += len(chunk)
    except OSError:
        pass
    return received
