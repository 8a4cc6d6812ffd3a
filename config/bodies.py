"""Middleware that refuses bodies of pages and of the read API that are too large or arrived too slowly."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from projects.faults import fault_page
from projects.problems import is_of_program, problem_answer
from tracing.ingest.http.edge import REFUSED
from tracing.wire.bodies import refused_by_length
from tracing.wire.refusals import IngestRefused


def bounded_bodies(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Return the middleware. It must stand behind all those that a page needs, for the refusal is a page."""

    def middleware(request: HttpRequest) -> HttpResponse:
        refused = request.META.get(REFUSED) or refused_by_length(request)
        return refusal(request, refused) if refused else get_response(request)

    return middleware


def refusal(request: HttpRequest, refused: IngestRefused) -> HttpResponse:
    """Return the refusal of a request: a page for people, a problem for programs."""
    if is_of_program(request):
        answer = problem_answer(refused.status, str(refused))
    else:
        answer = fault_page(request, refused.status, str(refused))
    if refused.retry_after is not None:
        answer.headers["Retry-After"] = str(refused.retry_after)
    return answer
