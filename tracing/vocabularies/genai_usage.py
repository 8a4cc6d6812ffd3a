"""Tokens, service tiers and costs under the names of OpenTelemetry's conventions, and of those who extend them."""

from decimal import Decimal
from typing import Any

from tracing.vocabularies.provider_usage import provider_usage, usage_cost, usage_tier
from tracing.vocabularies.readers import computed_cost, decimal, integer, service_tier
from tracing.vocabularies.tables import AttributeTable, Together

GENAI_USAGE_PREFIX = "gen_ai.usage."
TIER_PREFIXES = ("openai.", "gen_ai.openai.", "gen_ai.", "anthropic.", "gen_ai.anthropic.", "aws.bedrock.", "llm.")


def cost_keys(*sides: str) -> list[str]:
    """Return the keys under which gateways and frameworks report the cost of a side, or of both."""
    return [
        key
        for side in sides
        for key in (
            *(f"gen_ai.cost.{side}_cost", f"gen_ai.cost.{side}", f"gen_ai.cost.{side}_tokens"),
            f"{GENAI_USAGE_PREFIX}{side}_cost",
            *(f"{GENAI_USAGE_PREFIX}cost.{side}", f"{GENAI_USAGE_PREFIX}cost.{side}_cost", f"llm.usage.{side}_cost"),
            f"{GENAI_USAGE_PREFIX}cost_details.{side}_cost",
        )
    ]


def cost_of_any(said: dict[str, Any]) -> Decimal | None:
    """Return a cost from the key that both Laminar's applications and libraries with price lists use.

    Applications state a cost of 0 on purpose."""
    amount = decimal(said.get(GENAI_USAGE_PREFIX + "cost"))
    return amount if amount or "lmnr.span.path" in said else None


COST = Together(cost_of_any)
GENAI_USAGE_TABLE: AttributeTable = {
    "usage.input_tokens": {
        GENAI_USAGE_PREFIX + "input_tokens": integer,
        GENAI_USAGE_PREFIX + "prompt_tokens": integer,
    },
    "usage.output_tokens": {
        GENAI_USAGE_PREFIX + "output_tokens": integer,
        GENAI_USAGE_PREFIX + "completion_tokens": integer,
    },
    "usage.total_tokens": {GENAI_USAGE_PREFIX + "total_tokens": integer},
    "usage.cached_tokens": {
        GENAI_USAGE_PREFIX + "cache_read.input_tokens": integer,
        GENAI_USAGE_PREFIX + "cache_read_input_tokens": integer,
        GENAI_USAGE_PREFIX + "cache_read_tokens": integer,
        GENAI_USAGE_PREFIX + "details.cache_read_tokens": integer,
        GENAI_USAGE_PREFIX + "details.cache_read_input_tokens": integer,
        GENAI_USAGE_PREFIX + "input_cached_tokens": integer,
        GENAI_USAGE_PREFIX + "cached_content_tokens": integer,
    },
    "usage.cache_write_tokens": {
        GENAI_USAGE_PREFIX + "cache_creation.input_tokens": integer,
        GENAI_USAGE_PREFIX + "cache_write.input_tokens": integer,
        GENAI_USAGE_PREFIX + "cache_creation_input_tokens": integer,
        GENAI_USAGE_PREFIX + "cache_write_tokens": integer,
        GENAI_USAGE_PREFIX + "details.cache_write_tokens": integer,
        GENAI_USAGE_PREFIX + "details.cache_creation_input_tokens": integer,
    },
    "usage.reasoning_tokens": {
        GENAI_USAGE_PREFIX + "reasoning.output_tokens": integer,
        GENAI_USAGE_PREFIX + "reasoning_tokens": integer,
        GENAI_USAGE_PREFIX + "details.reasoning_tokens": integer,
        GENAI_USAGE_PREFIX + "thoughts_tokens": integer,
        GENAI_USAGE_PREFIX + "experimental.reasoning_tokens": integer,
    },
    "usage.cache_write_1h_tokens": {
        GENAI_USAGE_PREFIX + "cache_creation.ephemeral_1h_input_tokens": integer,
        GENAI_USAGE_PREFIX + "details.ephemeral_1h_input_tokens": integer,
        GENAI_USAGE_PREFIX + "ephemeral_1h_input_tokens": integer,
        "anthropic.usage.cache_creation.ephemeral_1h_input_tokens": integer,
    },
    **{
        f"usage.{side}_{medium}_tokens": {
            GENAI_USAGE_PREFIX + name: integer
            for name in (
                *(f"{side}_{medium}_tokens", f"details.{side}_{medium}_tokens", f"{side}.{medium}_tokens"),
                *(f"{medium}.{side}_tokens", f"{medium}_{side}_tokens", f"{side}_tokens.{medium}"),
                f"{'prompt' if side == 'input' else 'completion'}_{medium}_tokens",
                f"experimental.{side}_{medium}_tokens",
            )
        }
        for side in ("input", "output")
        for medium in ("audio", "image", "text")
    },
    **{
        f"usage.cached_{medium}_tokens": {
            GENAI_USAGE_PREFIX + f"details.cache_{medium}_read_tokens": integer,
            GENAI_USAGE_PREFIX + f"cache_read.{medium}_tokens": integer,
            GENAI_USAGE_PREFIX + f"input_cached_{medium}_tokens": integer,
        }
        for medium in ("audio", "image")
    },
    "usage.input_tool_tokens": {
        GENAI_USAGE_PREFIX + "tool_use_prompt_tokens": integer,
        GENAI_USAGE_PREFIX + "details.tool_use_prompt_tokens": integer,
        GENAI_USAGE_PREFIX + "tool_tokens": integer,
    },
    "usage": {GENAI_USAGE_PREFIX + "raw": provider_usage},
    "service_tier": {
        **{f"{prefix}response.service_tier": service_tier for prefix in TIER_PREFIXES},
        GENAI_USAGE_PREFIX + "raw": usage_tier,
        **{f"{prefix}request.service_tier": service_tier for prefix in TIER_PREFIXES},
    },
    "input_cost": dict.fromkeys(cost_keys("input", "prompt"), computed_cost),
    "output_cost": dict.fromkeys(cost_keys("output", "completion"), computed_cost),
    "total_cost": {
        GENAI_USAGE_PREFIX + "raw": usage_cost,
        GENAI_USAGE_PREFIX + "cost": COST,
        "lmnr.span.path": COST,
        **dict.fromkeys(cost_keys("total"), computed_cost),
        **dict.fromkeys(("gen_ai.cost", "gen_ai.response.cost", "operation.cost", "response_cost"), computed_cost),
    },
}
