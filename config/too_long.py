"""Says so when a page asked the database for more than it could find in time, whichever page that was."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tracing.lists.bounded import took_too_long


class TooLongMiddleware:
    """Answers with a page of its own what a time limit ended and no view made anything of."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return render(request, "too_long.html", status=503) if took_too_long(error) else None
