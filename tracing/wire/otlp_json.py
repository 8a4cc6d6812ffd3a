"""Decodes OTLP/JSON by hand: ids are hexadecimal, so protobuf's own JSON reader would corrupt them without an error.

64-bit integers may be text or numbers, enums numbers or names, and unknown keys are ignored. A value of a wrong type
costs that value or that span, never the others."""

import json
import re
from collections.abc import Callable
from typing import Any

import orjson

from projects.values import integer
from tracing.records import RawSpan, Reason
from tracing.wire.envelopes import TRACES, check_json, in_camel_case, inner_list, inner_objects
from tracing.wire.refusals import Unreadable
from tracing.wire.values import Decoding, moment
from tracing.wire.weight import weigh_json

ID_SIZES = {"traceId": 32, "spanId": 16}
HEX = re.compile(r"[0-9a-f]+")
STATUS_CODES = {"STATUS_CODE_UNSET": 0, "STATUS_CODE_OK": 1, "STATUS_CODE_ERROR": 2}
INT64_RANGE = range(-(2**63), 2**64)


def read_traces(body: bytes, decoding: Decoding) -> None:
    """Append the spans of `{"resourceSpans": [...]}`. Raises Unreadable."""
    for resource_spans in objects(load_signal(body, TRACES, decoding), "resourceSpans"):
        resource = attributes_of(child(resource_spans, "resource").get("attributes"), decoding)
        for scope_spans in inner_objects(resource_spans, "scopeSpans", decoding):
            scope = child(scope_spans, "scope")
            for span in inner_list(scope_spans, "spans", decoding):
                _read_span(span, resource, text(scope.get("name")), text(scope.get("version")), decoding)


