"""OTLP/JSON field by field: every spelling that exporters use, the borders of its numbers, and what is named as bad."""

import json
import math
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.tracing import otlp
from tracing.records import Issue, RawSpan, Reason
from tracing.wire.otlp import decode_traces

TRACE, SPAN, PARENT = "0AF7651916CD43DD8448EB211C80319C", "B7AD6B7169203331", "00F067AA0BA902B7"
STRAY = 'a "quoted" word'


def decoded(*spans: Any) -> tuple[list[RawSpan], list[Issue]]:
    issues: list[Issue] = []
    return decode_traces(json.dumps(otlp.json_request(*spans)).encode(), otlp.JSON, issues), issues


def only(**fields: Any) -> tuple[RawSpan, list[Issue]]:
    """The one span of a request, and what could not be taken of it."""
    (span,), issues = decoded({"traceId": TRACE, "spanId": SPAN} | fields)
    return span, issues


def value_of(value: Any) -> tuple[Any, list[Issue]]:
    span, issues = only(attributes=[{"key": "x", "value": value}])
    assert list(span.attributes) == ["x"]
    return span.attributes["x"], issues


def test_every_field_of_a_span_arrives_under_its_own_name() -> None:
    span, issues = only(
        parentSpanId=PARENT,
        name="chat",
        startTimeUnixNano="1700000000123456789",
        endTimeUnixNano=1_700_000_001_000_000_000,
        attributes=[{"key": "a", "value": {"stringValue": "b"}}],
        events=[{"name": "e", "timeUnixNano": "1700000000500000000", "attributes": [{"key": "c", "value": {}}]}, 7],
        status={"code": 2, "message": "late"},
    )

    assert (span.trace_id, span.span_id, span.parent_id) == (TRACE.lower(), SPAN.lower(), PARENT.lower())
    assert (span.name, span.status_code, span.status_message) == ("chat", 2, "late")
    assert span.started_at == datetime(2023, 11, 14, 22, 13, 20, 123_456, UTC)
    assert span.ended_at == datetime(2023, 11, 14, 22, 13, 21, tzinfo=UTC)
    assert span.attributes == {"a": "b"}
    assert span.events == [
        {"name": "e", "time": datetime(2023, 11, 14, 22, 13, 20, 500_000, UTC), "attributes": {"c": None}}
    ]
    assert (span.scope_name, span.scope_version, span.resource, issues) == ("tests", "1.0", {}, [])


def test_resources_and_scopes_belong_to_the_spans_below_them() -> None:
    def sent(service: str, scopes: dict[str, list[str]]) -> dict[str, Any]:
        resource = {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]}
        below = [
            {"scope": {"name": scope}, "spans": [{"traceId": TRACE, "spanId": span} for span in spans]}
            for scope, spans in scopes.items()
        ]
        return {"resource": resource, "scopeSpans": below}

    body = {"resourceSpans": [sent("shop", {"a": ["1" * 16], "b": ["2" * 16]}), 5, sent("bank", {"c": ["3" * 16]})]}
    spans = decode_traces(json.dumps(body).encode(), otlp.JSON, [])

    places = [(span.resource["service.name"], span.scope_name, span.span_id[0]) for span in spans]
    assert places == [("shop", "a", "1"), ("shop", "b", "2"), ("bank", "c", "3")]


@pytest.mark.parametrize(
    ("sent", "arrives"),
    [
        (5, 5), ("5", 5), ("-5", -5), (-5, -5), (0, 0), ("0", 0), ("007", 7), (5.0, 5), (-0.0, 0), (1e18, 10**18),
        (2**63 - 1, 2**63 - 1), (str(2**63 - 1), 2**63 - 1), (-(2**63), -(2**63)), (str(-(2**63)), -(2**63)),
        (str(-(2**63) - 1), str(-(2**63) - 1)), (str(2**64 - 1), 2**64 - 1), (str(2**64), str(2**64)),
        (5.5, 5.5), (1e300, 1e300), (float(2**64), float(2**64)), ("5.0", "5.0"), ("+5", "+5"), (" 5", " 5"),
        ("²", "²"), ("1_000", "1_000"), ("0x10", "0x10"), ("", ""), ("--5", "--5"), (True, True), (None, None),
        ("0" * 30 + "5", "0" * 30 + "5"),
    ],
)  # fmt: skip
def test_an_integer_is_a_number_or_its_text_within_64_bits(sent: Any, arrives: Any) -> None:
    found, issues = value_of({"intValue": sent})
    assert (found, type(found), issues) == (arrives, type(arrives), [])


@pytest.mark.parametrize(
    ("sent", "arrives"),
    [
        (0.5, 0.5), (2, 2.0), ("0.25", 0.25), ("1e3", 1000.0), ("Infinity", math.inf), ("-Infinity", -math.inf),
        ("half", "half"), (None, None), (10**400, 10**400), (True, 1.0),
    ],
)  # fmt: skip
def test_a_double_is_a_number_or_its_text(sent: Any, arrives: Any) -> None:
    found, issues = value_of({"doubleValue": sent})
    assert (found, type(found), issues) == (arrives, type(arrives), [])


def test_a_double_may_be_no_number() -> None:
    assert math.isnan(value_of({"doubleValue": "NaN"})[0])


