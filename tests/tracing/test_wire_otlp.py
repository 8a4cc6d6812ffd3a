"""OTLP as bytes become spans: both spellings say the same, and one bad span never takes another with it."""

import json
from datetime import UTC, datetime

import pytest

from tests.tracing import otlp
from tracing.limits.table import ATTRIBUTE_LIMIT, NESTING, SPAN_LIMIT
from tracing.records import Issue, RawSpan, Reason
from tracing.wire.otlp import decode_traces
from tracing.wire.refusals import Unreadable, UnsupportedContent
from tracing.wire.responses import count_rejected


def decode(body: bytes, content_type: str = otlp.PROTOBUF) -> tuple[list[RawSpan], list[Issue]]:
    issues: list[Issue] = []
    return decode_traces(body, content_type, issues), issues


def decode_json(*spans: object) -> tuple[list[RawSpan], list[Issue]]:
    return decode(json.dumps(otlp.json_request(*spans)).encode(), otlp.JSON)  # type: ignore[arg-type]


def attribute(key: str, **value: object) -> dict[str, object]:
    return {"key": key, "value": value}


def test_a_span_arrives_whole() -> None:
    sent = otlp.span("chat", trace=0xAB, parent=7, error="no tokens left", session__id="s-1", gen_ai__n=2)
    sent.events.add(name="exception", time_unix_nano=otlp.START, attributes=otlp.pairs({"exception.type": "E"}))

    (span,), issues = decode(otlp.body(sent, resource={"service.name": "shop"}, scope="lmnr.tracer"))

    assert (span.trace_id, span.parent_id) == (f"{0xAB:032x}", f"{7:016x}")
    assert span.span_id == sent.span_id.hex()
    assert span.started_at == datetime(2026, 9, 21, 14, 13, 20, 123456, UTC)
    assert span.ended_at is not None
    assert (span.ended_at - span.started_at).total_seconds() == 1.5
    assert span.attributes == {"session.id": "s-1", "gen_ai.n": 2}
    assert span.events == [{"name": "exception", "time": span.started_at, "attributes": {"exception.type": "E"}}]
    assert (span.status_code, span.status_message) == (2, "no tokens left")
    assert (span.resource, span.scope_name, span.scope_version) == ({"service.name": "shop"}, "lmnr.tracer", "1.0")
    assert issues == []


def test_values_of_every_type_arrive_as_plain_python() -> None:
    values = {
        "text": "a",
        "empty": "",
        "yes": True,
        "no": False,
        "zero": 0,
        "big": 2**63 - 1,
        "half": 0.5,
        "nothing": None,
        "list": ["a", 1, None, [True]],
        "map": {"a": {"b": "c"}, "d": []},
    }

    (span,), issues = decode(otlp.body(otlp.span(**values)))

    assert span.attributes == values
    assert issues == []


def test_bytes_become_base64_text_in_both_spellings() -> None:
    (binary,), _ = decode(otlp.body(otlp.span(data=b"\x00\xff")))
    (spelled,), _ = decode_json(otlp.json_span(attributes=[attribute("data", bytesValue="AP8=")]))

    assert binary.attributes == spelled.attributes == {"data": "AP8="}


def test_ids_in_json_are_hexadecimal_and_become_lower_case() -> None:
    (span,), _ = decode_json(otlp.json_span(traceId="ABCDEF" + "0" * 26, spanId="00000000000000Ff", parentSpanId=""))

    assert (span.trace_id, span.span_id, span.parent_id) == ("abcdef" + "0" * 26, "00000000000000ff", None)


@pytest.mark.parametrize("value", [5, "5", 5.0])
def test_64_bit_integers_in_json_come_as_text_or_number(value: object) -> None:
    (span,), _ = decode_json(
        otlp.json_span(startTimeUnixNano=int(otlp.START), attributes=[attribute("n", intValue=value)])
    )

    assert span.attributes == {"n": 5}
    assert span.started_at == datetime(2026, 9, 21, 14, 13, 20, 123456, UTC)


@pytest.mark.parametrize(("code", "means"), [(2, 2), ("STATUS_CODE_ERROR", 2), (1, 1), (None, 0), (99, 0), ({}, 0)])
def test_a_status_in_json_comes_as_number_or_name(code: object, means: int) -> None:
    (span,), _ = decode_json(otlp.json_span(status={"code": code, "message": "m"}))

    assert (span.status_code, span.status_message) == (means, "m")


def test_nested_values_in_json_arrive_as_plain_python() -> None:
    nested = {"values": [attribute("a", arrayValue={"values": [{"boolValue": True}, {}, {"doubleValue": "NaN"}]})]}

    (span,), _ = decode_json(otlp.json_span(attributes=[attribute("m", kvlistValue=nested), attribute("e")]))

    (yes, nothing, nan) = span.attributes["m"]["a"]
    assert (yes, nothing, span.attributes["e"]) == (True, None, None)
    assert nan != nan


def test_unknown_keys_and_absent_parts_in_json_are_no_error() -> None:
    body = {
        "resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "a" * 32, "spanId": "b" * 16, "zoo": [1]}]}]}],
        "x": 1,
    }

    (span,), issues = decode(json.dumps(body).encode(), "application/json; charset=utf-8")

    assert (span.name, span.started_at, span.attributes, issues) == ("", None, {}, [])


