"""One usage on every wire, and one cost: the tokens of a call are paid alike whoever tells them, and in which form."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from projects.models import Project
from tests.conftest import Key
from tests.tracing import otlp
from tests.tracing.reports import at
from tests.tracing.spans import translated
from tests.tracing.spellings import CALL, LARGE_PARTS, SHOWN_AS, SPELLINGS, tellings
from tracing.ingest.pipeline import ingest
from tracing.models import ModelPrice, Span
from tracing.records import SpanRecord
from tracing.token_usage import Usage
from tracing.vocabularies import translate
from tracing.wire.langfuse import decode_event
from tracing.wire.otlp import decode_traces

WHOLE = Usage(1_000, 80, 1_080, 600, 100, 30)
APART = {"input": 300, "output": 50, "cache_read_input_tokens": 600, "cache_creation_input_tokens": 100}
# What 300 plain, 600 cached and 100 written tokens cost, and 80 that were answered, at 3, 0.3, 3.75 and 15 USD per
# million: 0.0009 + 0.00018 + 0.000375 and 0.0012.
INPUT_COST, OUTPUT_COST = Decimal("0.001455"), Decimal("0.0012")
LEGACY = {"unit": "TOKENS", "promptTokens": 1_000, "completionTokens": 80, "totalTokens": 1_080}
BATCHES: list[tuple[dict[str, Any], Usage]] = [
    ({"usageDetails": APART | {"output_reasoning_tokens": 30}}, WHOLE),
    ({"usageDetails": APART | {"output_reasoning_tokens": 30, "total": 1_080}}, WHOLE),
    ({"usageDetails": APART | {"output": 80, "output_reasoning_tokens": 30, "total": 1_080}}, WHOLE),
    ({"usageDetails": APART | {"input": 1_000, "output": 80, "output_reasoning_tokens": 30, "total": 1_080}}, WHOLE),
    (
        {"usageDetails": {"promptTokens": 1_000, "completionTokens": 80, "totalTokens": 1_080}},
        Usage(1_000, 80, 1_080),
    ),
    ({"usage": LEGACY}, Usage(1_000, 80, 1_080)),
    ({"usage": {"input": 1_000, "output": 80, "total": 1_080}}, Usage(1_000, 80, 1_080)),
    ({"usage": {"input": 1_000, "output": 80, "unit": None}}, Usage(1_000, 80, 1_080)),
    ({"usage": {"prompt_tokens": 1_000, "completion_tokens": 80, "total_tokens": 1_080}}, Usage(1_000, 80, 1_080)),
    ({"usage": LEGACY, "usageDetails": APART | {"output_reasoning_tokens": 30}}, WHOLE),  # the newer one says more
    ({"usage": LEGACY, "usageDetails": {}}, Usage(1_000, 80, 1_080)),
    ({"usage": LEGACY, "usageDetails": {"input": None}}, Usage(1_000, 80, 1_080)),
    (
        {
            "usageDetails": {
                "prompt_tokens": 1_000,
                "completion_tokens": 80,
                "total_tokens": 1_080,
                "prompt_tokens_details": {"cached_tokens": 600, "cache_write_tokens": 100},
                "completion_tokens_details": {"reasoning_tokens": 30},
            }
        },
        WHOLE,
    ),
    (
        {
            "usageDetails": {
                "input_tokens": 1_000,
                "output_tokens": 80,
                "total_tokens": 1_080,
                "input_tokens_details": {"cached_tokens": 600, "cache_write_tokens": 100},
                "output_tokens_details": {"reasoning_tokens": 30},
            }
        },
        WHOLE,
    ),
]


def shown(value: Any, as_text: bool) -> Any:
    """Return a body with its numbers as text, or as they are."""
    if isinstance(value, dict):
        return {key: shown(item, as_text) for key, item in value.items()}
    return str(value) if as_text and isinstance(value, int) else value


@pytest.mark.parametrize("as_text", [False, True], ids=["numbers", "text"])
@pytest.mark.parametrize("kind", ["generation-create", "generation-update", "embedding-create", "observation-create"])
@pytest.mark.parametrize(("body", "usage"), BATCHES, ids=str)
def test_a_batch_of_langfuse_says_the_same_call(body: dict[str, Any], usage: Usage, kind: str, as_text: bool) -> None:
    event = {"id": "e", "type": kind, "body": {"id": "o", "traceId": "t", **shown(body, as_text)}}

    record = decode_event(event).record

    assert isinstance(record, SpanRecord)
    assert record.usage == usage


def otlp_json(value: Any) -> dict[str, Any]:
    """Return a value as OTLP/JSON writes it: whole numbers as text."""
    match value:
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case dict():
            pairs = [{"key": key, "value": otlp_json(item)} for key, item in value.items()]
            return {"kvlistValue": {"values": pairs}}
    return {"stringValue": value}


@pytest.mark.parametrize("shown_as", SHOWN_AS, ids=lambda made: made.__name__)
@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_protobuf_and_json_say_the_same_call(spelling: Any, shown_as: Any) -> None:
    attributes = spelling.attributes(CALL.told(spelling.beside), shown_as)
    sent = otlp.json_span(attributes=[{"key": key, "value": otlp_json(value)} for key, value in attributes.items()])
    in_json = otlp.json_request(sent)
    in_json["resourceSpans"][0]["scopeSpans"][0]["scope"]["name"] = spelling.scope

    binary = decode_traces(otlp.body(otlp.span(**attributes), scope=spelling.scope), otlp.PROTOBUF)
    written = decode_traces(json.dumps(in_json).encode(), otlp.JSON)

    usages = [record.usage for span in (*binary, *written) if (record := translate(span))]
    known = Usage(**{f"{part}_tokens": tokens for part, tokens in spelling.known(CALL).items()})
    assert usages == [known, known]


def price(project: Project) -> None:
    """Set a price of the project's own, so that the public list may change."""
    ModelPrice.objects.create(
        project_id=project.pk,
        pattern="house-model",
        input_price=Decimal(3),
        output_price=Decimal(15),
        cached_price=Decimal("0.3"),
        cache_write_price=Decimal("3.75"),
    )


