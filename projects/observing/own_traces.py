"""Traces of Confab itself over OTLP: a span for each request and each task, with routes and ids but no texts.

Nothing is loaded without an endpoint in the settings. An installation refuses its own traces, by whatever name it is
reached: each would make further ones."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac

from projects.request_context import RequestContext, project_id_of, route_of

OWN_TRACES_HEADER = "X-Confab-Traces-Of"  # the installation that an export of traces is about
INSTALLATION_ID_CHARACTERS = 16

_tracer: Any = None


@cache
def installation_id() -> str:
    """Return what tells this installation from others and nobody can make its key of."""
    return salted_hmac("own traces", "installation", algorithm="sha256").hexdigest()[:INSTALLATION_ID_CHARACTERS]


def begin(role: str) -> Any:
    """Export the spans of this process from now on, if the settings name an endpoint. Return what provides them."""
    global _tracer
    if not settings.TRACES_ENDPOINT:
        return None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

    named = Resource.create({"service.name": "confab", "service.version": settings.VERSION, "confab.role": role})
    provider = TracerProvider(resource=named, sampler=ParentBased(TraceIdRatioBased(settings.TRACES_SHARE)))
    headers = settings.TRACES_HEADERS | {OWN_TRACES_HEADER.lower(): installation_id()}
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(settings.TRACES_ENDPOINT, headers=headers)))
    _tracer = provider.get_tracer("confab")
    return provider


@contextmanager
def own_span(work: RequestContext, sender: dict[str, Any] | None = None) -> Iterator[None]:
    """Make a span of the work inside the block. `sender` has the headers of the task that a request started."""
    if _tracer is None:
        yield
        return
    from opentelemetry.propagate import extract
    from opentelemetry.trace import SpanKind

    kind = SpanKind.CONSUMER if work.task else SpanKind.SERVER
    no_texts = {"record_exception": False, "set_status_on_exception": False}
    with _tracer.start_as_current_span(work.task or work.wire, extract(sender or {}), kind, **no_texts) as span:
        try:
            yield
        finally:
            _tell(span, work)


def _tell(span: Any, work: RequestContext) -> None:
    from opentelemetry.trace import Status, StatusCode

    request = work.request
    route = route_of(request) if request else work.route or work.task
    known = {
        "http.request.method": request.method if request else None,
        "http.route": route if request else None,
        "http.response.status_code": work.status if request else None,
        "rpc.method": work.route or None,
        "rpc.response.status_code": work.status if work.route else None,
        "confab.wire": work.wire,
        "confab.request_id": work.request_id,
        "confab.project_id": project_id_of(request) if request else work.project_id,
    }
    span.update_name(f"{request.method} {route}" if request else route)
    span.set_attributes({name: value for name, value in known.items() if value not in (None, "")})
    if isinstance(work.status, int) and work.status >= 500:
        span.set_status(Status(StatusCode.ERROR))


def inject(headers: dict[str, Any]) -> None:
    """Let the span of a task be below that of the request which starts it."""
    if _tracer is not None:
        from opentelemetry.propagate import inject as inject_parent

        inject_parent(headers)
