"""The traps of OTLP over HTTP, one test each, against the web server that users run."""

import gzip
import json
import socket
import time
import zlib
from collections.abc import Callable, Iterator

import pytest
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from projects.models import Project
from tests.conftest import Key
from tests.patience import least
from tests.tracing import otlp
from tests.tracing.servers import Web, free_port, web_server
from tracing import zstd
from tracing.limits.table import BODY, UNPACKED_BODY
from tracing.models import IngestionIssue, Span
from tracing.records import Reason

pytestmark = pytest.mark.django_db(transaction=True)
PATHS = ["/v1/traces", "/api/public/otel/v1/traces"]
PACKERS = {"gzip": gzip.compress, "deflate": zlib.compress, "zstd": zstd.compress}


def names(project: Project) -> list[str]:
    return sorted(Span.objects.for_project(project).values_list("name", flat=True))


def chunks(data: bytes, size: int = 100) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def issues(project: Project) -> dict[str, int]:
    return dict(IngestionIssue.objects.for_project(project).values_list("reason", "count"))


@pytest.mark.parametrize("path", PATHS)
def test_what_is_answered_with_200_is_committed(web: Web, project: Project, key: Key, path: str) -> None:
    response = web.post(
        path, otlp.body(otlp.span("a"), otlp.span("b")), Authorization=key.basic, Content_Type=otlp.PROTOBUF
    )

    assert (response.status, response.content) == (200, b"")
    assert response.headers["Content-Type"] == otlp.PROTOBUF
    assert names(project) == ["a", "b"]


def test_json_is_answered_in_json(web: Web, project: Project, key: Key) -> None:
    body = json.dumps(otlp.json_request(otlp.json_span("a"))).encode()

    response = web.post(PATHS[0], body, Authorization=key.bearer, Content_Type=otlp.JSON)

    assert (response.status, response.content) == (200, b"{}")
    assert response.headers["Content-Type"] == otlp.JSON
    assert names(project) == ["a"]


def test_replaying_a_request_changes_nothing(web: Web, project: Project, key: Key) -> None:
    body = otlp.body(otlp.span("a"))

    for _ in range(3):
        web.post(PATHS[0], body, Authorization=key.bearer, Content_Type=otlp.PROTOBUF)

    assert names(project) == ["a"]


def test_chunked_bodies_without_a_length_are_read_whole(web: Web, project: Project, key: Key) -> None:
    """JavaScript's exporters send every body so."""
    body = chunks(otlp.body(*[otlp.span(f"step {n}") for n in range(50)]))

    response = web.post(
        PATHS[0], body, Authorization=key.bearer, Content_Type=otlp.PROTOBUF, Transfer_Encoding="chunked"
    )

    assert response.status == 200
    assert len(names(project)) == 50


def test_an_empty_chunked_body_is_an_error(web: Web, project: Project, key: Key) -> None:
    response = web.post(
        PATHS[0], iter(()), Authorization=key.bearer, Content_Type=otlp.PROTOBUF, Transfer_Encoding="chunked"
    )

    assert response.status == 400
    assert issues(project) == {Reason.BODY_UNREADABLE: 1}


def test_an_empty_request_is_taken(web: Web, key: Key) -> None:
    assert web.post(PATHS[0], b"", Authorization=key.bearer, Content_Type=otlp.PROTOBUF).status == 200


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda data: zlib.compress(data, wbits=-15)),
        ("zstd", zstd.compress),
        ("zstd", lambda data: zstd.compress(data[:40]) + zstd.compress(data[40:])),
        ("gzip", lambda data: gzip.compress(data[:40]) + gzip.compress(data[40:])),
        ("identity", bytes),
    ],
)
def test_packed_bodies_are_unpacked(web: Web, project: Project, key: Key, encoding: str, pack: object) -> None:
    body = pack(otlp.body(otlp.span("a")))  # type: ignore[operator]

    response = web.post(PATHS[0], body, Authorization=key.bearer, Content_Type=otlp.PROTOBUF, Content_Encoding=encoding)

    assert response.status == 200
    assert names(project) == ["a"]


