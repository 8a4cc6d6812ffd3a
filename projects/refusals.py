"""The last resort for requests that cannot be followed: whoever sent one is told so, not that we broke.

Every value is checked where it is read. What slips through there ends in one of these errors, all of which say that
the request is at fault: it names what is not there, repeats what is there, or holds what no database stores. The log
says where, so that the check can be added, and never what: that is somebody's text."""

import logging
import traceback
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from psycopg.errors import ForeignKeyViolation, UniqueViolation

from projects.access import NUL

log = logging.getLogger(__name__)
ROOMS = tuple(f"{settings.BASE_DIR}/{room}/" for room in ("config", "projects", "tracing", "sessions"))


class RefusedRequest(NamedTuple):
    status: int
    reason: str


Refusals = Mapping[type[BaseException], RefusedRequest]

GONE = RefusedRequest(404, "What the request is about is gone. Somebody may have deleted it just now.")
DOUBLED = RefusedRequest(409, "The same was sent twice at the same moment. It is there already.")
NUL_REFUSED = RefusedRequest(400, "No text may contain a null character.")
# Sent again, these would end in the same error.
OF_VALUES: Refusals = {
    DataError: RefusedRequest(400, "A value is out of the range that can be stored."),
    OverflowError: RefusedRequest(400, "A number or a time is out of the range that can be stored."),
    UnicodeEncodeError: RefusedRequest(400, "A text holds half a character. Send valid UTF-8."),
    RecursionError: RefusedRequest(400, "A value nests too deep."),
}
# These depend on what others do at the same time.
OF_MOMENTS: Refusals = {
    ObjectDoesNotExist: GONE,
    FileNotFoundError: GONE,
    ForeignKeyViolation: GONE,
    UniqueViolation: DOUBLED,
}
EVERY: Refusals = {**OF_VALUES, **OF_MOMENTS}


def refusal_of(error: Exception, kinds: Refusals = EVERY) -> RefusedRequest | None:
    """Return how to refuse a request that ended in `error`, or None if the fault may be ours. Log where it happened."""
    found = next((kinds[kind] for kind in kinds if isinstance(error, kind) or isinstance(error.__cause__, kind)), None)
    if found is not None:
        log.warning("refused a request late: %s at %s", type(error).__name__, _place(error))
    return found


def _place(error: Exception) -> str:
    """Return the last line of ours that the error came through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if frame.filename.startswith(ROOMS)]
    last = (ours or frames)[-1]
    return f"{last.filename}:{last.lineno}"


class RefusedPages:
    """Middleware, to stand last: refuses pages' requests that hold null characters, and those that ended in an error
    of the request's making."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if request.path_info.startswith("/api/"):
            return None
        texts = [text for name, given in request.POST.lists() for text in (name, *given)]
        is_refused = any("\x00" in text for text in texts) or NUL in request.META.get("QUERY_STRING", "")
        return refused(request, NUL_REFUSED) if is_refused else None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        found = refusal_of(error)
        return found and refused(request, found)


def refused(request: HttpRequest, refusal: RefusedRequest) -> HttpResponse:
    """Return a page that says why, which stands by itself also where a fragment was asked for."""
    return render(request, "refused.html", {"reason": refusal.reason}, status=refusal.status)