def test_a_wrongly_typed_value_costs_only_itself() -> None:
    attributes = [
        "x",
        {"key": 5},
        attribute("n", intValue="five"),
        attribute("s", stringValue=7),
        attribute("l", intValue=[[]]),
        attribute("ok", boolValue=True),
    ]

    (span,), _ = decode_json(
        otlp.json_span(attributes=attributes, events="none", status=[], startTimeUnixNano={"a": 1})
    )

    assert span.attributes == {"n": "five", "s": 7, "l": None, "ok": True}
    assert span.started_at is None


def test_half_a_surrogate_pair_in_json_is_taken() -> None:
    """JavaScript cuts texts between the halves of an emoji."""
    body = json.dumps(otlp.json_request(otlp.json_span("cut \ud83d"), otlp.json_span("whole"))).encode()

    spans, _ = decode(body, otlp.JSON)

    assert [span.name for span in spans] == ["cut \ud83d", "whole"]


@pytest.mark.parametrize(
    ("trace_id", "span_id"),
    [(b"", b"12345678"), (b"x" * 15, b"12345678"), (b"x" * 16, b"1"), (bytes(16), b"12345678"), (b"x" * 16, bytes(8))],
)
def test_a_span_without_valid_ids_is_rejected_and_its_neighbours_live(trace_id: bytes, span_id: bytes) -> None:
    bad = otlp.span()
    bad.trace_id, bad.span_id = trace_id, span_id

    spans, issues = decode(otlp.body(otlp.span("before"), bad, otlp.span("after")))

    assert [span.name for span in spans] == ["before", "after"]
    assert [issue.reason for issue in issues] == [Reason.INVALID_ID]
    assert count_rejected(issues) == 1


@pytest.mark.parametrize("bad", [None, 7, "span", [], {}, {"traceId": "g" * 32, "spanId": "1" * 16}, {"traceId": 1}])
def test_an_unusable_span_in_json_is_rejected_and_its_neighbours_live(bad: object) -> None:
    spans, issues = decode_json(otlp.json_span("before"), bad, otlp.json_span("after"))

    assert [span.name for span in spans] == ["before", "after"]
    assert count_rejected(issues) == 1


def test_a_text_cut_inside_a_character_costs_only_that_character() -> None:
    body = otlp.body(otlp.span("before"), otlp.span("cut ABCDEF"), otlp.span("after"))

    spans, issues = decode(body.replace(b"ABCDEF", b"ABCDE\xc3"))

    assert [span.name for span in spans] == ["before", "cut ABCDE\N{REPLACEMENT CHARACTER}", "after"]
    assert count_rejected(issues) == 0


def test_a_span_that_nests_beyond_what_protobuf_reads_is_rejected_and_its_neighbours_live() -> None:
    deep = b""
    for _ in range(120):
        deep = otlp.field(5, otlp.field(1, deep))
    bad = otlp.span().SerializeToString() + otlp.field(9, otlp.field(1, b"deep") + otlp.field(2, deep))

    spans, issues = decode(otlp.raw_body(otlp.span("before"), bad, otlp.span("after")))

    assert [span.name for span in spans] == ["before", "after"]
    assert [issue.reason for issue in issues] == [Reason.INVALID_SPAN]


def test_what_nests_too_deep_to_read_becomes_text() -> None:
    (span,), issues = decode(otlp.body(otlp.span(deep=nested(NESTING.value + 8))))

    value = span.attributes["deep"]
    for _ in range(NESTING.value):
        (value,) = value
    assert json.loads(value) == nested(8)
    assert {issue.reason for issue in issues} == {Reason.NESTED_TOO_DEEP}
    assert count_rejected(issues) == 0


def nested(levels: int) -> list[object]:
    value: list[object] = []
    for _ in range(levels - 1):
        value = [value]
    return value


def test_more_spans_than_the_limit_are_rejected_one_by_one() -> None:
    small = otlp.span()
    body = otlp.body(*[small] * (SPAN_LIMIT.value + 3))

    spans, issues = decode(body)

    assert len(spans) == SPAN_LIMIT.value
    assert [issue.reason for issue in issues] == [Reason.TOO_MANY_SPANS] * 3


def test_more_attributes_than_the_limit_are_cut_and_reported() -> None:
    (span,), issues = decode(otlp.body(otlp.span(**{f"a{n}": n for n in range(ATTRIBUTE_LIMIT.value + 1)})))

    assert len(span.attributes) == ATTRIBUTE_LIMIT.value
    assert [issue.reason for issue in issues] == [Reason.ATTRIBUTES_CUT]


@pytest.mark.parametrize(
    "body", [b"\xff", b"not protobuf at all", b"\x0a\x05ab", b'{"resourceSpans": []}', b"\x0b\x0a"]
)
def test_a_body_that_is_no_protobuf_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        decode(body)


def test_a_truncated_body_is_refused_as_a_whole() -> None:
    body = otlp.body(otlp.span("one"), otlp.span("two"))

    for size in range(1, len(body)):
        with pytest.raises(Unreadable):
            decode(body[:size])


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 5_000 + b"1" + b"}" * 5_000]
)
def test_a_body_that_is_no_json_object_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        decode(body, otlp.JSON)


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_other_content_types_are_refused(content_type: str) -> None:
    with pytest.raises(UnsupportedContent):
        decode(b"", content_type)


def test_times_beyond_the_calendar_are_not_known_and_reported() -> None:
    (span,), issues = decode_json(otlp.json_span(startTimeUnixNano="9" * 40))

    assert span.started_at is None
    assert [issue.reason for issue in issues] == [Reason.CLOCK_SKEW]