@pytest.mark.parametrize("encoding", PACKERS)
@pytest.mark.parametrize(
    "body", [b"", b"no", *(pack(b"x" * 99)[:-5] for pack in PACKERS.values())], ids=["empty", "no", *PACKERS]
)  # gzip writes the time, which must not be in a name
def test_damaged_packed_bodies_are_unreadable(web: Web, key: Key, encoding: str, body: bytes) -> None:
    response = web.post(PATHS[0], body, Authorization=key.bearer, Content_Type=otlp.PROTOBUF, Content_Encoding=encoding)

    assert response.status == 400


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("zstd", zstd.compress)])
def test_a_bomb_is_refused_while_it_unpacks(
    web: Web, project: Project, key: Key, encoding: str, pack: Callable[[bytes], bytes]
) -> None:
    bomb = pack(bytes(UNPACKED_BODY.value * 2))

    response = web.post(PATHS[0], bomb, Authorization=key.bearer, Content_Type=otlp.PROTOBUF, Content_Encoding=encoding)

    assert response.status == 413
    assert issues(project) == {Reason.BODY_TOO_LARGE: 1}


def test_a_body_that_says_it_is_too_large_is_refused_before_it_is_read(web: Web, key: Key) -> None:
    client = web.connect()
    client.putrequest("POST", PATHS[0])
    for name, value in [("Authorization", key.bearer), ("Content-Type", otlp.PROTOBUF)]:
        client.putheader(name, value)
    client.putheader("Content-Length", str(BODY.value + 1))
    client.endheaders()

    assert client.getresponse().status == 413
    client.close()


