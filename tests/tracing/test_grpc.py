"""OTLP over gRPC against the real server: the codes decide what an exporter repeats and what it gives up."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub

from projects.models import Project
from tests.conftest import Key
from tests.tracing import otlp
from tests.tracing.servers import ROOT, free_port, running
from tracing.limits.table import BODY
from tracing.models import IngestionIssue, Span
from tracing.records import Reason

pytestmark = pytest.mark.django_db(transaction=True)
BIG = [("grpc.max_send_message_length", -1)]
EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


@pytest.fixture(scope="module")
def port(django_db_setup: None) -> Iterator[int]:
    number = free_port()
    with running("manage.py", "grpc", "--port", str(number), port=number):
        yield number


@pytest.fixture
def channel(port: int) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(f"127.0.0.1:{port}", options=BIG) as opened:
        yield opened


def export(channel: grpc.Channel, body: bytes, authorization: str, **options: object) -> ExportTraceServiceResponse:
    """Sends any bytes as the message."""
    call = channel.unary_unary(EXPORT, response_deserializer=ExportTraceServiceResponse.FromString)
    metadata = [("authorization", authorization)] if authorization else []
    return call(body, metadata=metadata, timeout=20, **options)  # type: ignore[arg-type]


def refused(channel: grpc.Channel, body: bytes, authorization: str, **options: object) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        export(channel, body, authorization, **options)
    return caught.value


def names(project: Project) -> list[str]:
    return sorted(Span.objects.for_project(project).values_list("name", flat=True))


@pytest.mark.parametrize(
    "compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip, grpc.Compression.Deflate]
)
def test_what_is_acknowledged_is_committed(
    channel: grpc.Channel, project: Project, key: Key, compression: grpc.Compression
) -> None:
    stub = TraceServiceStub(channel)

    response = stub.Export(
        otlp.request(otlp.span("a")), metadata=[("authorization", key.bearer)], compression=compression, timeout=20
    )

    assert response == ExportTraceServiceResponse()
    assert names(project) == ["a"]


@pytest.mark.parametrize("scheme", ["basic", "bearer"])
def test_both_schemes_of_keys_are_taken(channel: grpc.Channel, project: Project, key: Key, scheme: str) -> None:
    export(channel, otlp.body(otlp.span("a")), getattr(key, scheme))

    assert names(project) == ["a"]


@pytest.mark.parametrize("authorization", ["", "Bearer sk-wrong", "nonsense"])
def test_a_wrong_key_is_not_repeated(channel: grpc.Channel, key: Key, authorization: str) -> None:
    assert refused(channel, otlp.body(otlp.span()), authorization).code() is grpc.StatusCode.UNAUTHENTICATED


def test_an_unreadable_message_is_not_repeated(channel: grpc.Channel, project: Project, key: Key) -> None:
    error = refused(channel, b"\xff\xff", key.bearer)

    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert IngestionIssue.objects.for_project(project).get().reason == Reason.BODY_UNREADABLE


def test_a_span_without_valid_ids_is_named_in_partial_success(
    channel: grpc.Channel, project: Project, key: Key
) -> None:
    bad = otlp.span()
    bad.span_id = b""

    partial = export(channel, otlp.body(otlp.span("a"), bad), key.bearer).partial_success

    assert (partial.rejected_spans, names(project)) == (1, ["a"])
    assert "invalid_id: 1" in partial.error_message


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
def test_a_message_above_the_limit_is_refused_packed_or_not(
    channel: grpc.Channel, key: Key, compression: grpc.Compression
) -> None:
    error = refused(channel, bytes(BODY.value + 1), key.bearer, compression=compression)

    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "google.rpc.retryinfo-bin" not in dict(error.trailing_metadata())


def test_another_method_is_unimplemented(channel: grpc.Channel, key: Key) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary("/some.Service/Call")(b"", timeout=20)

    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_without_a_database_the_exporter_is_told_when_to_come_again(django_db_setup: None) -> None:
    number, nowhere = free_port(), f"postgresql://nobody@127.0.0.1:{free_port()}/nothing"
    with (
        running("manage.py", "grpc", "--port", str(number), port=number, DATABASE_URL=nowhere),
        grpc.insecure_channel(f"127.0.0.1:{number}") as channel,
    ):
        error = refused(channel, otlp.body(otlp.span()), "Bearer sk-x")

    trailers = dict(error.trailing_metadata())
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert RetryInfo.FromString(trailers["google.rpc.retryinfo-bin"]).retry_delay.seconds == 1
    status = Status.FromString(trailers["grpc-status-details-bin"])
    delay = RetryInfo()
    assert status.details[0].Unpack(delay)
    assert (status.code, delay.retry_delay.seconds) == (14, 1)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command to make a certificate")
def test_a_certificate_turns_the_port_to_tls(tmp_path: Path, project: Project, key: Key) -> None:
    chain, private = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    )
    subprocess.run([*command.split(), "-keyout", private, "-out", chain], check=True, capture_output=True)
    number = free_port()
    tls = ("--tls-cert", str(chain), "--tls-key", str(private))
    credentials = grpc.ssl_channel_credentials(chain.read_bytes())
    with (
        running("manage.py", "grpc", "--port", str(number), *tls, port=number),
        grpc.secure_channel(f"localhost:{number}", credentials) as channel,
    ):
        export(channel, otlp.body(otlp.span("a")), key.bearer)

    assert names(project) == ["a"]


def test_several_processes_share_the_port_and_a_killed_one_is_replaced(project: Project, key: Key) -> None:
    number = free_port()
    with running("manage.py", "grpc", "--port", str(number), "--processes", "2", port=number) as server:
        before = children(server.pid)
        os.kill(min(before), signal.SIGKILL)
        while len(after := children(server.pid) - {min(before)}) < 2:
            pass
        for _ in range(4):
            with grpc.insecure_channel(f"127.0.0.1:{number}") as channel:
                export(channel, otlp.body(otlp.span("a")), key.bearer, wait_for_ready=True)
        server.terminate()

        assert server.wait(10) == 0
    assert len(before) == len(after) == 2
    assert len(names(project)) == 4


def children(pid: int) -> set[int]:
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def test_a_port_that_is_taken_is_a_clear_error(port: int) -> None:
    second = subprocess.run(
        [sys.executable, "manage.py", "grpc", "--port", str(port)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )

    assert second.returncode == 1
    assert f"Cannot serve gRPC on 127.0.0.1:{port}" in second.stderr
