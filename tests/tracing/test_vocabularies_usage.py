"""Tokens and costs: whole inputs and outputs whatever an SDK's convention is."""

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.tracing.spans import translated, usage_of
from tracing.wire.langfuse_usage import usage_of as usage_of_batch

DETAILS = "langfuse.observation.usage_details"
CALL = {"input": 120, "output": 25, "cached": 64}


@pytest.mark.parametrize(
    ("details", "usage"),
    [
        ('{"input": 5, "output": 2, "total": 7}', {"input": 5, "output": 2, "total": 7}),
        ('{"input": 12}', {"input": 12, "total": 12}),
        (  # the total says that the parts are inside
            '{"input": 120, "output": 45, "total": 165, "cache_read_input_tokens": 100, "output_reasoning_tokens": 10}',
            {"input": 120, "output": 45, "total": 165, "cached": 100, "reasoning": 10},
        ),
        (  # the total says that they are not
            '{"input": 20, "output": 35, "total": 165, "cache_read_input_tokens": 100, "output_reasoning_tokens": 10}',
            {"input": 120, "output": 45, "total": 165, "cached": 100, "reasoning": 10},
        ),
        (  # reasoning inside, cached apart
            '{"input": 20, "output": 45, "total": 165, "input_cached_tokens": 100, "output_reasoning_tokens": 10}',
            {"input": 120, "output": 45, "total": 165, "cached": 100, "reasoning": 10},
        ),
        (  # without a total, other names count apart
            '{"input": 24, "output": 25, "cache_read_input_tokens": 64, "cache_creation_input_tokens": 32}',
            {"input": 120, "output": 25, "total": 145, "cached": 64, "cache_write": 32},
        ),
        (
            '{"prompt_tokens": 120, "completion_tokens": 25, "total_tokens": 145,'
            ' "prompt_tokens_details": {"cached_tokens": 64}, "completion_tokens_details": {"reasoning_tokens": 8}}',
            {"input": 120, "output": 25, "total": 145, "cached": 64, "reasoning": 8},
        ),
        ('{"input": null, "output": "3", "total": NaN}', {}),
        ('{"input": -1, "output": "3"}', {"output": 3, "total": 3}),
        ("[1]", {}),
        ("x", {}),
    ],
    ids=str,
)
def test_langfuses_buckets(details: str, usage: dict[str, int]) -> None:
    assert usage_of({DETAILS: details}) == usage


@pytest.mark.parametrize(
    "attributes",
    [
        {
            "gen_ai.usage.input_tokens": 120,
            "gen_ai.usage.output_tokens": 25,
            "gen_ai.usage.cache_read.input_tokens": 64,
        },
        {"gen_ai.usage.prompt_tokens": "120", "gen_ai.usage.completion_tokens": 25.0}
        | {"gen_ai.usage.cache_read_input_tokens": 64},
        {"gen_ai.usage.input_tokens": 120, "gen_ai.usage.output_tokens": 25}
        | {"gen_ai.usage.details.cache_read_tokens": 64},
        {"llm.token_count.prompt": 120, "llm.token_count.completion": 25}
        | {"llm.token_count.prompt_details.cache_read": 64},
        {"ai.usage.inputTokens": 120, "ai.usage.outputTokens": 25, "ai.usage.cachedInputTokens": 64},
        {"ai.usage.inputTokens": 120, "ai.usage.outputTokens": 25, "ai.usage.inputTokenDetails.cacheReadTokens": 64},
        {"ai.usage.promptTokens": 120, "ai.usage.completionTokens": 25}
        | {"ai.response.providerMetadata": '{"openai": {"cachedPromptTokens": 64}}'},
        {"mlflow.chat.tokenUsage": '{"input_tokens": 120, "output_tokens": 25, "cache_read_input_tokens": 64}'},
        {  # Logfire: the provider's own words only add what is missing
            "gen_ai.usage.input_tokens": 120,
            "gen_ai.usage.output_tokens": 25,
            "gen_ai.usage.raw": '{"prompt_tokens": 999, "prompt_tokens_details": {"cached_tokens": 64}}',
        },
        {  # LiteLLM prints Python
            "gen_ai.usage.input_tokens": 120,
            "gen_ai.usage.output_tokens": 25,
            "metadata.usage_object": "{'x': None, 'prompt_tokens_details': {'cached_tokens': 64}}",
        },
        {  # its span of the raw request has nothing else
            "llm.openai.usage": "{'prompt_tokens': 120, 'completion_tokens': 25, "
            "'prompt_tokens_details': {'cached_tokens': 64}}",
        },
        {"gen_ai.usage.raw": '{"input_tokens": 56, "output_tokens": 25, "cache_read_input_tokens": 64}'},  # Anthropic
    ],
    ids=str,
)
def test_every_convention_says_the_same_call(attributes: dict[str, Any]) -> None:
    assert usage_of(attributes) == CALL


