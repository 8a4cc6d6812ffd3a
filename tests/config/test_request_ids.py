"""Each answer, log line and task has the id of its request, and the lines can be read by programs."""

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from celery import current_task, shared_task
from celery.contrib.testing.worker import start_worker
from django.test import Client

from config.celery import app
from config.log_formats import JsonFormatter, LineFormatter
from config.logs import CountingHandler
from projects.answered import ACCESS_LOGGER
from projects.models import Project
from projects.request_context import MAX_REQUEST_ID_CHARACTERS, RequestContext, current_context, entered
from tests import queue
from tests.config.exporting import eventually
from tests.conftest import Key
from tests.tracing import otlp
from tests.tracing.servers import free_port, running, web_server

log = logging.getLogger("tests.request_ids")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the log holds as JSON, the access log included."""
    handler = CountingHandler()
    handler.setStream(stream := io.StringIO())
    handler.setFormatter(JsonFormatter())
    access, root = logging.getLogger(ACCESS_LOGGER), logging.getLogger()
    root.addHandler(handler)
    access.setLevel(logging.INFO)
    yield stream
    access.setLevel(logging.WARNING)
    root.removeHandler(handler)
    handler.close()


def read(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def access_line(stream: io.StringIO) -> dict[str, Any]:
    [line] = [line for line in read(stream) if line["logger"] == ACCESS_LOGGER]
    return line


def test_a_sender_may_choose_the_id(client: Client) -> None:
    assert client.get("/docs", headers={"X-Request-ID": "edge:7f/3+a=b@eu"})["X-Request-ID"] == "edge:7f/3+a=b@eu"


@pytest.mark.parametrize("sent", ["", "a b", 'x"><script>', "é", "a\tb", "x" * (MAX_REQUEST_ID_CHARACTERS + 1)])
def test_any_other_id_is_replaced_by_one_of_ours(client: Client, sent: str) -> None:
    answered = client.get("/docs", headers={"X-Request-ID": sent})["X-Request-ID"]

    assert answered != sent
    assert len(answered) == 12
    assert int(answered, 16) >= 0


def test_the_access_log_names_the_route_and_never_the_address(client: Client, lines: io.StringIO) -> None:
    client.get("/docs/numbers?q=ana@example.com", headers={"X-Request-ID": "r-1"})

    line = access_line(lines)
    assert line["duration_ms"] >= 0
    assert {name: line[name] for name in ("method", "route", "status", "request_id")} == {
        "method": "GET",
        "route": "/docs/<slug:name>",
        "status": 200,
        "request_id": "r-1",
    }
    assert "ana" not in lines.getvalue()


@pytest.mark.django_db
def test_the_access_log_names_the_project_of_a_key(
    client: Client, project: Project, key: Key, lines: io.StringIO
) -> None:
    answer = client.post(
        "/v1/traces", otlp.body(otlp.span()), content_type=otlp.PROTOBUF, headers={"Authorization": key.bearer}
    )

    assert answer.status_code == 200
    assert access_line(lines)["project"] == project.pk


@pytest.mark.django_db
def test_what_is_logged_for_a_refused_request_has_its_id(client: Client, lines: io.StringIO) -> None:
    client.get("/project/7/nowhere", headers={"X-Request-ID": "r-2"})

    [warning] = [line for line in read(lines) if line["logger"] == "django.request"]
    assert warning["request_id"] == "r-2"
    assert "7" not in warning["message"]


def test_nothing_is_written_without_the_switch(client: Client, lines: io.StringIO) -> None:
    logging.getLogger(ACCESS_LOGGER).setLevel(logging.WARNING)

    client.get("/docs")

    assert read(lines) == []


def test_secrets_are_masked_and_a_traceback_stays_on_its_line(lines: io.StringIO) -> None:
    try:
        raise ValueError("no project has sk-live-tests-0123456789")
    except ValueError:
        log.exception("refused Basic cGstbGl2ZTpzay1saXZlLXRlc3Rz\nand more")

    [line] = read(lines)
    assert line["message"] == "refused Basic ***\nand more"
    assert "no project has sk-live***" in line["exception"]


def test_a_line_of_text_ends_in_the_id_before_its_traceback() -> None:
    record = logging.LogRecord("x", logging.ERROR, "", 0, "failed", None, None)
    with entered(RequestContext("r-3")):
        assert LineFormatter("%(message)s").format(record) == "failed (request r-3)"
    assert LineFormatter("%(message)s").format(record) == "failed"


@shared_task
def remember_context() -> None:
    """Notes what a task finds as its context."""
    found.append((current_context().request_id, current_context().task, current_task.name))


found: list[tuple[str, str, str]] = []


def test_a_task_has_the_id_of_the_request_that_started_it() -> None:
    queue.empty()
    found.clear()
    with entered(RequestContext("r-4")):
        remember_context.apply_async()
    remember_context.apply_async()
    with start_worker(app, pool="solo", perform_ping_check=False):
        assert eventually(lambda: len(found) == 2, 30)

    name = remember_context.name
    assert found == [("r-4", name, name), ("", name, name)]


@pytest.mark.django_db(transaction=True)
def test_the_real_servers_answer_with_the_id(key: Key) -> None:
    port = free_port()
    with web_server() as web, running("manage.py", "grpc", "--port", str(port), port=port):
        assert web.post("/v1/traces", b"", X_Request_ID="r-5").headers["X-Request-ID"] == "r-5"
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            call = channel.unary_unary("/opentelemetry.proto.collector.trace.v1.TraceService/Export")
            sent = [("authorization", key.bearer), ("x-request-id", "r-6")]
            _, answer = call.with_call(otlp.body(otlp.span()), metadata=sent, timeout=20)
            assert ("x-request-id", "r-6") in answer.initial_metadata()


def test_an_unknown_format_is_refused_by_its_variable() -> None:
    environment = os.environ | {"CONFAB_LOG_FORMAT": "xml"}
    done = subprocess.run([sys.executable, "manage.py", "check"], env=environment, capture_output=True, text=True)

    assert "CONFAB_LOG_FORMAT: 'xml' is none of text, json." in done.stderr