def priced_calls() -> Iterator[tuple[str, SpanRecord]]:
    """Yield one span for each way to tell a call with every part, which is named by its way."""
    for number, (name, spelling, numbers, tokens) in enumerate(tellings()):
        if spelling.cached and spelling.cache_write and tokens in (CALL, LARGE_PARTS):
            attributes = {**spelling.attributes(numbers), "gen_ai.response.model": "house-model"}
            span_id = f"{number:016x}"
            yield f"{name}: {numbers}", translated(attributes, span_id=span_id, scope_name=spelling.scope)


def test_a_call_costs_the_same_in_every_spelling(project: Project) -> None:
    price(project)
    records = dict(priced_calls())

    ingest(project.pk, list(records.values()))

    costs = {
        span_id: costs
        for span_id, *costs in Span.objects.for_project(project).values_list("span_id", "input_cost", "output_cost")
    }
    assert len(records) > 100
    paid = {name: costs[record.span_id] for name, record in records.items()}
    assert {name: cost for name, cost in paid.items() if cost != [INPUT_COST, OUTPUT_COST]} == {}


def test_a_batch_of_langfuse_costs_what_the_same_call_costs_elsewhere(
    client: Client, project: Project, key: Key
) -> None:
    price(project)
    whole = [body for body, usage in BATCHES if usage == WHOLE]
    batch = [
        {
            "id": f"e{number}",
            "type": "generation-create",
            "timestamp": at(0).isoformat(),
            "body": {
                "id": f"o{number}",
                "traceId": "t",
                "model": "house-model",
                "startTime": at(0).isoformat(),
                **body,
            },
        }
        for number, body in enumerate(whole)
    ]

    answer = client.post(
        "/api/public/ingestion", {"batch": batch}, "application/json", headers={"Authorization": key.basic}
    )

    assert answer.json()["errors"] == []
    costs = Span.objects.for_project(project).values_list("input_cost", "output_cost", "total_cost")
    assert list(costs) == [(INPUT_COST, OUTPUT_COST, Decimal("0.002655"))] * len(whole)


@pytest.mark.parametrize(
    ("attributes", "stated"),
    [
        ({"langfuse.observation.cost_details": '{"input": "0.5", "output": "0.25"}'}, ("0.5", "0.25", "0.75")),
        ({"langfuse.observation.cost_details": {"input": 0.5, "output": 0.25}}, ("0.5", "0.25", "0.75")),
        ({"gen_ai.usage.input_cost": "0.5", "gen_ai.usage.output_cost": "0.25"}, ("0.5", "0.25", "0.75")),
        ({"gen_ai.cost.input_cost": 0.5, "gen_ai.cost.output_cost": 0.25}, ("0.5", "0.25", "0.75")),
        ({"llm.cost.prompt": "0.5", "llm.cost.completion": 0.25, "llm.cost.total": 0.75}, ("0.5", "0.25", "0.75")),
    ],
    ids=str,
)
def test_a_stated_cost_beats_the_price_of_the_same_tokens(
    project: Project, attributes: dict[str, Any], stated: tuple[str, str, str]
) -> None:
    price(project)
    tokens = SPELLINGS["GenAI"].attributes(CALL.told())
    ingest(project.pk, [translated({**tokens, **attributes, "gen_ai.response.model": "house-model"})])

    costs = Span.objects.for_project(project).values_list("input_cost", "output_cost", "total_cost")
    assert list(costs) == [tuple(map(Decimal, stated))]
