"""A program of `manage.py up` that is frozen is named by /healthz on its own port, and replaced."""

import json
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.error import HTTPError
from urllib.request import urlopen

import psutil
import pytest

from tests.config.exporting import Exporter, assert_takes_traces, eventually
from tests.config.processes import running, survivors, the
from tests.live import Up, data_directory

pytestmark = pytest.mark.faults
WITHIN_SECONDS = 60.0  # 10 until it is ended; the rest is for a busy machine to start another


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    with data_directory() as data, running(data) as up:
        assert eventually(lambda: health(up)[0] == 200)
        yield up


def health(up: Up) -> tuple[int, dict[str, str]]:
    """Return what the port of its own says."""
    port = json.loads((up.data / "environment.json").read_text())["CONFAB_HEALTH_PORT"]
    try:
        with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1) as answer:
            return answer.status, json.load(answer)["processes"]
    except HTTPError as error:
        return error.code, json.load(error)["processes"]


def test_every_process_is_named(up: Up) -> None:
    status, processes = health(up)

    assert status == 200
    assert sorted(name.split()[0] for name in processes) == ["grpc", "web", "web", "worker"]
    assert set(processes.values()) == {"ok"}


def test_frozen_processes_are_named_and_replaced_while_the_others_work(up: Up) -> None:
    web = the(up, "granian")
    frozen = {"web": survivors(web.children())[0], "grpc": the(up, "grpc"), "worker": the(up, "celery")}
    others = [web, *(process for process in survivors(web.children()) if process != frozen["web"])]
    for process in frozen.values():
        process.send_signal(signal.SIGSTOP)

    assert eventually(lambda: _names(up, frozen), WITHIN_SECONDS)
    assert eventually(lambda: not survivors(list(frozen.values())), WITHIN_SECONDS), up.output
    assert eventually(lambda: health(up)[0] == 200, WITHIN_SECONDS), health(up)
    assert survivors(others) == others, "nothing else was touched"
    for role, process in frozen.items():
        assert f"({role} {process.pid}) has not answered for 10 s: killing it" in up.output
    with Exporter(up) as exporter:
        exporter.expect_more()
    assert_takes_traces(up)


def _names(up: Up, frozen: dict[str, psutil.Process]) -> bool:
    status, processes = health(up)
    silent = {name for name, text in processes.items() if text.startswith("has not answered for")}
    return status == 503 and silent == {f"{role} {process.pid}" for role, process in frozen.items()}


def test_health_is_told_within_a_second_while_every_web_thread_waits(up: Up) -> None:
    """And threads that wait are not taken for frozen."""
    workers = survivors(the(up, "granian").children())
    head = f"POST /v1/traces HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {up.secret_key}\r\n"
    start = f"{head}Content-Type: application/json\r\nContent-Length: 5000\r\n\r\nhello".encode()
    with ExitStack() as stack:
        for _ in range(80):
            stack.enter_context(socket.create_connection(("127.0.0.1", up.port))).sendall(start)
        deadline = time.monotonic() + 12
        while time.monotonic() < deadline:
            assert health(up)[0] == 200
            time.sleep(0.5)
    assert survivors(workers) == workers
