"""OTLP over gRPC, the default transport of Laminar's SDKs: the same keys, limits and reasons as over HTTP.

Handlers get undecoded messages, so that we, and not the library, answer and count an unreadable one."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, NoReturn

import grpc
from django.db import close_old_connections
from django.utils.datastructures import CaseInsensitiveMapping

from projects.answered import note_answer
from projects.models import Project
from projects.observing.own_traces import own_span
from projects.request_context import REQUEST_ID_HEADER, RequestContext, chosen_id, current_context, entered
from tracing.ingest import quota
from tracing.ingest.database_watchdog import watchdog
from tracing.ingest.intake import authenticated, count_refusal, note, refused_by, take_logs, take_metrics, take_traces
from tracing.ingest.key_rate_limit import admit
from tracing.ingest.slots import BUSY_MESSAGE, SLOT_WAIT_SECONDS
from tracing.limits.table import BODY
from tracing.wire.otlp import PROTOBUF
from tracing.wire.refusals import IngestRefused, IngestUnavailable
from tracing.wire.responses import Outcome, export_response, retry_info, status_message

GRPC_THREADS = 12  # as in a web process: one project may take half of them


class Certificate(NamedTuple):
    """A PEM certificate chain and its private key."""

    chain: bytes
    key: bytes


ExportFunction = Callable[[Project, bytes, str, CaseInsensitiveMapping[str]], Outcome]
EXPORT_METHODS: dict[str, ExportFunction] = {
    "/opentelemetry.proto.collector.trace.v1.TraceService/Export": take_traces,
    "/opentelemetry.proto.collector.logs.v1.LogsService/Export": take_logs,
    "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export": take_metrics,
}


class Exports(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # generic only in its stubs
    """Handler that finds the export of a call. gRPC asks it when the call arrives, before a thread is free."""

    def service(self, details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        take = EXPORT_METHODS.get(details.method)
        if take is None:
            return None
        arrived = time.monotonic()

        def handle(message: bytes, context: grpc.ServicerContext) -> bytes:
            return logged(details.method, take, message, context, arrived=arrived)

        return grpc.unary_unary_rpc_method_handler(handle)


def logged(
    method: str, take: ExportFunction, message: bytes, context: grpc.ServicerContext, *, arrived: float
) -> bytes:
    """Answer under the id that the sender chose, or one of our own, and write the access log."""
    request_id = chosen_id(str(dict(context.invocation_metadata() or ()).get(REQUEST_ID_HEADER.lower(), "")))
    context.send_initial_metadata(((REQUEST_ID_HEADER.lower(), request_id),))
    work = RequestContext(request_id, "otlp-grpc", route=method)
    with entered(work), own_span(work):
        try:
            return answer(take, message, context, arrived=arrived)
        finally:
            code = context.code() or grpc.StatusCode.OK  # type: ignore[attr-defined]  # missing in its stubs
            work.status = code.name
            note_answer("gRPC", method, code.name, time.monotonic() - arrived, work.project_id)


def answer(take: ExportFunction, message: bytes, context: grpc.ServicerContext, *, arrived: float) -> bytes:
    """Authenticate and export, or end the call with the code to which exporters react correctly."""
    headers = CaseInsensitiveMapping({key: str(value) for key, value in context.invocation_metadata() or ()})
    project: Project | None = None
    close_old_connections()
    try:
        if time.monotonic() - arrived > SLOT_WAIT_SECONDS:
            raise IngestUnavailable(BUSY_MESSAGE)
        with watchdog.guard():
            key = authenticated(headers.get("authorization", ""))
            project = key.project
            current_context().project_id = project.pk
            admit(key.pk)
            if take is not take_metrics:  # nothing is kept of those
                quota.admit(project)
            return export_response(take(project, message, PROTOBUF, headers)).SerializeToString()
    except Exception as error:
        refused = refused_by(error)
        count_refusal(refused)
        if project is not None:
            note(project, refused, headers)
        abort(context, refused)
    finally:
        close_old_connections()


def abort(context: grpc.ServicerContext, refused: IngestRefused) -> NoReturn:
    """End the call. A delay is sent both as Python's exporter and as all others read it."""
    text = str(refused)
    if refused.retry_after is not None:
        details = status_message(refused.code.value[0], text, retry_after=refused.retry_after)
        delay = retry_info(refused.retry_after)
        context.set_trailing_metadata((("grpc-status-details-bin", details), ("google.rpc.retryinfo-bin", delay)))
    context.abort(refused.code, text)


def serve(address: str, *, certificate: Certificate | None = None, shared: bool = False) -> grpc.Server:
    """Return a started server. Raises RuntimeError if the address is in use.

    `shared` lets several processes listen on one port."""
    options: Sequence[tuple[str, Any]] = [
        ("grpc.max_receive_message_length", BODY.value),
        ("grpc.so_reuseport", int(shared)),
    ]
    server = grpc.server(ThreadPoolExecutor(GRPC_THREADS, "grpc"), handlers=[Exports()], options=options)
    if certificate is None:
        port = server.add_insecure_port(address)
    else:
        credentials = grpc.ssl_server_credentials([(certificate.key, certificate.chain)])
        port = server.add_secure_port(address, credentials)
    if not port:
        raise RuntimeError(f"cannot listen on {address}")
    server.start()
    return server
