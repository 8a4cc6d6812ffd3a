"""Pages for requests that failed. If a server is only away for a moment, the client is asked to come again."""

import sys
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost, PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import Resolver404

from config.logs import is_outage
from projects.access import RoleRefused
from projects.faults import NextStep, elsewhere, fault_page, is_page, way_back
from projects.problems import is_of_program, problem_answer
from projects.request_context import current_context

FAILURE_RETRY_SECONDS = 5
API_PATHS = ("/api/", "/v1/")


def not_readable(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer a request that Django refuses as suspicious."""
    if isinstance(exception, DisallowedHost):
        known = (
            f"Confab does not answer at this address. Open {settings.BASE_URL} instead. If you run"
            " Confab: add the host name to CONFAB_ALLOWED_HOSTS."
        )
        return fault_page(request, 400, known, steps=[NextStep(f"Open {settings.BASE_URL}", settings.BASE_URL)])
    return fault_page(request, 400)


def not_allowed(request: HttpRequest, exception: PermissionDenied | None = None) -> HttpResponse:
    """Answer a person whose role is too low. The page says who can change that, and where they stand."""
    if isinstance(exception, RoleRefused):
        who = NextStep("See who can help", exception.members_address)
        return fault_page(request, 403, str(exception), title="Your role is too low.", steps=[way_back(request), who])
    return fault_page(request, 403, str(exception or ""), steps=elsewhere(request))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer a request for what does not exist. A slash too much at the end is forgiven."""
    path = request.path_info.rstrip("/")
    is_unknown = isinstance(exception, Resolver404) and request.method in ("GET", "HEAD")
    if is_unknown and request.path_info.endswith("/") and path and is_page(path) and not path.startswith(API_PATHS):
        query = request.META.get("QUERY_STRING", "")
        return HttpResponseRedirect("/" + path.lstrip("/\\") + (f"?{query}" if query else ""))
    return fault_page(request, 404, steps=elsewhere(request))


def too_often(request: HttpRequest) -> HttpResponse:
    """Answer a person who signs in, or has mail sent, too often."""
    return fault_page(request, 429)


def failed(request: HttpRequest) -> HttpResponse:
    """Answer a request that raised an exception. Django calls this while it handles that exception, and logs it then.

    The page has the id of the request, which the line of the log has, too."""
    error = sys.exc_info()[1]
    request_id = current_context().request_id
    is_away = error is not None and is_outage(error)
    if is_of_program(request) and is_away:
        headers = {"Retry-After": str(FAILURE_RETRY_SECONDS)}
        return problem_answer(503, "The database is unavailable. Try again in a moment.", "database_away", headers)
    if is_of_program(request):
        return problem_answer(500, f"Confab failed. The log of the server has the reason under {request_id}.")
    if is_away:
        known = (
            "The database is unavailable for a moment, or read-only while a backup is restored. Nothing was changed."
            " Try again in a minute."
        )
        return fault_page(request, 503, known, retry_after=FAILURE_RETRY_SECONDS)
    return fault_page(request, 500, request_id=request_id)


def wrong_methods(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Return middleware that makes a page of the empty answer to a wrong method, as when a sent form is reloaded."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_empty = isinstance(response, HttpResponseNotAllowed) and not response.content
        if not is_empty or request.method in ("HEAD", "OPTIONS") or request.path_info.startswith(API_PATHS):
            return response
        response.content = fault_page(request, 405, steps=[way_back(request)]).content
        return response

    return middleware
