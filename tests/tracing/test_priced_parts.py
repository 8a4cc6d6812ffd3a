"""Prices of parts and of service tiers, whoever tells them and however: worked out by hand from published prices."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.tracing.reports import NOON, at, usd
from tests.tracing.spans import raw_span
from tracing.pricing.price_list import find_listing
from tracing.store.rows import SpanRow, priced, row_of
from tracing.store.trace_totals import roll_up
from tracing.vocabularies import translate

G, OI, AI = "gen_ai.usage.", "llm.token_count.", "ai.usage."


def row(attributes: dict[str, Any], *, model: str, scope: str = "shop", provider: str | None = None) -> SpanRow:
    """The priced row of a model call with these attributes."""
    named = {"gen_ai.request.model": model, "gen_ai.operation.name": "chat"}
    if provider:
        named["gen_ai.provider.name"] = provider
    record = translate(raw_span(attributes={**named, **attributes}, scope_name=scope, started_at=at(0), ended_at=at(1)))
    assert record is not None
    return priced(row_of(record, NOON))


# 300 tokens in, 200 of them audio, and 120 out, 90 of them audio, of gpt-realtime: 4 and 32, 16 and 64 USD.
DETAILS = {"prompt_tokens_details": {"audio_tokens": 200}, "completion_tokens_details": {"audio_tokens": 90}}
REALTIME = {
    "input_token_details": {"text_tokens": 100, "audio_tokens": 200},
    "output_token_details": {"text_tokens": 30, "audio_tokens": 90},
}
MODALITIES = {
    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 100}, {"modality": "AUDIO", "tokenCount": 200}],
    "candidatesTokensDetails": [{"modality": "AUDIO", "tokenCount": 90}],
}
SPOKEN = {
    "LiveKit": {
        G + "input_tokens": 300,
        G + "output_tokens": 120,
        G + "input_audio_tokens": 200,
        G + "output_audio_tokens": 90,
        G + "input_text_tokens": 100,
        G + "output_text_tokens": 30,
    },
    "text beside audio": {
        G + "input_tokens": 100,
        G + "output_tokens": 30,
        G + "input_audio_tokens": 200,
        G + "output_audio_tokens": 90,
        G + "input_text_tokens": 100,
        G + "output_text_tokens": 30,
    },
    "no whole": {
        G + "input_text_tokens": "100",
        G + "input_audio_tokens": "200",
        G + "output_text_tokens": "30",
        G + "output_audio_tokens": "90",
    },
    "a total decides": {
        G + "input_tokens": 100,
        G + "output_tokens": 120,
        G + "total_tokens": 420,
        G + "input_audio_tokens": 200,
        G + "output_audio_tokens": 90,
    },
    "pydantic-ai": {
        G + "input_tokens": 300,
        G + "output_tokens": 120,
        G + "details.input_audio_tokens": 200,
        G + "details.output_audio_tokens": 90,
    },
    "OpenInference": {
        OI + "prompt": 300,
        OI + "completion": 120,
        OI + "prompt_details.audio": 200,
        OI + "completion_details.audio": 90,
    },
    "chat": {G + "raw": json.dumps({"prompt_tokens": 300, "completion_tokens": 120, **DETAILS})},
    "printed": {"llm.openai.usage": repr({"prompt_tokens": 300, "completion_tokens": 120, **DETAILS})},
    "realtime": {G + "raw": json.dumps({"input_tokens": 300, "output_tokens": 120, **REALTIME})},
    "Gemini": {G + "raw": json.dumps({"promptTokenCount": 300, "candidatesTokenCount": 120, **MODALITIES})},
    "Langfuse, apart": {
        "langfuse.observation.usage_details": json.dumps(
            {"input": 100, "input_audio_tokens": 200, "output": 30, "output_audio_tokens": 90}
        )
    },
    "Langfuse, inside": {
        "langfuse.observation.usage_details": json.dumps(
            {"input": 300, "input_audio": 200, "output": 120, "output_audio": 90, "total": 420}
        )
    },
}


@pytest.mark.parametrize("spelling", SPOKEN)
def test_audio_has_its_own_price_in_every_spelling(spelling: str) -> None:
    spoken = row(SPOKEN[spelling], model="gpt-realtime")

    assert (spoken.input_tokens, spoken.output_tokens) == (300, 120)
    assert spoken.total_cost == usd("0.01304")


def test_audio_without_a_price_has_an_unknown_cost() -> None:
    assert row(SPOKEN["LiveKit"], model="gpt-4o").total_cost is None
    assert row(SPOKEN["LiveKit"], model="gpt-4o-audio-preview").total_cost == usd("0.01575")
    assert row(SPOKEN["pydantic-ai"] | {G + "details.output_audio_tokens": 0}, model="gemini-2.5-pro").total_cost


# 1,010 tokens in, 1,000 of them written to a cache for an hour, and 100 out, of Claude Sonnet: 3, 6 and 15 USD.
CREATION = {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 1_000}
ANTHROPIC = {"input_tokens": 10, "output_tokens": 100, "cache_creation_input_tokens": 1_000}
HOUR = {
    "Anthropic": {G + "raw": json.dumps({**ANTHROPIC, "cache_creation": CREATION})},
    "printed": {"llm.anthropic.usage": repr({**ANTHROPIC, "cache_creation": CREATION})},
    "only by time to live": {G + "raw": {"input_tokens": 10, "output_tokens": 100, "cache_creation": CREATION}},
    "Bedrock": {
        G + "raw": json.dumps(
            {
                "inputTokens": 10,
                "outputTokens": 100,
                "cacheWriteInputTokens": 1_000,
                "cacheDetails": [{"ttl": "1h", "inputTokens": 1_000}],
            }
        )
    },
    "the Anthropic SDK": {
        G + "input_tokens": 10,
        G + "output_tokens": 100,
        G + "cache_write.input_tokens": 1_000,
        "anthropic.usage.cache_creation.ephemeral_1h_input_tokens": 1_000,
    },
    "Langfuse": {
        "langfuse.observation.usage_details": json.dumps(
            {"input": 10, "output": 100, "cache_creation_input_tokens": 1_000, "ephemeral_1h_input_tokens": 1_000}
        )
    },
    "Langfuse, only by time to live": {
        "langfuse.observation.usage_details": json.dumps(
            {"input": 10, "output": 100, "input_ephemeral_1h_input_tokens": 1_000}
        )
    },
    "Vercel": {
        AI + "inputTokens": 1_010,
        AI + "outputTokens": 100,
        AI + "inputTokenDetails.cacheWriteTokens": 1_000,
        "ai.response.providerMetadata": json.dumps({"anthropic": {"usage": {**ANTHROPIC, "cache_creation": CREATION}}}),
    },
}


@pytest.mark.parametrize("spelling", HOUR)
def test_a_cache_write_for_an_hour_costs_more_in_every_spelling(spelling: str) -> None:
    written = row(HOUR[spelling], model="claude-sonnet-4-5")

    assert (written.input_tokens, written.output_tokens, written.cache_write_tokens) == (1_010, 100, 1_000)
    assert written.total_cost == usd("0.00753")


@pytest.mark.parametrize(
    ("model", "provider", "tier", "cost"),
    [
        ("gpt-5", "openai", "flex", "1.125"), ("gpt-5", "openai", "priority", "4.5"),
        ("gpt-5", "openai", "batch", "1.125"), ("gpt-5", "openai", "default", "2.25"),
        ("gpt-5", "openai", "scale", None), ("gpt-5", None, "flex", "1.125"),
        ("gpt-4o", "openai", "priority", "5.95"), ("claude-sonnet-4-5", "anthropic", "batch", "4.125"),
        ("claude-sonnet-4-5", "anthropic", "priority", None), ("claude-sonnet-4-5", "anthropic", "standard", "8.25"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("spelling", ["openai.response.service_tier", "raw", "parameters", "vercel"])
def test_a_service_tier_changes_the_price(
    model: str, provider: str | None, tier: str, cost: str | None, spelling: str
) -> None:
    told = {
        "raw": {G + "raw": json.dumps({"input_tokens": 1_000_000, "output_tokens": 100_000, "service_tier": tier})},
        "parameters": {"langfuse.observation.model.parameters": json.dumps({"service_tier": tier})},
        "vercel": {"ai.response.providerMetadata": json.dumps({"openai": {"serviceTier": tier}})},
    }.get(spelling, {spelling: tier})
    usage = {G + "input_tokens": 1_000_000, G + "output_tokens": 100_000}
    found = row(usage | told, model=model, provider=provider).total_cost

    assert found == (None if cost is None else usd(cost))


def test_the_tier_of_the_answer_counts_before_that_of_the_request() -> None:
    usage = {G + "input_tokens": 1_000_000, G + "output_tokens": 100_000}
    asked = {"openai.request.service_tier": "flex", "openai.response.service_tier": "default"}
    assert row(usage | asked, model="gpt-5").total_cost == usd("2.25")


STATED_BY_LIBRARIES = [
    G + "cost", G + "total_cost", G + "cost.total", "gen_ai.cost.total_cost", "gen_ai.cost.total", "operation.cost",
    "llm.cost.total", "llm.usage.total_cost", "metadata.response_cost", "litellm.response_cost", "total_cost_usd",
    G + "cost_usd", "llm.total_cost_usd", "gen_ai.total_cost", "ai.cost", "opik.usage.total_cost", "openrouter.cost",
    "gen_ai.cost.total_tokens",
]  # fmt: skip
STATED_AS_JSON = {
    "mlflow.llm.cost": {"input_cost": 0.1, "output_cost": 0.4, "total_cost": 0.5},
    "hidden_params": {"response_cost": 0.5},
    G + "raw": {"prompt_tokens": 100, "completion_tokens": 20, "cost": 0.5},
    "llm.openrouter.usage": {"prompt_tokens": 100, "completion_tokens": 20, "cost": 0.5},
    "ai.response.providerMetadata": {"gateway": {"cost": "0.5"}},
    "acme.usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_cost": 0.5},
    "braintrust.metrics": {"prompt_tokens": 100, "completion_tokens": 20, "estimated_cost": 0.5},
}
USED = {G + "input_tokens": 100, G + "output_tokens": 20}


@pytest.mark.parametrize("key", [*STATED_BY_LIBRARIES, *STATED_AS_JSON])
def test_a_cost_that_a_gateway_or_framework_states_counts(key: str) -> None:
    stated = json.dumps(STATED_AS_JSON[key]) if key in STATED_AS_JSON else 0.5
    told = row(USED | {key: stated}, model="gpt-4o")

    assert (told.total_cost, told.stated_costs & 4) == (usd("0.5"), 4)


@pytest.mark.parametrize("key", STATED_BY_LIBRARIES)
def test_a_cost_of_0_from_a_price_list_is_unknown(key: str) -> None:
    assert row(USED | {key: 0}, model="our-own-model").total_cost is None
    assert row(USED | {key: 0.0}, model="gpt-4o").total_cost == usd("0.00045")


@pytest.mark.parametrize(
    "key", ["session.total_cost_usd", "budget.cost", "shop.order.total_cost", "acme.response", "response_body.cost_usd"]
)
def test_a_cost_of_something_else_is_not_that_of_the_call(key: str) -> None:
    sent = json.dumps({"order": 4821, "cost": 0.5}) if key == "acme.response" else 0.5
    assert row(USED | {key: sent}, model="gpt-4o").total_cost == usd("0.00045")


@pytest.mark.parametrize(
    "stated",
    [
        {"langfuse.observation.cost_details": json.dumps({"total": 0})},
        {G + "cost": 0, "lmnr.span.path": ["turn"]},
        {G + "raw": json.dumps({"prompt_tokens": 100, "completion_tokens": 20, "cost": 0})},
    ],
)
def test_a_cost_of_0_that_somebody_states_is_believed(stated: dict[str, Any]) -> None:
    assert row(USED | stated, model="gpt-4o").total_cost == 0


@pytest.mark.parametrize(
    ("model", "provider", "seller", "is_guess"),
    [
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "aws", "aws", False),
        ("bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0", None, "aws", False),
        ("claude-sonnet-4-5@20250929", "gcp", "google", False),
        ("anthropic/claude-sonnet-4.5", "openrouter", "openrouter", False),
        ("openrouter/anthropic/claude-sonnet-4.5", None, "openrouter", False),
        ("azure/gpt-4o", None, "azure", False),
        ("gpt-4o", "aws", "openai", True),
        ("gpt-4o", "a-gateway-of-ours", "openai", False),
        ("gpt-4o", None, "openai", False),
    ],
)
def test_a_sellers_own_price_counts_before_that_of_another(
    model: str, provider: str | None, seller: str, is_guess: bool
) -> None:
    listing = find_listing(model, provider)

    assert listing is not None
    assert (listing.seller, listing.is_guess) == (seller, is_guess)


def test_what_is_counted_at_another_sellers_price_is_named() -> None:
    guessed = row(USED, model="gpt-4o", provider="aws.bedrock")
    own = replace(row(USED, model="gpt-4o", provider="openai"), span_id="own")

    assert roll_up([own], {}).left_out == {}
    left = roll_up([guessed, own], {}).left_out
    assert left == {"guessed_count": 1, "guessed_cost": str(guessed.total_cost)}
    assert priced(replace(guessed, provider="openai")).stated_costs == 0
    assert not guessed.has_bill


IMAGES = {G + "input_tokens": 300, G + "output_tokens": 120, G + "input_image_tokens": 200}


def test_pictures_and_cached_parts_have_prices_where_somebody_lists_them() -> None:
    """USD per million of gpt-realtime: 4 for text, 5 for pictures; cached 0.4 and 0.5; 32 and 0.4 for audio."""
    assert row(IMAGES, model="gpt-realtime").input_cost == usd("0.0014")
    assert row(IMAGES, model="gpt-4o").input_cost == usd("0.00075"), "as text"
    cached = IMAGES | {G + "cache_read.input_tokens": 150, G + "cache_read.image_tokens": 100}
    assert row(cached, model="gpt-realtime").input_cost == usd("0.00077")  # 50 and 100, cached: 50 and 100
    spoken = {G + "input_tokens": 300, G + "details.input_audio_tokens": 200, G + "output_tokens": 1}
    heard = {G + "details.cache_read_tokens": 150, G + "details.cache_audio_read_tokens": 150}
    assert row(spoken | heard, model="gpt-realtime").input_cost == usd("0.00206")  # 100, 50, cached 150
    drawn = {G + "input_tokens": 0, G + "output_tokens": 100, G + "output_image_tokens": 80}
    assert row(drawn, model="gemini-2.5-flash-image").output_cost == usd("0.00245")


GEMINI_TOOLS = {"promptTokenCount": 200, "candidatesTokenCount": 30, "toolUsePromptTokenCount": 70}


@pytest.mark.parametrize(
    ("usage", "inputs", "outputs"),
    [
        (GEMINI_TOOLS, 270, 30),
        (GEMINI_TOOLS | {"totalTokenCount": 300}, 270, 30),
        (GEMINI_TOOLS | {"totalTokenCount": 230}, 200, 30),
        (GEMINI_TOOLS | {"totalTokenCount": 310, "thoughtsTokenCount": 10}, 270, 40),
        (GEMINI_TOOLS | {"totalTokenCount": 300, "cachedContentTokenCount": 100}, 270, 30),
    ],
)
def test_results_of_a_providers_own_tools_are_input(usage: dict[str, int], inputs: int, outputs: int) -> None:
    told = row({G + "raw": json.dumps(usage)}, model="gemini-2.5-flash")

    assert (told.input_tokens, told.output_tokens) == (inputs, outputs)
