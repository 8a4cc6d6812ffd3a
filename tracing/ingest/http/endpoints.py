"""The HTTP endpoints that SDKs send to. The answer is sent after the commit, and only exporters' own words are used."""

from collections.abc import Callable
from functools import wraps
from itertools import chain
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from projects.models import Project, Scope
from tracing.ingest.database_watchdog import pulse
from tracing.ingest.intake import authenticated, note, refused_by, take_logs, take_metrics, take_traces
from tracing.ingest.rate import admit
from tracing.wire import responses
from tracing.wire.bodies import read_body
from tracing.wire.otlp import media_type
from tracing.wire.refusals import Invalid, NotFound, WrongMethod
from tracing.wire.responses import Outcome

View = Callable[..., HttpResponseBase]


def answering(*methods: str) -> Callable[[View], View]:
    """For endpoints of machines: checks the method, and answers every failure in the shape that SDKs parse, with a
    status that makes them do the right thing."""

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            try:
                if request.method not in methods:
                    raise WrongMethod(f"{request.path} takes {' or '.join(methods)}, not {request.method}.")
                if any("\x00" in value for value in (*kwargs.values(), *chain(*dict(request.GET.lists()).values()))):
                    raise Invalid("No id and no parameter contains a null character.")
                with pulse.guard():
                    return view(request, **kwargs)
            except Exception as error:
                return responses.refusal(request, refused_by(error))

        return wrapped

    return decorate


def machine(*methods: str, scope: Scope = Scope.INGEST) -> Callable[[View], View]:
    """For those that need a key: checks it and its rate, calls `view(request, project, ...)`, and keeps every refusal
    on the project's Ingestion issues page."""

    def decorate(view: View) -> View:
        @answering(*methods)
        @wraps(view)
        def wrapped(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            key = authenticated(request.headers.get("Authorization", ""), scope)
            try:
                admit(key.pk, request)
                return view(request, key.project, **kwargs)
            except Exception as error:
                refused = refused_by(error)
                note(key.project, refused, request.headers)
                raise refused from error

        return wrapped

    return decorate


def otlp(take: Callable[..., Outcome], *, items: str) -> View:
    """The endpoint of one OTLP signal, protobuf or JSON."""

    @machine("POST")
    def endpoint(request: HttpRequest, project: Project) -> HttpResponse:
        content_type = media_type(request.content_type or "")
        outcome = take(project, read_body(request), content_type, request.headers)
        return responses.exported(request, outcome, items=items)

    return endpoint


traces = otlp(take_traces, items="Spans")
logs = otlp(take_logs, items="LogRecords")
metrics = otlp(take_metrics, items="DataPoints")


@machine("GET", "POST", "PUT", "PATCH", "DELETE")
def unknown(request: HttpRequest, project: Project) -> HttpResponse:
    """Whatever else an SDK asks for: a clear answer that it can parse."""
    raise NotFound(f"Confab has no {request.method} {request.path}. docs/dialects.md lists the calls that it serves.")