def parse(body: bytes) -> Any:
    """Return the JSON value of a body. Raises Unreadable.

    A slower reader takes what the fast one refuses: lone surrogates and big integers."""
    weigh_json(body)
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        try:
            return json.loads(body.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            raise Unreadable("The body is not valid JSON, or is nested too deeply.") from None


def load(body: bytes) -> dict[str, Any]:
    """Return the JSON object of a body. Raises Unreadable."""
    value = parse(body)
    if not isinstance(value, dict):
        raise Unreadable("The body must be a JSON object.")
    return value


def load_signal(body: bytes, signal: str, decoding: Decoding | None = None) -> dict[str, Any]:
    """Return the OTLP message of a body, with its fields in camelCase. Raises Unreadable if it is of another signal."""
    message: dict[str, Any] = in_camel_case(body, load(body))
    check_json(message, signal, decoding)
    return message


def _read_span(span: Any, resource: dict[str, Any], name: str, version: str, decoding: Decoding) -> None:
    decoding.span_id = ""
    if not isinstance(span, dict):
        decoding.report(Reason.INVALID_SPAN, f"a span that is {type(span).__name__}, not an object")
        return
    ids = {key: hex_id(span.get(key), size) for key, size in ID_SIZES.items()}
    decoding.span_id = ids["spanId"] or ""
    if not all(ids.values()):
        decoding.report(Reason.INVALID_ID, f"trace id {span.get('traceId')!r}, span id {span.get('spanId')!r}")
    elif decoding.has_room(len(decoding.spans)):
        decoding.spans.append(_raw_span(span, ids["traceId"] or "", resource, name, version, decoding))


def _raw_span(
    span: dict[str, Any], trace_id: str, resource: dict[str, Any], name: str, version: str, decoding: Decoding
) -> RawSpan:
    status = child(span, "status")
    return RawSpan(
        trace_id=trace_id,
        span_id=decoding.span_id,
        parent_id=_parent_id(span.get("parentSpanId"), decoding),
        name=text(span.get("name")),
        started_at=nanoseconds(span.get("startTimeUnixNano"), decoding),
        ended_at=nanoseconds(span.get("endTimeUnixNano"), decoding),
        attributes=attributes_of(span.get("attributes"), decoding),
        events=[_event(event, decoding) for event in objects(span, "events")],
        status_code=_status_code(status.get("code")),
        status_message=text(status.get("message")),
        resource=resource,
        scope_name=name,
        scope_version=version,
    )


def _parent_id(value: Any, decoding: Decoding) -> str | None:
    parent_id = hex_id(value, ID_SIZES["spanId"])
    if parent_id is None and value and text(value).strip("0"):
        decoding.report(Reason.INVALID_PARENT, f"parent id {value!r}")
    return parent_id


def _event(event: dict[str, Any], decoding: Decoding) -> dict[str, Any]:
    return {
        "name": text(event.get("name")),
        "time": nanoseconds(event.get("timeUnixNano"), decoding),
        "attributes": attributes_of(event.get("attributes"), decoding),
    }


def attributes_of(pairs: Any, decoding: Decoding) -> dict[str, Any]:
    """Return attributes as a dictionary."""
    if not isinstance(pairs, list):
        return {}
    return {
        pair["key"]: plain(pair.get("value"), decoding)
        for pair in decoding.fitting(pairs)
        if isinstance(pair, dict) and isinstance(pair.get("key"), str)
    }


def plain(value: Any, decoding: Decoding, depth: int = 1) -> Any:
    """Return the value of an AnyValue such as `{"intValue": "5"}`.

    A scalar of another type than its key says is kept unchanged."""
    if not isinstance(value, dict):
        return _scalar(value, decoding)
    for key, inner in value.items():
        if key == "arrayValue" and isinstance(inner, dict):
            return decoding.shallow([plain(item, decoding, depth + 1) for item in list_of(inner, "values")], depth)
        if key == "kvlistValue" and isinstance(inner, dict):
            return decoding.shallow(_mapping(inner, decoding, depth), depth)
        if key in SCALAR_READERS:
            return SCALAR_READERS[key](_scalar(inner, decoding))
    return None


def _mapping(kvlist: dict[str, Any], decoding: Decoding, depth: int) -> dict[str, Any]:
    return {text(pair.get("key")): plain(pair.get("value"), decoding, depth + 1) for pair in objects(kvlist, "values")}


def _scalar(value: Any, decoding: Decoding) -> Any:
    if isinstance(value, dict | list):
        decoding.report(Reason.ATTRIBUTES_CUT, f"a {type(value).__name__} in the place of a scalar")
        return None
    return value


def _integer(value: Any) -> Any:
    """Return an int64 from a number or from text. Other text stays text."""
    if isinstance(value, str):
        number = integer(value)
        return number if number is not None and number in INT64_RANGE else value
    return int(value) if isinstance(value, float) and value.is_integer() and int(value) in INT64_RANGE else value


def _double(value: Any) -> Any:
    """Return a number, also from the texts that JSON needs for NaN and infinity."""
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return value


SCALAR_READERS: dict[str, Callable[[Any], Any]] = {
    "stringValue": lambda value: value,
    "boolValue": lambda value: value,
    "bytesValue": lambda value: value,
    "intValue": _integer,
    "doubleValue": _double,
}


def _status_code(value: Any) -> int:
    if isinstance(value, str):
        return STATUS_CODES.get(value, 0)
    return value if value in (0, 1, 2) else 0


def nanoseconds(value: Any, decoding: Decoding) -> Any:
    """Return a time from text or a number, or None if there is none.

    A value that is not a time is reported."""
    try:
        return moment(int(integer(value) if isinstance(value, str) and value else value or 0))  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        decoding.report(Reason.CLOCK_SKEW, str(value)[:200])
        return None


def hex_id(value: Any, size: int) -> str | None:
    """Return a lower-case hexadecimal id of `size` digits that is not all zeros, or None."""
    if not isinstance(value, str) or len(value) != size:
        return None
    value = value.lower()
    return value if HEX.fullmatch(value) and value.strip("0") else None


def text(value: Any) -> str:
    """Return text unchanged, "" for None, and at most 200 characters of other values."""
    return value if isinstance(value, str) else "" if value is None else str(value)[:200]


def child(parent: dict[str, Any], key: str) -> dict[str, Any]:
    """Return the object under `key`, or an empty one."""
    value = parent.get(key)
    return value if isinstance(value, dict) else {}


def list_of(parent: dict[str, Any], key: str) -> list[Any]:
    """Return the list under `key`, or an empty one."""
    value = parent.get(key)
    return value if isinstance(value, list) else []


def objects(parent: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """Return the objects in the list under `key`."""
    return [item for item in list_of(parent, key) if isinstance(item, dict)]
