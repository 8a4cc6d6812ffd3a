"""One usage, every spelling: the same call is the same record, whatever the library counts and how it writes it."""

import json
from collections.abc import Collection
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracing.reports import NOON
from tests.tracing.spans import said, translated, usage_of
from tests.tracing.spellings import (
    CALL,
    HEARD,
    KEPT,
    LANGFUSE,
    OF_INPUT,
    OF_OUTPUT,
    SEEN,
    SHOWN_AS,
    SPELLINGS,
    Spelling,
    Tokens,
    tellings,
)
from tracing.records import SpanRecord
from tracing.store.rows import priced, row_of
from tracing.vocabularies import VOCABULARIES
from tracing.vocabularies.tables import Vocabulary
from tracing.wire.langfuse import decode_event

BOTH = {"input": 1_000, "output": 80}
LIKE_ANTHROPIC = {"input": 1_000, "output": 80, "cached": 600, "cache_write": 100}
WHOLE = {**LIKE_ANTHROPIC, "reasoning": 30}
ANTHROPIC = {
    "input_tokens": 300,
    "output_tokens": 80,
    "cache_read_input_tokens": 600,
    "cache_creation_input_tokens": 100,
}
BEDROCK = {
    "inputTokens": 300,
    "outputTokens": 80,
    "totalTokens": 1_080,
    "cacheReadInputTokens": 600,
    "cacheWriteInputTokens": 100,
}
GEMINI = {  # thinking is beside the candidates, what was cached is in the prompt
    "promptTokenCount": 1_000,
    "candidatesTokenCount": 50,
    "thoughtsTokenCount": 30,
    "cachedContentTokenCount": 600,
    "totalTokenCount": 1_080,
}
GEMINI_IN_PYTHON = {
    "prompt_token_count": 1_000,
    "candidates_token_count": 50,
    "thoughts_token_count": 30,
    "cached_content_token_count": 600,
    "total_token_count": 1_080,
}
G = "gen_ai.usage."
DETAILS = "langfuse.observation.usage_details"
OPENAI = {
    "prompt_tokens": 1_000,
    "completion_tokens": 80,
    "prompt_tokens_details": {"cached_tokens": 600, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 30, "accepted_prediction_tokens": 0},
}
COMPLETE = {
    name: spelling
    for name, spelling in SPELLINGS.items()
    if {"cached", "cache_write", "reasoning"} <= {*spelling.parts()}
}
OPENAI_CALL = {"input": 1_000, "output": 80, "cached": 600, "reasoning": 30}


def expected_of(spelling: Spelling, numbers: dict[str, int], tokens: Tokens) -> dict[str, int]:
    """Return what is known. Langfuse's buckets have a total even if nobody states it: it is their sum."""
    known = spelling.known(tokens)
    if "total" not in numbers and spelling.input != "input":
        known.pop("total", None)
    return known


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_call_has_the_same_tokens_in_every_spelling(name: str) -> None:
    wrong = [
        (numbers, shown.__name__, found, expected)
        for known, spelling, numbers, tokens in tellings()
        for shown in SHOWN_AS
        if known == name
        and (found := usage_of(spelling.attributes(numbers, shown), scope_name=spelling.scope))
        != (expected := expected_of(spelling, numbers, tokens))
    ]
    assert wrong == []


# USD per million tokens, as published. A part without a price of its own costs what is around it.
REALTIME_RATES = {"input": "4", "cached": "0.4", "output": "16", "input_audio": "32", "output_audio": "64"} | {
    "input_image": "5"
}
CLAUDE_RATES = {"input": "3", "cached": "0.3", "cache_write": "3.75", "cache_write_1h": "6", "output": "15"}
MODELS = [(CALL, CLAUDE_RATES), (KEPT, CLAUDE_RATES), (HEARD, REALTIME_RATES), (SEEN, REALTIME_RATES)]


def cost_by_hand(tokens: Tokens, told: Collection[str], rates: dict[str, str]) -> Decimal:
    """Return what the tokens cost if of their parts only those in `told` are known."""
    priced = {part: getattr(tokens, part) for part in told if part in rates}
    priced["cache_write"] = priced.get("cache_write", 0) - priced.get("cache_write_1h", 0)
    for side, parts in (("input", {*OF_INPUT, "cache_write_1h"}), ("output", OF_OUTPUT)):
        priced[side] = getattr(tokens, side) - sum(n for part, n in priced.items() if part in parts)
    return sum((n * Decimal(rates[part]) for part, n in priced.items() if n), Decimal(0)) / 1_000_000


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_call_has_the_same_cost_in_every_spelling(name: str) -> None:
    spelling = SPELLINGS[name]
    for tokens, rates in MODELS:
        record = translated(spelling.attributes(tokens.told(spelling.beside)), scope_name=spelling.scope)
        record.model = "gpt-realtime" if rates is REALTIME_RATES else "claude-sonnet-4-5"

        assert priced(row_of(record, NOON)).total_cost == cost_by_hand(tokens, spelling.parts(), rates), record.usage


