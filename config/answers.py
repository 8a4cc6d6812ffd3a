"""What every answer says to whoever keeps or shows it: that it is not kept, and that it is what it says it is."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from projects.rate import STANDING, RateStanding

UNKEPT = "private, no-store"


def told_on_every_answer(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, to stand first. Files that are the same for everybody say themselves how long they may be kept."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", UNKEPT)
        response.headers["X-Content-Type-Options"] = "nosniff"
        standing = request.META.get(STANDING)
        if isinstance(standing, RateStanding):
            for name, value in standing.headers().items():
                response.headers[name] = value
        return response

    return middleware
