"""The door of the machines: requests of SDKs go straight to their endpoint, past everything that is made for pages.

No redirect (exporters take one for success and lose the data), no cookie, no CSRF, no check of the Host header, and no
answer in HTML: every endpoint behind it is an `SdkFace` (tracing/ingest/rest/views.py). A base URL that ends in a slash
gives paths that start with two; they are one here."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import resolve

MACHINE_PATHS = ("/v1/", "/api/public/", "/api/platform/")
REFUSED = "confab.refused"  # in the environment of a request whose body the server did not take: why


def machine_edge(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, to stand first."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith("//"):
            request.path = request.path_info = "/" + request.path_info.lstrip("/")
        if not request.path_info.startswith(MACHINE_PATHS):
            return get_response(request)
        match = resolve(request.path_info)
        request.resolver_match = match
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        return response

    return middleware
