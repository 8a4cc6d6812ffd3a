"""Traces of Confab itself and its failures reach real servers, without a word of what tenants sent."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from django.test import Client
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from pytest_django.fixtures import Settings

from config.request_ids import carry, enter_task, leave_task
from projects.models import Project
from projects.observing import own_traces
from tests.conftest import Key
from tests.live import BASE_DIR

SAID = "My password is tangerine"


class Receiver:
    """A server that keeps what it is sent."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                is_packed = self.headers.get("Content-Encoding") == "gzip"
                receiver.bodies.append(gzip.decompress(body) if is_packed else body)
                receiver.headers.append({name.lower(): value for name, value in self.headers.items()})
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def spans(self) -> list[Any]:
        requests = [ExportTraceServiceRequest.FromString(body) for body in self.bodies]
        return [
            span
            for one in requests
            for resource in one.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def provider(receiver: Receiver, settings: Settings) -> Iterator[Any]:
    settings.TRACES_ENDPOINT = f"http://{receiver.address}/v1/traces"
    settings.TRACES_HEADERS = {"Authorization": "Bearer of-the-collector"}
    yield own_traces.begin("web")
    own_traces._tracer = None


def attributes(span: Any) -> dict[str, Any]:
    return {one.key: one.value.string_value or one.value.int_value for one in span.attributes}


class Task:
    """What Celery tells of a task."""

    name = "tracing.tasks.of_a_test"

    def __init__(self, headers: dict[str, Any]) -> None:
        self.request = headers


@pytest.mark.django_db
def test_a_request_and_the_task_that_it_starts_are_one_trace_without_texts(
    client: Client, key: Key, project: Project, receiver: Receiver, provider: Any
) -> None:
    asked = {"Authorization": key.bearer, "X-Request-ID": "asked-by-a-test"}
    assert client.get(f"/api/v1/sessions/{SAID}", {"q": SAID}, headers=asked).status_code == 400
    with own_traces.own_span(own_traces.RequestContext("r1", "api", route="/outer")):
        headers: dict[str, Any] = {}
        carry(headers)
    enter_task("t1", Task(headers))
    leave_task("t1")
    provider.shutdown()

    page, outer, task = receiver.spans()
    assert page.name == "GET /api/v1/sessions/<id:session_id>"
    told = attributes(page)
    assert told["http.response.status_code"] == 400
    assert (told["confab.project_id"], told["confab.request_id"]) == (project.pk, "asked-by-a-test")
    assert (task.name, task.trace_id, task.parent_span_id) == (Task.name, outer.trace_id, outer.span_id)
    assert receiver.headers[0]["authorization"] == "Bearer of-the-collector"
    assert SAID.encode() not in b"".join(receiver.bodies)


@pytest.mark.django_db
def test_an_installation_refuses_its_own_traces(client: Client, key: Key, receiver: Receiver, provider: Any) -> None:
    with own_traces.own_span(own_traces.RequestContext("r1", "api", route="/outer")):
        pass
    provider.shutdown()
    sent = {"Authorization": key.bearer, "x-confab-traces-of": receiver.headers[0]["x-confab-traces-of"]}

    def send() -> Any:
        return client.post("/v1/traces", receiver.bodies[0], content_type="application/x-protobuf", headers=sent)

    refused = send()
    assert (refused.status_code, b"this installation itself" in refused.content) == (400, True)
    sent["x-confab-traces-of"] = "another"
    assert send().status_code == 200


FAILING = f"""
import logging
import django
django.setup()
from django.db import IntegrityError
from projects.observing import failures
from projects.request_context import RequestContext, entered
failures.begin("web")
with entered(RequestContext("asked-by-a-test", route="/api/v1/sessions", project_id=7)):
    text = {SAID!r}
    try:
        raise IntegrityError("invalid value " + text + "\\nDETAIL:  Failing row contains (7, " + text + ").")
    except IntegrityError:
        logging.getLogger("tracing").exception("no row with %s", text, extra={{"said": text}})
import sentry_sdk
sentry_sdk.flush()
"""


def test_a_failure_is_sent_with_its_place_and_without_texts(receiver: Receiver) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SENTRY_DSN": f"http://key@{receiver.address}/1",
    }
    subprocess.run([sys.executable, "-c", FAILING], cwd=BASE_DIR, env=environment, check=True, capture_output=True)

    event = next(
        one for body in receiver.bodies for line in body.splitlines() if "exception" in (one := json.loads(line))
    )
    assert event["tags"] == {
        "role": "web",
        "request_id": "asked-by-a-test",
        "route": "/api/v1/sessions",
        "project": "7",
    }
    error = event["exception"]["values"][0]
    assert (error["type"], error["value"]) == ("IntegrityError", "")
    assert error["stacktrace"]["frames"]
    assert event["logentry"]["message"] == "no row with %s"
    assert SAID.encode() not in b"".join(receiver.bodies)


@pytest.mark.parametrize(
    ("variable", "value", "package", "words"),
    [
        ("SENTRY_DSN", "https://key@sentry.example.com/1", "sentry_sdk", "./run install requirements-watch.lock"),
        ("CONFAB_TRACES_ENDPOINT", "https://c:4318/v1/traces", "opentelemetry.sdk", "install requirements-watch.lock"),
        ("CONFAB_STORAGE", "storages.backends.s3.S3Storage", "storages", "./run install requirements-s3.lock"),
        ("CONFAB_BACKUP_TO", "s3://bucket/directory", "storages", "./run install requirements-s3.lock"),
    ],
)
def test_a_setting_without_its_packages_says_how_to_install_them(
    variable: str, value: str, package: str, words: str
) -> None:
    told = refusal(variable, value, f"import sys; sys.modules[{package!r}] = None")
    assert variable in told
    assert words in told


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("CONFAB_TRACES_ENDPOINT", "collector:4318", "no URL that begins with http:// or https://"),
        ("CONFAB_TRACES_HEADERS", '{"a": 1}', "JSON such as"),
        ("CONFAB_TRACES_SHARE", "1.5", "'1.5' is not between 0 and 1"),
    ],
)
def test_a_setting_that_cannot_be_followed_is_named(variable: str, value: str, words: str) -> None:
    told = refusal(variable, value)
    assert variable in told
    assert words in told


def refusal(variable: str, value: str, before: str = "") -> str:
    """What is said of a setting when programs start, here after a statement that stands for their environment."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", variable: value}
    command = [sys.executable, "-c", f"{before}\nfrom django.conf import settings; settings.DEBUG"]
    return subprocess.run(command, cwd=BASE_DIR, env=environment, capture_output=True, text=True).stderr
