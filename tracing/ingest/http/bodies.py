"""JSON bodies of the REST calls: bounded like every other body, and an object or a list of objects."""

from typing import Any

from django.http import HttpRequest

from tracing.wire.bodies import read_body
from tracing.wire.fields import MAX_JSON_DEPTH, nests_deeper
from tracing.wire.otlp_json import parse
from tracing.wire.refusals import Unreadable


def read_json(request: HttpRequest) -> Any:
    """Any JSON value. Raises Unreadable."""
    return parse(read_body(request))


def read_object(request: HttpRequest) -> dict[str, Any]:
    """A JSON object that does not nest without end, with "?" for each half of a character. Raises Unreadable."""
    value = read_json(request)
    if not isinstance(value, dict):
        raise Unreadable("The body must be a JSON object.")
    if nests_deeper(value, MAX_JSON_DEPTH):
        raise Unreadable(f"The body nests more than {MAX_JSON_DEPTH} levels deep.")
    return {_whole(key): _whole(item) for key, item in value.items()}


def _whole(value: Any) -> Any:
    match value:
        case str():
            return value if value.isascii() else value.encode("utf-8", "replace").decode()
        case list():
            return [_whole(item) for item in value]
        case dict():
            return {_whole(key): _whole(item) for key, item in value.items()}
    return value
