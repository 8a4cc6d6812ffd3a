"""The request type of pages, with the attribute that django-htmx adds, and requests that nobody made yet."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


class PageRequest(HttpRequest):
    """A request whose `htmx` is true if htmx asks for a fragment."""

    htmx: HtmxDetails


def is_ahead(request: HttpRequest) -> bool:
    """Return whether a browser prefetches the page."""
    return request.headers.get("Sec-Purpose", "").startswith("prefetch")
