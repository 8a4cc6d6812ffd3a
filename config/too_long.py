"""Answers with a page that says so if the database did not finish a statement in time, whichever view it was."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tracing.lists.bounded import took_too_long


class TooLongMiddleware:
    """Middleware for statements that a time limit ended and whose exception no view has handled."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return render(request, "too_long.html", status=503) if took_too_long(error) else None
