"""What a model's endpoint may do instead of answering: it costs its own judge a pause, and nobody else anything."""

import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal

import pytest
from django.utils import timezone

from projects.models import Organization, Project, User
from sessions.annotation import configs
from sessions.judges.making import Decision
from sessions.models import JudgeSpending, ModelProvider, ScoreConfig, Verdict
from tests.conversations import tell
from tests.judges.endpoint import Endpoint, served
from tests.judges.judged import make, work

Behaviour = Callable[[socket.socket, str], None]
RULE = Decision(kind="rule", rule="turns > 0", value="yes")
BLOCK = b"x" * 65_536
HUNDRED_MB = 100 * 2**20
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
IMPATIENT, PATIENT = 0.3, 60.0  # seconds


def hangs(peer: socket.socket, other: str) -> None:
    peer.recv(1)  # until the other side has enough


def drips(peer: socket.socket, other: str) -> None:
    peer.sendall(OK + b"\r\n")
    while True:
        peer.sendall(b" ")
        time.sleep(0.05)


def closes(peer: socket.socket, other: str) -> None: ...


def stops_halfway(peer: socket.socket, other: str) -> None:
    peer.sendall(OK + b"Content-Length: 1000\r\n\r\n{")


def redirects(peer: socket.socket, other: str) -> None:
    peer.sendall(f"HTTP/1.1 307 Elsewhere\r\nLocation: {other}/chat/completions\r\nContent-Length: 0\r\n\r\n".encode())


def has_no_end(peer: socket.socket, other: str) -> None:
    peer.sendall(OK + f"Content-Length: {HUNDRED_MB}\r\n\r\n".encode())
    for _ in range(HUNDRED_MB // len(BLOCK)):
        peer.sendall(BLOCK)
    raise AssertionError("somebody read all of it")


def is_a_bomb(peer: socket.socket, other: str) -> None:
    packed = gzip.compress(b" " * HUNDRED_MB)
    peer.sendall(OK + f"Content-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n".encode() + packed)


def has_endless_headers(peer: socket.socket, other: str) -> None:
    peer.sendall(OK)
    while True:
        peer.sendall(b"X-More: " + BLOCK[:1_000] + b"\r\n")


def is_nested(peer: socket.socket, other: str) -> None:
    _answers(peer, b"[" * 200_000)


def is_garbage(peer: socket.socket, other: str) -> None:
    _answers(peer, bytes(range(256)) * 100)


def is_not_http(peer: socket.socket, other: str) -> None:
    peer.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")


def _answers(peer: socket.socket, body: bytes) -> None:
    peer.sendall(OK + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
    peer.shutdown(socket.SHUT_WR)
    while peer.recv(65_536):  # who closes on an unread part of the question takes the answer back
        pass


@contextmanager
def behaving(behaviour: Behaviour, other: str) -> Iterator[tuple[str, list[BaseException]]]:
    """A server that does this with every connection, its address, and what it found wrong."""
    faults: list[BaseException] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                peer, _ = listener.accept()
                threading.Thread(target=meet, args=[peer], daemon=True).start()

    def meet(peer: socket.socket) -> None:
        with peer, suppress(OSError):
            peer.settimeout(10)
            peer.recv(65_536)
            try:
                behaviour(peer, other)
            except AssertionError as fault:
                faults.append(fault)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1", faults
    finally:
        listener.close()


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (hangs, "unavailable"),
        (drips, "unavailable"),
        (closes, "unavailable"),
        (stops_halfway, "unavailable"),
        (redirects, "bad_answer"),
        (has_no_end, "bad_answer"),
        (is_a_bomb, "bad_answer"),
        (has_endless_headers, "unavailable"),
        (is_nested, "bad_answer"),
        (is_garbage, "bad_answer"),
        (is_not_http, "unavailable"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_bad_endpoint_stops_only_what_asks_it(
    project: Project, organization: Organization, endpoint: Endpoint, frustrated: ScoreConfig, alice: User,
    monkeypatch: pytest.MonkeyPatch, behaviour: Behaviour, code: str,
) -> None:  # fmt: skip
    seconds = IMPATIENT if behaviour in (hangs, drips) else PATIENT
    monkeypatch.setattr("sessions.judges.asking.MODEL_TIMEOUT_SECONDS", seconds)
    neighbour = organization.projects.create(name="Neighbour")
    theirs = configs.create(neighbour, {"name": "frustrated", "data_type": "BOOLEAN"}, by=alice)
    ruled = configs.create(project, {"name": "short", "data_type": "BOOLEAN"}, by=alice)
    with served() as elsewhere, behaving(behaviour, endpoint.url) as (url, faults):
        ModelProvider.objects.create(
            project=neighbour, protocol="openai_compatible", base_url=elsewhere.url, model="gpt-4o-mini",
            consent_by="alice@example.com", consent_at=timezone.now(),
        )  # fmt: skip
        ModelProvider.objects.filter(project=project).update(base_url=url)
        bad, rule = make(project, frustrated, alice), make(project, ruled, alice, RULE, name="Short?")
        good = make(neighbour, theirs, alice)
        for one in (project, neighbour):
            tell(one, "ticket")
            work(one)

    rows = {row.judge_id: row for one in (project, neighbour) for row in Verdict.objects.for_project(one)}
    failed = rows[bad.id]
    assert (failed.state, failed.error_code, failed.attempt_count) == ("waiting", code, 1)
    assert "log says more" not in failed.error
    assert (rows[rule.id].answer, rows[good.id].answer) == ("yes", "no")
    assert endpoint.requests == []  # nobody followed
    assert faults == []


def test_a_model_that_says_it_took_a_fortune_stops_its_judge_at_the_cap_and_no_other(
    project: Project, endpoint: Endpoint, frustrated: ScoreConfig, alice: User
) -> None:
    other = configs.create(project, {"name": "resolved", "data_type": "BOOLEAN"}, by=alice)
    said = {"content": json.dumps({"reason": "So.", "turns": [1], "answer": "no"})}
    usage = {"prompt_tokens": 90_000_000, "completion_tokens": 90_000_000}
    endpoint.body = json.dumps({"choices": [{"message": said}], "usage": usage}).encode()
    capped = make(project, frustrated, alice, monthly_cap=Decimal(1))
    for session_id in ("a", "b"):
        tell(project, session_id)
    work(project)
    assert JudgeSpending.objects.for_project(project).get(judge_id=capped.id).cost > 50
    rows = Verdict.objects.for_project(project).filter(judge_id=capped.id)
    assert sorted((row.state, row.error_code) for row in rows) == [("done", ""), ("waiting", "cap_reached")]

    endpoint.body = None
    make(project, other, alice, name="Resolved?")
    work(project)
    assert {row.judge_id == capped.id for row in Verdict.objects.for_project(project).filter(state="done")} == {
        True,
        False,
    }
    assert len(endpoint.requests) == 3
