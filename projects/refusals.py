"""The last resort for requests that are at fault: they are refused with a reason instead of an internal error.

Every value should be checked where it is read. A request that slips through ends in one of these errors: it names
something that does not exist, repeats something, or contains a value that no database stores. The log names the place,
so that the check can be added there, and never the value, which is somebody's text."""

import logging
import traceback
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from psycopg.errors import ForeignKeyViolation, UniqueViolation

from projects.access import NUL
from projects.faults import fault_page, way_back

log = logging.getLogger(__name__)
APP_DIRECTORIES = tuple(f"{settings.BASE_DIR}/{room}/" for room in ("config", "projects", "tracing", "sessions"))


class RefusedRequest(NamedTuple):
    """Status and reason of a refusal, and a title if that of the status does not fit."""

    status: int
    reason: str
    title: str = ""


Refusals = Mapping[type[BaseException], RefusedRequest]

GONE = RefusedRequest(404, "This no longer exists. Somebody may have deleted it just now.", "This is gone.")
DOUBLED = RefusedRequest(409, "This was sent twice at the same time. It already exists.")
NUL_REFUSED = RefusedRequest(400, "No text may contain a null character.")
# The same request would end in the same error again.
OF_VALUES: Refusals = {
    DataError: RefusedRequest(400, "A value is out of the range that can be stored."),
    OverflowError: RefusedRequest(400, "A number or a time is out of the range that can be stored."),
    UnicodeEncodeError: RefusedRequest(400, "A text holds half a character. Send valid UTF-8."),
    RecursionError: RefusedRequest(400, "A value is nested too deeply."),
}
# These errors depend on what others do at the same time.
OF_MOMENTS: Refusals = {
    ObjectDoesNotExist: GONE,
    FileNotFoundError: GONE,
    ForeignKeyViolation: GONE,
    UniqueViolation: DOUBLED,
}
EVERY: Refusals = {**OF_VALUES, **OF_MOMENTS}


def refusal_of(error: Exception, kinds: Refusals = EVERY) -> RefusedRequest | None:
    """Return the refusal for `error`, or None if the fault may be ours. The place is logged."""
    found = next((kinds[kind] for kind in kinds if isinstance(error, kind) or isinstance(error.__cause__, kind)), None)
    if found is not None:
        log.warning("refused a request late: %s at %s", type(error).__name__, _place(error))
    return found


def _place(error: Exception) -> str:
    """Return the innermost line of our code that the error came through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if frame.filename.startswith(APP_DIRECTORIES)]
    last = (ours or frames)[-1]
    return f"{last.filename}:{last.lineno}"


class RefusedPages:
    """Middleware that refuses pages' requests with null characters, and those that are at fault for an error.

    It must stand last."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if request.path_info.startswith("/api/"):
            return None
        texts = [text for name, values in request.POST.lists() for text in (name, *values)]
        is_refused = any("\x00" in text for text in texts) or NUL in request.META.get("QUERY_STRING", "")
        return refused(request, NUL_REFUSED) if is_refused else None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        refusal = refusal_of(error)
        return refusal and refused(request, refusal)


def refused(request: HttpRequest, refusal: RefusedRequest) -> HttpResponse:
    """Return a complete page with the reason, also for a request for a fragment."""
    return fault_page(request, refusal.status, refusal.reason, title=refusal.title, steps=[way_back(request)])
