"""How a request that failed is answered: always in JSON, and a database that is away asks to come again."""

import logging
from typing import Any

from django.http import Http404
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler

from projects.downloads.places import NoDownload
from projects.refusals import refusal_of
from tracing.ingest.faults import is_refusal
from tracing.lists.bounded import took_too_long
from tracing.wire.refusals import IngestRefused

log = logging.getLogger(__name__)
API_RETRY_SECONDS = "2"


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    if took_too_long(error):
        body = {"detail": "The database did not find this in time. Ask for a shorter time or a narrower filter."}
        return Response(body, status.HTTP_503_SERVICE_UNAVAILABLE)
    if is_refusal(error):
        log.warning("the database is away: %s", error)
        body = {"detail": "The database is away. Ask again in a moment."}
        return Response(body, status.HTTP_503_SERVICE_UNAVAILABLE, headers={"Retry-After": API_RETRY_SECONDS})
    if isinstance(error, NoDownload):
        headers = {"Retry-After": str(error.retry_after)} if error.retry_after else {}
        return Response({"detail": str(error)}, error.status, headers=headers)
    if isinstance(error, IngestRefused):
        return Response({"detail": str(error)}, error.status)
    if not isinstance(error, APIException | Http404) and (found := refusal_of(error)):
        return Response({"detail": found.reason}, found.status)
    return exception_handler(error, context)
