"""Refuses bodies of pages and of the read API that are too large or came too slowly, before anything looks at them."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from tracing.ingest.http.edge import REFUSED
from tracing.wire.bodies import refused_by_length
from tracing.wire.refusals import IngestRefused


def bounded_bodies(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, to stand behind those that a page needs."""

    def middleware(request: HttpRequest) -> HttpResponse:
        refused = request.META.get(REFUSED) or refused_by_length(request)
        return refusal(request, refused) if refused else get_response(request)

    return middleware


def refusal(request: HttpRequest, refused: IngestRefused) -> HttpResponse:
    """Say why in the words of whoever asks: a page for people, an object for programs."""
    if request.path_info.startswith("/api/"):
        answer: HttpResponse = JsonResponse({"detail": str(refused)}, status=refused.status)
    else:
        answer = render(request, "refused.html", {"reason": str(refused)}, status=refused.status)
    if refused.retry_after is not None:
        answer.headers["Retry-After"] = str(refused.retry_after)
    return answer