@pytest.mark.parametrize(
    ("attributes", "usage"),
    [
        (
            {"gen_ai.usage.input_tokens": 120, "gen_ai.usage.cache_write.input_tokens": 32},
            {"input": 120, "cache_write": 32},
        ),
        (
            {"gen_ai.usage.input_tokens": 120, "gen_ai.usage.cache_creation.input_tokens": 32},
            {"input": 120, "cache_write": 32},
        ),
        ({"gen_ai.usage.reasoning.output_tokens": 8, "gen_ai.usage.output_tokens": 9}, {"output": 9, "reasoning": 8}),
        ({"gen_ai.usage.details.reasoning_tokens": 8}, {"reasoning": 8}),
        ({"llm.token_count.completion_details.reasoning": 8}, {"reasoning": 8}),
        (
            {"llm.token_count.prompt_details.cache_write": 32, "llm.token_count.prompt": 40},
            {"input": 40, "cache_write": 32},
        ),
        ({"ai.usage.reasoningTokens": 8}, {"reasoning": 8}),
        ({"ai.usage.tokens": 9}, {"input": 9}),
        ({"llm.usage.total_tokens": 7}, {"total": 7}),
        # Parts that are larger than the whole were counted apart
        (
            {"gen_ai.usage.input_tokens": 24, "gen_ai.usage.cache_read.input_tokens": 64}
            | {"gen_ai.usage.cache_creation.input_tokens": 32},
            {"input": 120, "cached": 64, "cache_write": 32},
        ),
        # Bedrock's total decides
        (
            {
                "llm.bedrock.usage": "{'inputTokens': 56, 'outputTokens': 25, 'totalTokens': 145,"
                " 'cacheReadInputTokens': 64}"
            },
            CALL | {"total": 145},
        ),
        ({"gen_ai.aggregated_usage.input_tokens": 5}, {}),
    ],
    ids=str,
)
def test_parts_of_a_call(attributes: dict[str, Any], usage: dict[str, int]) -> None:
    assert usage_of(attributes) == usage


@pytest.mark.parametrize("value", [True, -1, float("nan"), float("inf"), "1e999", "x", "", None, [], {}, "9" * 100])
def test_what_is_no_count_is_not_said(value: Any) -> None:
    assert usage_of({"gen_ai.usage.input_tokens": value}) == {}


@pytest.mark.parametrize(
    ("attributes", "costs"),
    [
        ({"gen_ai.usage.input_cost": 0.1, "gen_ai.usage.output_cost": 0.2, "gen_ai.usage.cost": 0.3}, "0.1 0.2 0.3"),
        ({"llm.cost.prompt": 0.1, "llm.cost.completion": 0.2, "llm.cost.total": 0.3}, "0.1 0.2 0.3"),
        ({"langfuse.observation.cost_details": '{"input": 0.1, "output": 0.2, "total": 0.3}'}, "0.1 0.2 0.3"),
        ({"langfuse.observation.cost_details": '{"input": 0.1, "output": 0.2}'}, "0.1 0.2 0.3"),
        ({"langfuse.observation.cost_details": '{"total": 3e-05}'}, "None None 0.00003"),
        (
            {"langfuse.observation.cost_details": '{"input": 0.1, "cache_read_input_tokens": 0.05, "total": 0.15}'},
            "0.15 None 0.15",
        ),
        ({"operation.cost": 2.82e-05}, "None None 0.0000282"),
        ({"gen_ai.cost.total_cost": "0.5"}, "None None 0.5"),
        ({"operation.cost": float("nan")}, "None None None"),
        ({"operation.cost": -1}, "None None None"),
        ({"operation.cost": True}, "None None None"),
        ({"operation.cost": "Infinity"}, "None None None"),
    ],
    ids=str,
)
def test_stated_costs(attributes: dict[str, Any], costs: str) -> None:
    record = translated(attributes)

    expected = [None if word == "None" else Decimal(word) for word in costs.split()]
    assert [record.input_cost, record.output_cost, record.total_cost] == expected


def test_both_wires_of_langfuse_count_alike() -> None:
    details = {"input": 120, "output": 45, "total": 165, "cache_read_input_tokens": 100, "output_reasoning_tokens": 10}
    span = translated({DETAILS: json.dumps(details)})

    assert usage_of_batch(details, None) == span.usage