@pytest.mark.parametrize("name", LANGFUSE)
@pytest.mark.parametrize("where", ["usageDetails", "usage"])
def test_a_batch_of_events_has_the_same_tokens(name: str, where: str) -> None:
    """The wire of Langfuse's second version, which InteractiveAI's API has, too."""
    known = f"{name} in Langfuse, dict"
    for _, spelling, numbers, tokens in (told for told in tellings() if told[0] == known):
        body = {"id": "o", "traceId": "t", where: spelling.attributes(numbers)[spelling.container]}
        record = decode_event(
            {"id": "e", "type": "generation-create", "timestamp": NOON.isoformat(), "body": body}
        ).record

        assert isinstance(record, SpanRecord)
        assert said(record.usage) == expected_of(spelling, numbers, tokens)


def keys_of_usage(vocabulary: Vocabulary) -> set[str]:
    tables = vocabulary.table.items()
    return {key for field, rows in tables if field.partition(".")[0] == "usage" for key in rows}


@pytest.mark.parametrize(
    "vocabulary", list(filter(keys_of_usage, VOCABULARIES)), ids=lambda vocabulary: vocabulary.title
)
def test_every_vocabulary_that_reads_usage_has_a_spelling(vocabulary: Vocabulary) -> None:
    """A call in its own keys stands in all of these tests."""
    told = [spelling.attributes(CALL.told()).keys() for spelling in SPELLINGS.values()]
    assert any(keys & keys_of_usage(vocabulary) for keys in told)


@pytest.mark.parametrize("spelling", COMPLETE.values(), ids=COMPLETE)
def test_parts_that_are_larger_than_their_whole_come_on_top(spelling: Spelling) -> None:
    """300 beside 700, and 20 beside 60: no total is needed to see it, and one that forgot the parts does not matter."""
    numbers = {"input": 300, "output": 20, "cached": 600, "cache_write": 100, "reasoning": 60}

    found = usage_of(spelling.attributes(numbers), scope_name=spelling.scope)
    forgetful = usage_of(spelling.attributes(numbers | {"total": 320}), scope_name=spelling.scope)

    expected = {"input": 1_000, "output": 80, "cached": 600, "cache_write": 100, "reasoning": 60}
    assert {part: found[part] for part in expected} == expected
    assert {part: forgetful[part] for part in expected} == expected


WITH_TOTAL = {name: spelling for name, spelling in SPELLINGS.items() if spelling.total}


@pytest.mark.parametrize("spelling", WITH_TOTAL.values(), ids=WITH_TOTAL)
def test_what_a_total_has_beyond_both_sides_is_output(spelling: Spelling) -> None:
    """Models think without a word of how much: 1,000 and 50 of 1,080 leave 30 that were paid as output."""
    sent = spelling.attributes({"input": 1_000, "output": 50, "total": 1_080})

    assert usage_of(sent, scope_name=spelling.scope) == {"input": 1_000, "output": 80, "total": 1_080}


ANY_SPELLING = st.sampled_from(sorted(SPELLINGS))


@settings(max_examples=500)
@given(ANY_SPELLING, st.data())
def test_any_call_is_what_was_told(name: str, data: st.DataObject) -> None:
    """No part is more than its whole here, so every number is that of the library."""
    spelling = SPELLINGS[name]
    whole_input, whole_output = data.draw(st.integers(0, 10**9)), data.draw(st.integers(0, 10**9))
    cached = data.draw(st.integers(0, whole_input))
    written = data.draw(st.integers(0, whole_input - cached))
    tokens = Tokens(whole_input, whole_output, cached, written, data.draw(st.integers(0, whole_output)))

    sent = spelling.attributes(tokens.told(spelling.beside))

    assert usage_of(sent, scope_name=spelling.scope) == spelling.known(tokens)