def test_a_chunked_body_above_the_limit_is_refused(web: Web, key: Key) -> None:
    body = (bytes(2**20) for _ in range(BODY.value // 2**20 + 1))

    response = web.post(
        PATHS[0], body, Authorization=key.bearer, Content_Type=otlp.PROTOBUF, Transfer_Encoding="chunked"
    )

    assert response.status == 413


def test_a_client_that_hangs_up_in_the_middle_stores_nothing(web: Web, project: Project, key: Key) -> None:
    first = otlp.body(otlp.span("a"))
    body = first + otlp.body(otlp.span("b"))
    head = f"POST /v1/traces HTTP/1.1\r\nHost: x\r\nAuthorization: {key.bearer}\r\nContent-Type: {otlp.PROTOBUF}\r\n"
    part = body[: len(first) + 3]
    for framing in (
        f"Content-Length: {len(body)}\r\n\r\n".encode() + first,  # a whole request by itself
        f"Transfer-Encoding: chunked\r\n\r\n{len(part):x}\r\n".encode() + part + b"\r\n",
    ):
        with socket.create_connection(("127.0.0.1", web.port)) as client:
            client.sendall(head.encode() + framing)
            time.sleep(0.2)
    time.sleep(0.5)

    assert names(project) == []


@pytest.mark.parametrize("authorization", ["", "Bearer sk-wrong", "Basic !", "Basic cGs6c2s=", "Token x"])
def test_a_wrong_key_is_answered_with_401(web: Web, key: Key, authorization: str) -> None:
    response = web.post(PATHS[0], otlp.body(otlp.span()), Authorization=authorization, Content_Type=otlp.PROTOBUF)

    assert response.status == 401


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_another_content_type_is_answered_with_415(web: Web, project: Project, key: Key, content_type: str) -> None:
    response = web.post(PATHS[0], otlp.body(otlp.span()), Authorization=key.bearer, Content_Type=content_type)

    assert response.status == 415
    assert issues(project) == {Reason.UNSUPPORTED_CONTENT: 1}


def test_an_unknown_encoding_is_answered_with_415(web: Web, key: Key) -> None:
    response = web.post(PATHS[0], b"x", Authorization=key.bearer, Content_Type=otlp.PROTOBUF, Content_Encoding="br")

    assert response.status == 415


def test_errors_have_the_shape_that_otlp_clients_parse(web: Web, key: Key) -> None:
    binary = web.post(PATHS[0], b"\xff", Authorization=key.bearer, Content_Type=otlp.PROTOBUF)
    text = web.post(PATHS[0], b"{", Authorization=key.bearer, Content_Type=otlp.JSON)

    status = Status.FromString(binary.content)
    assert (binary.headers["Content-Type"], status.code) == (otlp.PROTOBUF, 3)
    assert "not an OTLP protobuf message" in status.message
    assert (text.headers["Content-Type"], json.loads(text.content)["code"]) == (otlp.JSON, 3)


def test_a_span_without_valid_ids_is_named_in_partial_success(web: Web, project: Project, key: Key) -> None:
    bad = otlp.span()
    bad.trace_id = b"short"

    response = web.post(PATHS[0], otlp.body(otlp.span("a"), bad), Authorization=key.bearer, Content_Type=otlp.PROTOBUF)

    partial = ExportTraceServiceResponse.FromString(response.content).partial_success
    assert (response.status, partial.rejected_spans) == (200, 1)
    assert "invalid_id: 1" in partial.error_message
    assert (names(project), issues(project)) == (["a"], {Reason.INVALID_ID: 1})


def test_a_dropped_session_id_is_a_warning_that_rejects_nothing(web: Web, project: Project, key: Key) -> None:
    body = json.dumps(
        otlp.json_request(otlp.json_span("a", attributes=[{"key": "session.id", "value": {"stringValue": "x" * 201}}]))
    ).encode()

    response = web.post(PATHS[0], body, Authorization=key.bearer, Content_Type=otlp.JSON)

    partial = json.loads(response.content)["partialSuccess"]
    assert partial["rejectedSpans"] == "0"
    assert "session_id_too_long: 1" in partial["errorMessage"]
    assert names(project) == ["a"]


@pytest.mark.parametrize("path", ["//api/public/otel/v1/traces", "///v1/traces"])
def test_a_base_url_that_ends_in_a_slash_works(web: Web, project: Project, key: Key, path: str) -> None:
    response = web.post(path, otlp.body(otlp.span("a")), Authorization=key.bearer, Content_Type=otlp.PROTOBUF)

    assert response.status == 200
    assert names(project) == ["a"]


@pytest.mark.parametrize(
    "path", ["/v1/traces/", "/api/public/otel/v1/traces/", "/v1/unknown", "/api/public/x/", "//v1"]
)
def test_no_path_of_an_sdk_redirects(web: Web, key: Key, path: str) -> None:
    """Exporters take a redirect for success."""
    response = web.post(path, otlp.body(otlp.span()), Authorization=key.bearer, Content_Type=otlp.PROTOBUF)

    assert response.status == 404


def test_any_host_name_reaches_the_endpoints(web: Web, project: Project, key: Key) -> None:
    response = web.post(
        PATHS[0],
        otlp.body(otlp.span("a")),
        Authorization=key.bearer,
        Content_Type=otlp.PROTOBUF,
        Host="confab.internal",
    )

    assert response.status == 200


def test_nul_in_names_and_texts_is_stored(web: Web, project: Project, key: Key) -> None:
    body = otlp.body(otlp.span("a\x00b", session__id="x\x00y", input="\x00"))

    assert web.post(PATHS[0], body, Authorization=key.bearer, Content_Type=otlp.PROTOBUF).status == 200
    assert len(names(project)) == 1


def test_a_method_other_than_post_is_answered_with_405(web: Web, key: Key) -> None:
    client = web.connect()
    client.request("GET", PATHS[0], headers={"Authorization": key.bearer})

    assert client.getresponse().status == 405
    client.close()


def test_without_a_database_the_client_is_asked_to_come_again_within_a_second(django_db_setup: None) -> None:
    """A 500 would be data lost: no exporter repeats it."""
    nowhere = f"postgresql://nobody@127.0.0.1:{free_port()}/nothing"
    with web_server(DATABASE_URL=nowhere) as server:
        server.post(PATHS[0], b"", Authorization="Bearer sk-x", Content_Type=otlp.PROTOBUF)

        def seconds() -> float:
            start = time.monotonic()
            response = server.post(
                PATHS[0], otlp.body(otlp.span()), Authorization="Bearer sk-x", Content_Type=otlp.PROTOBUF
            )
            assert (response.status, response.headers["Retry-After"]) == (503, "1")
            return time.monotonic() - start

        assert least(seconds, 1) < 1


def test_clients_that_stall_do_not_hold_up_the_others(web: Web, project: Project, key: Key) -> None:
    head = f"POST /v1/traces HTTP/1.1\r\nHost: x\r\nAuthorization: {key.bearer}\r\nContent-Type: {otlp.PROTOBUF}\r\n"
    stalled = [socket.create_connection(("127.0.0.1", web.port)) for _ in range(3)]
    for client in stalled:
        client.sendall(f"{head}Content-Length: 5000\r\n\r\nhello".encode())

    response = web.post(PATHS[0], otlp.body(otlp.span("a")), Authorization=key.bearer, Content_Type=otlp.PROTOBUF)

    assert (response.status, names(project)) == (200, ["a"]), "while none of them has sent the rest"
    for client in stalled:
        client.close()
