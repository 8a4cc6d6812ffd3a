"""How a request of an SDK that failed is answered.

The answer has a shape that SDKs parse and a status that makes them do the right thing. A project's refusals stand on
its Ingestion issues page."""

from typing import Any

from rest_framework.exceptions import APIException
from rest_framework.views import APIView

from projects.models import ApiKey
from tracing.ingest.intake import count_refusal, note, refused_by
from tracing.ingest.rest.wires import WireResponse
from tracing.wire.refusals import BadKey, Forbidden, IngestRefused, Invalid, LateRefusal, NotFound

# The kinds of Django REST framework's exceptions, by their status.
REFUSALS_BY_STATUS: dict[int, type[IngestRefused]] = {400: Invalid, 401: BadKey, 403: Forbidden, 404: NotFound}


def answer_sdk(error: Exception, context: dict[str, Any]) -> WireResponse:
    """Return the answer to a request that ended in `error`, and note it if its project is known."""
    view: APIView = context["view"]
    request = context["request"]._request
    refused = refusal_in(error) if isinstance(error, APIException) else refused_by(error)
    count_refusal(refused)
    key = getattr(request, "auth", None)  # of the request below: DRF's would look for a key when there is none yet
    if isinstance(key, ApiKey):
        note(key.project, refused, request.headers)
    return WireResponse(refused, status=refused.status, headers=_headers(refused, view))


def refusal_in(error: APIException) -> IngestRefused:
    """Return an exception of Django REST framework as one of ours."""
    text = text_of_detail(error.detail)
    kind = REFUSALS_BY_STATUS.get(error.status_code)
    return LateRefusal(text, status=error.status_code) if kind is None else kind(text)


def text_of_detail(detail: Any) -> str:
    """Return the first reason, behind the name of what it is about."""
    match detail:
        case dict():
            name, reasons = next(iter(detail.items()))
            return f"{name}: {text_of_detail(reasons)}"
        case [first, *_]:
            return text_of_detail(first)
    return str(detail)


def _headers(refused: IngestRefused, view: APIView) -> dict[str, str]:
    headers = {} if refused.retry_after is None else {"Retry-After": str(refused.retry_after)}
    if refused.status == 401:
        headers["WWW-Authenticate"] = view.get_authenticate_header(view.request) or ""
    if refused.status == 405:
        headers["Allow"] = ", ".join(view.allowed_methods)
    return headers
