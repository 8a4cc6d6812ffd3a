"""The page for a request that failed. If a server is only away for a moment, the client is asked to come again."""

import sys

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.defaults import server_error

from config.logs import is_outage

FAILURE_RETRY_SECONDS = 5


def failed(request: HttpRequest) -> HttpResponse:
    """Answer a request that raised an exception. Django calls this while it handles that exception."""
    error = sys.exc_info()[1]
    if error is None or not is_outage(error):
        return server_error(request)
    return HttpResponse(render_to_string("503.html"), status=503, headers={"Retry-After": str(FAILURE_RETRY_SECONDS)})
