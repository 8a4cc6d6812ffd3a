"""The request of a page, as the middleware of django-htmx leaves it."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


class PageRequest(HttpRequest):
    """`htmx` is true when a fragment is asked for."""

    htmx: HtmxDetails
