"""The page for a request that failed: a server that is away for a moment is no fault, and is asked again."""

import sys

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.defaults import server_error

from config.logs import is_outage

FAILURE_RETRY_SECONDS = 5


def failed(request: HttpRequest) -> HttpResponse:
    """Called by Django while it handles the exception."""
    error = sys.exc_info()[1]
    if error is None or not is_outage(error):
        return server_error(request)
    return HttpResponse(render_to_string("503.html"), status=503, headers={"Retry-After": str(FAILURE_RETRY_SECONDS)})