@settings(max_examples=500)
@given(ANY_SPELLING, st.data())
def test_a_part_never_exceeds_its_whole(name: str, data: st.DataObject) -> None:
    """Whatever numbers arrive, also those that contradict each other."""
    spelling = SPELLINGS[name]
    parts = [part for part in spelling.parts() if data.draw(st.booleans()) or part in ("input", "output")]
    numbers = {part: data.draw(st.integers(0, 5_000)) for part in parts}

    found = usage_of(spelling.attributes(numbers), scope_name=spelling.scope)

    for part in found.keys() & OF_INPUT:
        assert found[part] <= found["input"]
    for part in found.keys() & OF_OUTPUT:
        assert found[part] <= found["output"]
    assert found.get("cached", 0) + found.get("cache_write", 0) <= found["input"]
    assert found.get("cache_write_1h", 0) <= found.get("cache_write", 0)
    assert found["input"] >= numbers["input"]
    assert found["output"] >= numbers["output"]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (ANTHROPIC, LIKE_ANTHROPIC),
        (  # also where most of the input was not cached, so that the sizes say nothing
            ANTHROPIC | {"input_tokens": 900, "cache_read_input_tokens": 60, "cache_creation_input_tokens": 40},
            BOTH | {"cached": 60, "cache_write": 40},
        ),
        (ANTHROPIC | {"service_tier": "standard", "server_tool_use": None}, LIKE_ANTHROPIC),
        (ANTHROPIC | {"cache_creation": {"ephemeral_5m_input_tokens": 60}}, LIKE_ANTHROPIC),
        (BEDROCK, LIKE_ANTHROPIC | {"total": 1_080}),
        (GEMINI, OPENAI_CALL | {"total": 1_080}),
        (GEMINI_IN_PYTHON, OPENAI_CALL | {"total": 1_080}),
        (OPENAI, OPENAI_CALL),
        ({"prompt_eval_count": 1_000, "eval_count": 80}, BOTH),  # Ollama
        ({"billed_units": {"input_tokens": 9}, "tokens": {"input_tokens": 1_000, "output_tokens": 80}}, BOTH),  # Cohere
        ({"id": "a", "usage": OPENAI}, OPENAI_CALL),
        ({"prompt_tokens": 1_000, "completion_tokens": 80, "num_cached_tokens": 60}, BOTH | {"cached": 60}),  # Mistral
        (OPENAI | {"total_tokens": 1_080, "cost": 0.5}, OPENAI_CALL | {"total": 1_080}),
        (OPENAI | {"prompt_tokens_details": None, "completion_tokens_details": None}, BOTH),
    ],
    ids=str,
)
@pytest.mark.parametrize(
    ("key", "encode"),
    [
        ("gen_ai.usage.raw", json.dumps),
        ("gen_ai.usage.raw", dict),
        ("metadata.usage_object", repr),
        ("llm.anthropic.usage", repr),
        ("llm.bedrock.usage", json.dumps),
        ("llm.gemini.usage", dict),
    ],
    ids=lambda part: part if isinstance(part, str) else part.__name__,  # no address, which differs between workers
)
def test_a_providers_own_words_mean_the_same_wherever_they_are(
    sent: dict[str, Any], expected: dict[str, int], key: str, encode: Any
) -> None:
    assert usage_of({key: encode(sent)}) == expected


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ({"promptTokens": 1_000, "completionTokens": 80}, BOTH),
        ({"inputTokens": 1_000, "outputTokens": 80, "totalTokens": 1_080}, BOTH | {"total": 1_080}),
        (GEMINI, OPENAI_CALL | {"total": 1_080}),
        (GEMINI_IN_PYTHON, OPENAI_CALL | {"total": 1_080}),
    ],
    ids=str,
)
def test_langfuses_details_may_have_any_providers_names(details: dict[str, int], expected: dict[str, int]) -> None:
    assert usage_of({DETAILS: json.dumps(details)}) == expected


