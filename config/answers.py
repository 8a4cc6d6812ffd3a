"""Headers of every answer: no cache keeps it, no browser guesses another type, and clients see their rate limit."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from projects.rate_limits import STANDING_KEY, RateStanding

NOT_STORED = "private, no-store"


def answer_headers(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Return middleware that adds these headers. It must stand first.

    Files that are the same for everybody set their own Cache-Control header, which is kept."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", NOT_STORED)
        response.headers["X-Content-Type-Options"] = "nosniff"
        standing = request.META.get(STANDING_KEY)
        if isinstance(standing, RateStanding):
            for name, value in standing.headers().items():
                response.headers[name] = value
        return response

    return middleware
