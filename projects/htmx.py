"""The request type of pages, with the attribute that django-htmx adds."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


class PageRequest(HttpRequest):
    """A request whose `htmx` is true if htmx asks for a fragment."""

    htmx: HtmxDetails
