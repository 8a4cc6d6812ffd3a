"""Answers with a page that says so if the database did not finish a statement in time, whichever view it was."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from projects.faults import fault_page
from tracing.lists.bounded import took_too_long

TOO_LONG = "The database did not find it in time. Choose a shorter time or a narrower filter, or try again later."


class TooLongMiddleware:
    """Middleware for statements that a time limit ended and whose exception no view has handled."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return fault_page(request, 503, TOO_LONG, title="This takes too long.") if took_too_long(error) else None