@pytest.mark.parametrize(
    "details",
    [
        {"input": 300, "output": 50, "cache_read_input_tokens": 600, "cache_creation_input_tokens": 100}
        | {"output_reasoning_tokens": 30},
        {"input": 300, "output": 50, "input_cached_tokens": 600, "input_cache_creation": 100, "reasoning_tokens": 30},
        {"input": 300, "output": 50, "input_cache_read": 600, "input_cache_write": 100, "output_reasoning": 30},
        {"input": 300, "output": 50, "cache_read_input_tokens": 600, "cache_creation_input_tokens": 100}
        | {"output_reasoning_tokens": 30, "ephemeral_5m_input_tokens": 60, "ephemeral_1h_input_tokens": 40},
    ],
    ids=str,
)
@pytest.mark.parametrize("shown", SHOWN_AS, ids=lambda shown: shown.__name__)
def test_langfuses_buckets_count_apart_without_a_total(details: dict[str, int], shown: Any) -> None:
    sent = {bucket: shown(tokens) for bucket, tokens in details.items()}

    hour = {"cache_write_1h": 40} if "ephemeral_1h_input_tokens" in sent else {}
    assert usage_of({DETAILS: json.dumps(sent)}) == WHOLE | {"total": 1_080} | hour
    assert usage_of({DETAILS: json.dumps(sent | {"total": shown(1_080)})}) == WHOLE | {"total": 1_080} | hour


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"llm.usage.prompt_tokens": 1_000, "llm.usage.completion_tokens": "80"}, BOTH),
        ({"acme.token_usage.input": 1_000, "acme.token_usage.output": 80}, BOTH),
        ({"myUsage": 1, "shop.usage.inputTokens": 1_000, "shop.usage.outputTokens": 80}, BOTH),
        ({"prompt_tokens": "1,000", "completion_tokens": 80}, BOTH),
        (
            {G + "prompt_token_count": 1_000, G + "candidates_token_count": 50, G + "thoughts_token_count": 30}
            | {G + "cached_content_token_count": 600, G + "total_token_count": 1_080},
            OPENAI_CALL | {"total": 1_080},
        ),
        (
            {G + "input_tokens": 1_000, G + "output_tokens": 80}
            | {G + "input_tokens.cached": 600, G + "output_tokens.reasoning": 30},
            OPENAI_CALL,
        ),
        ({"gen_ai.usage": json.dumps(OPENAI)}, OPENAI_CALL),
        ({"gen_ai.response.prompt_tokens": 1_000, "gen_ai.response.completion_tokens": 80}, BOTH),  # Semantic Kernel
        (
            {
                "braintrust.metrics": '{"prompt_tokens": 1000, "completion_tokens": 80, "prompt_cached_tokens": 600,'
                ' "completion_reasoning_tokens": 30, "tokens": 1080}'
            },
            OPENAI_CALL,
        ),
        ({"gen_ai.aggregated_usage.input_tokens": 9, "http.usage.input_tokens": 9, "max_input_tokens": 9}, {}),
    ],
    ids=str,
)
def test_usage_under_a_key_that_nobody_knows_is_read_by_its_ending(
    attributes: dict[str, Any], expected: dict[str, int]
) -> None:
    assert usage_of(attributes) == expected


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (  # version 5 with Anthropic: the SDK's own numbers, and what was written only in the provider's form
            {"ai.usage.inputTokens": 300, "ai.usage.outputTokens": 80, "ai.usage.cachedInputTokens": 600}
            | {"ai.response.providerMetadata": '{"anthropic": {"cacheCreationInputTokens": 100}}'},
            LIKE_ANTHROPIC,
        ),
        (  # version 4 with OpenAI
            {"ai.usage.promptTokens": 1_000, "ai.usage.completionTokens": 80}
            | {"ai.response.providerMetadata": '{"openai": {"cachedPromptTokens": 600, "reasoningTokens": 30}}'},
            OPENAI_CALL,
        ),
        (  # an object instead of its JSON
            {"ai.usage.promptTokens": "1000", "ai.usage.completionTokens": "80"}
            | {"ai.response.providerMetadata": {"openai": {"cachedPromptTokens": "600", "reasoningTokens": 30}}},
            OPENAI_CALL,
        ),
        (  # version 6 says the same in old and new names, of which none is counted twice
            {"ai.usage.inputTokens": 1_000, "ai.usage.outputTokens": 80, "ai.usage.totalTokens": 1_080}
            | {"ai.usage.cachedInputTokens": 600, "ai.usage.inputTokenDetails.cacheReadTokens": 600}
            | {"ai.usage.inputTokenDetails.noCacheTokens": 300, "ai.usage.inputTokenDetails.cacheWriteTokens": 100}
            | {"ai.usage.reasoningTokens": 30, "ai.usage.outputTokenDetails.reasoningTokens": 30}
            | {"ai.usage.outputTokenDetails.textTokens": 50}
            | {"gen_ai.usage.input_tokens": 1_000, "gen_ai.usage.output_tokens": 80},
            WHOLE | {"total": 1_080},
        ),
    ],
    ids=["5", "4", "an object", "6"],
)
def test_every_version_of_vercels_sdk(attributes: dict[str, Any], expected: dict[str, int]) -> None:
    assert usage_of(attributes) == expected
