"""ETags of what people and programs change: a change that names the one it knows does not undo another's."""

from collections.abc import Mapping
from typing import Any

from django.utils.http import parse_etags
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from xxhash import xxh3_128_hexdigest

from tracing.json_text import dump

MATCH_HEADER = "If-Match"


class Changed(APIException):
    """It is no longer as the request knows it."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_detail = "This was changed since it was read. Read it again, and decide again."


def etag(settings: Mapping[str, Any]) -> str:
    """Return the ETag of settings, which have the values of JSON."""
    return f'"{xxh3_128_hexdigest(dump(settings, sort_keys=True).encode())}"'


def check_match(request: Request, settings: Mapping[str, Any]) -> None:
    """Raise Changed if the request names ETags and none is that of the settings, which nobody may change meanwhile."""
    given = request.headers.get(MATCH_HEADER)
    if given is not None and not {"*", etag(settings)} & set(parse_etags(given)):
        raise Changed


def tagged(data: Mapping[str, Any], settings: Mapping[str, Any]) -> Response:
    """Return an answer with the ETag of settings."""
    return Response(data, headers={"ETag": etag(settings)})
