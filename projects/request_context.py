"""What this thread works on: a request or a task, by the id that its log lines have.

Whoever sends a request may choose its id, and gets it back; the tasks that it starts have the same one."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from secrets import token_hex

from django.http import HttpRequest

REQUEST_ID_HEADER = "X-Request-ID"
REQUEST_ID_META = "confab.request_id"  # in the environment of an HTTP request
MAX_REQUEST_ID_CHARACTERS = 64
REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=@-]+")


@dataclass(slots=True)
class RequestContext:
    """A request or task that is being worked on. A call over gRPC has a route and no HTTP request."""

    request_id: str = ""
    wire: str = ""
    task: str = ""
    route: str = ""
    project_id: int | None = None
    request: HttpRequest | None = None
    status: int | str = ""  # of the answer, once there is one


NO_REQUEST = RequestContext()
_current: ContextVar[RequestContext] = ContextVar("what this thread works on", default=NO_REQUEST)


def current_context() -> RequestContext:
    """Return what this thread works on, or NO_REQUEST."""
    return _current.get()


@contextmanager
def entered(context: RequestContext) -> Iterator[RequestContext]:
    """Work on `context` inside the block."""
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)


def chosen_id(text: str) -> str:
    """Return the id that a sender chose, or one of our own if that is missing, too long or not plain."""
    is_plain = len(text) <= MAX_REQUEST_ID_CHARACTERS and REQUEST_ID.fullmatch(text)
    return text if is_plain else token_hex(6)


def route_of(request: HttpRequest) -> str:
    """Return the pattern of a request's route, or the first part of its address if there is no route."""
    if match := getattr(request, "resolver_match", None):
        return f"/{match.route}"
    first = request.path.strip("/").partition("/")
    return f"/{first[0][:40]}/..." if first[1] else "/..."


def project_id_of(request: HttpRequest) -> int | None:
    """Return the project of a request's key or page, or None."""
    of_key = getattr(getattr(request, "auth", None), "project_id", None)
    match = getattr(request, "resolver_match", None)
    of_page = match.kwargs.get("project_id") if match else None
    return next((found for found in (of_key, of_page) if isinstance(found, int)), None)
