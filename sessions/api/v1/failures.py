"""How a request that failed is answered: as a problem (projects/problems.py).

A database that is away asks to come again."""

import logging
import re
from collections.abc import Mapping
from typing import Any

from django.http import Http404
from rest_framework import status
from rest_framework.exceptions import APIException, Throttled, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from projects.downloads.places import NoDownload
from projects.problems import PROBLEM_JSON, PROBLEMS, problem
from projects.refusals import refusal_of
from sessions.annotation.configs import NotAllowed
from sessions.export.stream import BadExport
from sessions.translation.provider import ProviderRefused
from tracing.ingest.faults import is_refusal
from tracing.ingest.rest.failures import text_of_detail
from tracing.lists.bounded import took_too_long
from tracing.wire.refusals import IngestRateLimited, IngestRefused
from tracing.wire.scores import BadScore

log = logging.getLogger(__name__)
API_RETRY_SECONDS = "2"
KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")  # that Django REST framework sets
REASON_MARK = ": "  # between the name of a field and what is wrong with it
CAPITAL = re.compile(r"(?<=[a-z])[A-Z]")  # inside of a name such as traceId, which is trace_id here


class NotTranslated(APIException):
    """The project may not translate; the text says why."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "not_translated"


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the answer to a request that ended in `error`, or None for a fault of ours."""
    if took_too_long(error):
        return _problem(503, "The database did not find this in time. Ask for less.", "took_too_long")
    if is_refusal(error):
        log.warning("the database is away: %s", error)
        detail = "The database is unavailable. Try again in a moment."
        return _problem(503, detail, "database_away", headers={"Retry-After": API_RETRY_SECONDS})
    if isinstance(error, NotAllowed | BadScore) and REASON_MARK not in str(error):  # of no field
        return _problem(400, str(error), "invalid_parameters")
    error = _named(error)
    if isinstance(error, ValidationError):
        title = PROBLEMS["invalid_parameters"].title
        return _problem(error.status_code, title, "invalid_parameters", errors=error.detail)
    if isinstance(error, NoDownload | IngestRefused):
        headers = {"Retry-After": str(error.retry_after)} if error.retry_after else {}
        return _problem(error.status, str(error), headers=headers)
    if not isinstance(error, APIException | Http404) and (found := refusal_of(error)):
        return _problem(found.status, found.reason)
    answered: Response | None = exception_handler(error, context)
    if answered is None:
        return None
    headers = {name: answered.headers[name] for name in KEPT_HEADERS if name in answered.headers}
    code = error.default_code if isinstance(error, NotTranslated) else ""
    return _problem(answered.status_code, text_of_detail(answered.data["detail"]), code, headers=headers)


def _problem(
    status: int, detail: str, code: str = "", *, errors: Any = None, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(problem(status, detail, code, errors), status, headers=headers, content_type=PROBLEM_JSON)


def _named(error: Exception) -> Exception:
    """Return what Django REST framework knows by another name by that name."""
    if isinstance(error, NotAllowed | BadScore):
        name, _, reason = str(error).partition(REASON_MARK)
        return ValidationError({CAPITAL.sub(lambda found: f"_{found[0].lower()}", name): [reason]})
    if isinstance(error, ProviderRefused):
        return NotTranslated(str(error))
    if isinstance(error, BadExport):
        return ValidationError(error.errors)
    return Throttled(error.retry_after, str(error)) if isinstance(error, IngestRateLimited) else error
