"""How a request that failed is answered: always in JSON, and a database that is away asks to come again."""

import logging
import re
from typing import Any

from django.http import Http404
from rest_framework import status
from rest_framework.exceptions import APIException, Throttled, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from projects.downloads.places import NoDownload
from projects.refusals import refusal_of
from sessions.annotation.configs import NotAllowed
from sessions.export.stream import BadExport
from sessions.translation.provider import ProviderRefused
from tracing.ingest.faults import is_refusal
from tracing.lists.bounded import took_too_long
from tracing.wire.refusals import IngestRateLimited, IngestRefused
from tracing.wire.scores import BadScore

log = logging.getLogger(__name__)
API_RETRY_SECONDS = "2"
CAPITAL = re.compile(r"(?<=[a-z])[A-Z]")  # inside of a name such as traceId, which is trace_id here


class NotTranslated(APIException):
    """The project may not translate; the text says why."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "not_translated"


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the answer to a request that ended in `error`, or None for a fault of ours."""
    if took_too_long(error):
        body = {"detail": "The database did not find this in time. Ask for a shorter time or a narrower filter."}
        return Response(body, status.HTTP_503_SERVICE_UNAVAILABLE)
    if is_refusal(error):
        log.warning("the database is away: %s", error)
        body = {"detail": "The database is away. Ask again in a moment."}
        return Response(body, status.HTTP_503_SERVICE_UNAVAILABLE, headers={"Retry-After": API_RETRY_SECONDS})
    error = _named(error)
    if isinstance(error, ValidationError):
        return Response({"detail": "Some parameters cannot be followed.", "errors": error.detail}, error.status_code)
    if isinstance(error, NoDownload | IngestRefused):
        headers = {"Retry-After": str(error.retry_after)} if error.retry_after else {}
        return Response({"detail": str(error)}, error.status, headers=headers)
    if not isinstance(error, APIException | Http404) and (found := refusal_of(error)):
        return Response({"detail": found.reason}, found.status)
    return exception_handler(error, context)


def _named(error: Exception) -> Exception:
    """Return what Django REST framework knows by another name by that name."""
    if isinstance(error, NotAllowed | BadScore):
        name, _, reason = str(error).partition(": ")
        return ValidationError({CAPITAL.sub(lambda found: f"_{found[0].lower()}", name): [reason or str(error)]})
    if isinstance(error, ProviderRefused):
        return NotTranslated(str(error))
    if isinstance(error, BadExport):
        return ValidationError(error.errors)
    return Throttled(error.retry_after, str(error)) if isinstance(error, IngestRateLimited) else error