@pytest.mark.parametrize(
    ("sent", "arrives"),
    [
        ({"stringValue": STRAY}, STRAY), ({"stringValue": ""}, ""), ({"boolValue": False}, False),
        ({"bytesValue": "AQI="}, "AQI="), ({}, None), (None, None), (STRAY, STRAY), (7, 7),
        ({"unknownValue": 1}, None), ({"unknownValue": 1, "boolValue": True}, True),
        ({"arrayValue": {}}, []), ({"arrayValue": {"values": None}}, []), ({"arrayValue": 3}, None),
        ({"arrayValue": {"values": [{"intValue": "1"}, 2, None, {"stringValue": "x"}]}}, [1, 2, None, "x"]),
        ({"kvlistValue": {}}, {}), ({"kvlistValue": 3}, None), ({"kvlistValue": None, "stringValue": "s"}, "s"),
        ({"kvlistValue": {"values": [{"key": "a", "value": {"intValue": "1"}}, 9, {"key": None}, {"key": 5}]}},
         {"a": 1, "": None, "5": None}),
    ],
)  # fmt: skip
def test_a_value_of_each_kind_arrives_plain(sent: Any, arrives: Any) -> None:
    found, issues = value_of(sent)
    assert (found, type(found), issues) == (arrives, type(arrives), [])


@pytest.mark.parametrize("key", ["stringValue", "boolValue", "intValue", "doubleValue", "bytesValue"])
@pytest.mark.parametrize(("sent", "name"), [({"a": 1}, "a dict"), ([1], "a list")])
def test_what_is_no_scalar_is_named_with_its_span(key: str, sent: Any, name: str) -> None:
    found, (issue,) = value_of({key: sent})
    assert found is None
    assert (issue.reason, issue.span_id) == (Reason.ATTRIBUTES_CUT, SPAN.lower())
    assert issue.sample.startswith(name)


@pytest.mark.parametrize(
    ("sent", "arrives"),
    [
        (0, None), ("0", None), (None, None), ("", None), (1, datetime(1970, 1, 1, tzinfo=UTC)),
        (999, datetime(1970, 1, 1, tzinfo=UTC)), ("1000", datetime(1970, 1, 1, 0, 0, 0, 1, UTC)),
        (1_999, datetime(1970, 1, 1, 0, 0, 0, 1, UTC)),
        (1.7e18, datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_a_time_is_nanoseconds_and_zero_is_none(sent: Any, arrives: datetime | None) -> None:
    span, issues = only(startTimeUnixNano=sent)
    assert (span.started_at, issues) == (arrives, [])


@pytest.mark.parametrize("sent", ["noon", "1.5", str(2**64), 1e30, {"a": 1}, [5], "²"])
@pytest.mark.parametrize("field", ["startTimeUnixNano", "endTimeUnixNano"])
def test_a_time_that_is_none_is_named(field: str, sent: Any) -> None:
    span, (issue,) = only(**{field: sent})
    assert span.started_at is span.ended_at is None
    assert (issue.reason, issue.sample, issue.span_id) == (Reason.CLOCK_SKEW, str(sent), SPAN.lower())


@pytest.mark.parametrize(
    ("sent", "arrives"),
    [
        (0, 0), (1, 1), (2, 2), (3, 0), (-1, 0), ("STATUS_CODE_UNSET", 0), ("STATUS_CODE_OK", 1),
        ("STATUS_CODE_ERROR", 2), ("ERROR", 0), ("2", 0), (None, 0), ([], 0),
    ],
)  # fmt: skip
def test_a_status_is_a_number_or_a_name(sent: Any, arrives: int) -> None:
    span, issues = only(status={"code": sent})
    assert (span.status_code, issues) == (arrives, [])


@pytest.mark.parametrize(
    ("trace_id", "span_id"),
    [
        (None, SPAN), (TRACE, None), (TRACE[:-1], SPAN), (TRACE + "0", SPAN), (TRACE, SPAN[:-1]), (TRACE, SPAN + "0"),
        ("0" * 32, SPAN), (TRACE, "0" * 16), ("g" * 32, SPAN), (TRACE, "x" * 16), (7, SPAN), (TRACE, 7),
        (TRACE[:-1] + "\n", SPAN),
    ],
)  # fmt: skip
def test_an_unusable_id_is_named_and_costs_its_span_alone(trace_id: Any, span_id: Any) -> None:
    spans, (issue,) = decoded({"traceId": trace_id, "spanId": span_id}, {"traceId": TRACE, "spanId": SPAN})
    assert [span.span_id for span in spans] == [SPAN.lower()]
    assert (issue.reason, issue.sample) == (Reason.INVALID_ID, f"trace id {trace_id!r}, span id {span_id!r}")


@pytest.mark.parametrize("sent", [None, 5, "x", [{}]])
def test_a_span_that_is_no_object_is_named(sent: Any) -> None:
    spans, (issue,) = decoded(sent, {"traceId": TRACE, "spanId": SPAN})
    assert [span.span_id for span in spans] == [SPAN.lower()]
    assert (issue.reason, issue.span_id) == (Reason.INVALID_SPAN, "")
    assert type(sent).__name__ in issue.sample


@pytest.mark.parametrize("sent", [None, "", "0" * 16, PARENT[1:], PARENT + "0", 5, "zz" * 8])
def test_an_unusable_parent_is_none(sent: Any) -> None:
    span, issues = only(parentSpanId=sent)
    said_nothing = not sent or sent == "0" * 16
    assert span.parent_id is None
    assert [issue.reason for issue in issues] == ([] if said_nothing else [Reason.INVALID_PARENT])


@pytest.mark.parametrize(
    ("sent", "arrives"), [("", ""), (None, ""), (7, "7"), (True, "True"), ("n" * 300, "n" * 300), (["x" * 300], 200)]
)
def test_a_name_is_text_and_other_values_are_cut(sent: Any, arrives: str | int) -> None:
    span, _ = only(name=sent, status={"message": sent})
    assert span.name == span.status_message
    assert span.name == arrives or len(span.name) == arrives
