"""Gives each request its id, answers with it, carries it into tasks, and writes the access log."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from django.http import HttpRequest, HttpResponse

from projects.answered import note_answer
from projects.observing.own_traces import inject, own_span
from projects.request_context import (
    REQUEST_ID_HEADER,
    REQUEST_ID_META,
    RequestContext,
    chosen_id,
    current_context,
    entered,
    project_id_of,
    route_of,
)

TASK_HEADER = "confab_request_id"

# What a path is for, by its beginning; the first that fits. Everything else is a page.
WIRES = {
    "/static/": "static",
    "/assets/": "static",
    "/v1/": "otlp-http",
    "/api/public/otel/": "otlp-http",
    "/api/public/ingestion": "langfuse",
    "/api/": "api",
}

_running: dict[str, ExitStack] = {}  # by the id of the task


def request_ids(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Return middleware that does this for HTTP. It must stand first.

    The time of an answer that is sent in pieces is the time until its first piece."""

    def middleware(request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        request_id = request.META[REQUEST_ID_META] = chosen_id(request.headers.get(REQUEST_ID_HEADER, ""))
        work = RequestContext(request_id, wire_of(request.path_info), request=request)
        with entered(work), own_span(work):
            response = get_response(request)
            work.status = response.status_code
            seconds = time.perf_counter() - began
            note_answer(request.method or "", route_of(request), response.status_code, seconds, project_id_of(request))
        response.headers[REQUEST_ID_HEADER] = request_id
        return response

    return middleware


def wire_of(path: str) -> str:
    """Return the way by which a request came, as metrics name it."""
    return next((wire for beginning, wire in WIRES.items() if path.startswith(beginning)), "page")


def carry(headers: dict[str, Any], **_: object) -> None:
    """Give the id of the present request, and its span, to a task that it starts."""
    if request_id := current_context().request_id:
        headers[TASK_HEADER] = request_id
    inject(headers)


def enter_task(task_id: str, task: Any, **_: object) -> None:
    """Begin a task under the id of the request that started it."""
    work = RequestContext(str(task.request.get(TASK_HEADER) or ""), task=task.name)
    contexts = _running[task_id] = ExitStack()
    contexts.enter_context(entered(work))
    contexts.enter_context(own_span(work, task.request))


def leave_task(task_id: str, **_: object) -> None:
    """End a task."""
    if contexts := _running.pop(task_id, None):
        contexts.close()
