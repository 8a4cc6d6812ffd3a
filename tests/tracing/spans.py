"""Short ways to say a span as a wire decodes it, and what becomes of it."""

import json
from typing import Any

from tests.tracing.reports import at
from tracing.records import Claims, RawSpan, SpanRecord
from tracing.token_usage import Usage
from tracing.vocabularies import translate

Attributes = dict[str, Any]


def raw_span(attributes: Attributes | None = None, **fields: Any) -> RawSpan:
    """One second of an application's own instrumentation, unless said otherwise."""
    known: dict[str, Any] = {
        "trace_id": "t",
        "span_id": "a",
        "parent_id": None,
        "name": "step",
        "started_at": at(0),
        "ended_at": at(1),
        "attributes": attributes or {},
        "events": [],
        "status_code": 0,
        "status_message": "",
        "resource": {},
        "scope_name": "shop",
        "scope_version": "1",
    }
    return RawSpan(**known | fields)


def translated(attributes: Attributes | None = None, **fields: Any) -> SpanRecord:
    record = translate(raw_span(attributes, **fields))
    assert record is not None
    return record


def claimed(attributes: Attributes | None = None, **fields: Any) -> Claims:
    return translated(attributes, **fields).claims


def usage_of(attributes: Attributes, **fields: Any) -> dict[str, int]:
    """Only what was said."""
    return said(translated(attributes, **fields).usage)


def said(usage: Usage | None) -> dict[str, int]:
    """Return the numbers that are known, by short names."""
    named = {name: getattr(usage, name) for name in usage.__slots__} if usage else {}
    return {name.removesuffix("_tokens"): tokens for name, tokens in named.items() if tokens is not None}


def event(name: str, **attributes: Any) -> dict[str, Any]:
    return {"name": name, "time": at(0.5), "attributes": {k.replace("__", "."): v for k, v in attributes.items()}}


def messages(text: str | None) -> list[dict[str, Any]]:
    assert text is not None
    found = json.loads(text)
    assert isinstance(found, list), text
    return found
