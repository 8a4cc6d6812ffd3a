"""A request costs about what it weighs: bodies of many tiny parts are refused before they are read into memory."""

from dataclasses import replace

import orjson
import pytest

from tests.tracing import otlp
from tracing.limits.table import FAULTS, PARTS
from tracing.records import Issue
from tracing.wire import values, weight
from tracing.wire.logs import decode_logs
from tracing.wire.otlp import JSON, PROTOBUF, decode_traces
from tracing.wire.otlp_json import parse
from tracing.wire.refusals import BodyTooLarge

FEW = 20_000  # stands for the limit: what is refused above it is refused above millions
MANY = FEW + 1
EMPTY_SPANS = otlp.field(1, otlp.field(2, b"\x12\x00" * MANY))


@pytest.fixture(autouse=True)
def _low(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weight, "PARTS", replace(PARTS, value=FEW))
    monkeypatch.setattr(weight, "COUNTED_FROM_BYTES", 10_000)
    monkeypatch.setattr(weight, "COUNTED_WITHIN_ITEMS_FROM_BYTES", 10_000)


def in_span(fields: bytes) -> bytes:
    return otlp.field(1, otlp.field(2, otlp.field(2, fields)))


@pytest.mark.parametrize(
    "body",
    [
        b"\x0a\x00" * MANY,
        otlp.field(1, b"\x12\x00" * MANY),
        EMPTY_SPANS,
        in_span(b"\x4a\x00" * MANY),
        in_span(b"\x5a\x00" * MANY),
        in_span(otlp.field(9, otlp.field(2, otlp.field(5, b"\x0a\x00" * MANY)))),
        in_span(b"\x08\x00" * MANY),
    ],
)
def test_protobuf_of_many_tiny_parts_is_refused_unread(body: bytes) -> None:
    with pytest.raises(BodyTooLarge, match="more than 20,000 parts"):
        decode_traces(body, PROTOBUF)


@pytest.mark.parametrize("part", [b"{}", b"[]", b'{"a":1}', b"0,0,0,0,0,0"])
def test_json_of_many_tiny_parts_is_refused_unread(part: bytes) -> None:
    with pytest.raises(BodyTooLarge):
        parse(b"[" + b",".join([part] * MANY) + b"]")


def test_logs_are_weighed_like_traces() -> None:
    with pytest.raises(BodyTooLarge):
        decode_logs(EMPTY_SPANS, PROTOBUF)


def test_more_faults_than_anybody_reads_refuse_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "FAULTS", replace(FAULTS, value=1_000))
    with pytest.raises(BodyTooLarge, match="more than 1,000 faults"):
        decode_traces(otlp.field(1, otlp.field(2, b"\x12\x00" * 1_001)), PROTOBUF)
    spans = orjson.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [{}] * 1_001}]}]})
    with pytest.raises(BodyTooLarge, match="more than 1,000 faults"):
        decode_traces(spans, JSON)


def test_a_usual_request_passes() -> None:
    span = otlp.span("llm", **{f"attribute_{number}": f"value {number}" for number in range(30)})
    issues: list[Issue] = []

    assert len(decode_traces(otlp.body(*[span] * 120), PROTOBUF, issues)) == 120
    assert issues == []


def test_large_texts_weigh_nothing() -> None:
    text = "1, 2, 3, [4], {5} " * 100_000
    body = otlp.body(otlp.span("llm", text=text))

    [span] = decode_traces(body, PROTOBUF)

    assert span.attributes["text"] == text
