"""Reads the usage object of a model provider's response: tokens and parts, the service tier, and costs.

Providers nest the parts of a side in details, name them in a list of modalities (Gemini), or put them beside the whole
(Anthropic)."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from tracing.token_usage import PRICED_PARTS
from tracing.vocabularies.readers import decimal, integer, literal, mapping, service_tier

# Names of providers for the same numbers.
INPUT_TOKEN_KEYS = (
    *("prompt_tokens", "input_tokens", "promptTokens", "inputTokens", "prompt_token_count", "promptTokenCount"),
    *("prompt_eval_count", "inputTokenCount", "input_token_count"),
)
OUTPUT_TOKEN_KEYS = (
    *("completion_tokens", "output_tokens", "completionTokens", "outputTokens"),
    *("candidates_token_count", "candidatesTokenCount", "eval_count", "outputTokenCount", "output_token_count"),
)
SIDE_KEYS = frozenset({*INPUT_TOKEN_KEYS, *OUTPUT_TOKEN_KEYS})
USAGE_WRAPPERS = ("usage", "tokens", "usage_metadata", "usageMetadata", "token_usage", "tokenUsage", "billed_units")
TOTAL_TOKEN_KEYS = ("total_tokens", "totalTokens", "total_token_count", "totalTokenCount")
INPUT_DETAIL_KEYS = (
    *("prompt_tokens_details", "input_tokens_details", "input_token_details", "inputTokenDetails"),
    *("inputTokensDetails", "promptTokensDetails", "prompt_token_details"),
)
OUTPUT_DETAIL_KEYS = (
    *("completion_tokens_details", "output_tokens_details", "output_token_details", "outputTokenDetails"),
    *("outputTokensDetails", "completionTokensDetails", "candidates_tokens_details", "candidatesTokensDetails"),
)
CACHED_DETAIL_KEYS = ("cached_tokens_details", "cachedTokensDetails", "cache_tokens_details", "cacheTokensDetails")
WRITTEN_DETAIL_KEYS = ("cache_creation", "cacheCreation", "cache_creation_token_details", "cacheDetails")
CACHED_TOKEN_KEYS = (
    *("cached_tokens", "cache_read", "cacheReadTokens", "cachedInputTokens", "cache_read_input_tokens"),
    *("cacheReadInputTokens", "cachedPromptTokens", "cached_content_token_count", "cachedContentTokenCount"),
    *("prompt_cache_hit_tokens", "cachedTokens", "cache_read_tokens", "prompt_cached_tokens", "num_cached_tokens"),
    *("cachedContentTokens", "cached_content_tokens", "cached_input_tokens", "input_cached_tokens", "cached"),
)
CACHE_WRITE_TOKEN_KEYS = (
    *("cache_write_tokens", "cache_creation_tokens", "cacheWriteTokens", "cache_creation_input_tokens"),
    *("cacheCreationInputTokens", "cacheWriteInputTokens", "cache_creation", "cacheCreationTokens"),
    *("prompt_cache_creation_tokens", "cache_write_input_tokens", "cache_write"),
)
WRITTEN_FOR_AN_HOUR_KEYS = ("ephemeral_1h_input_tokens", "ephemeral1hInputTokens", "cache_creation_1h", "1h")
WRITTEN_BRIEFLY_KEYS = ("ephemeral_5m_input_tokens", "ephemeral5mInputTokens", "cache_creation_5m", "5m")
THOUGHT_TOKEN_KEYS = ("thoughts_token_count", "thoughtsTokenCount", "thoughtsTokens")  # Gemini's, beside the candidates
REASONING_TOKEN_KEYS = (
    *("reasoning_tokens", "reasoningTokens", *THOUGHT_TOKEN_KEYS, "reasoning", "completion_reasoning_tokens"),
    *("thinking_tokens", "output_reasoning_tokens"),
)
TOOL_TOKEN_KEYS = ("tool_use_prompt_token_count", "toolUsePromptTokenCount", "tool_use_prompt_tokens")
AUDIO_KEYS, IMAGE_KEYS, TEXT_KEYS = (
    (f"{medium}_tokens", f"{medium}Tokens", medium, medium.upper()) for medium in ("audio", "image", "text")
)
# The same names by the part of a usage that they have, beside the sides and in the details of a side.
KEYS_OF_USAGE = {
    "input_tokens": INPUT_TOKEN_KEYS,
    "output_tokens": OUTPUT_TOKEN_KEYS,
    "total_tokens": TOTAL_TOKEN_KEYS,
    "cached_tokens": CACHED_TOKEN_KEYS,
    "cache_write_tokens": CACHE_WRITE_TOKEN_KEYS,
    "cache_write_1h_tokens": WRITTEN_FOR_AN_HOUR_KEYS,
    "reasoning_tokens": REASONING_TOKEN_KEYS,
    "input_tool_tokens": TOOL_TOKEN_KEYS,
}
KEYS_OF_INPUT_DETAILS = {
    "cached_tokens": CACHED_TOKEN_KEYS,
    "cache_write_tokens": CACHE_WRITE_TOKEN_KEYS,
    "cache_write_1h_tokens": WRITTEN_FOR_AN_HOUR_KEYS,
    "input_audio_tokens": AUDIO_KEYS,
    "input_image_tokens": IMAGE_KEYS,
}
KEYS_OF_OUTPUT_DETAILS = {
    "reasoning_tokens": REASONING_TOKEN_KEYS,
    "output_audio_tokens": AUDIO_KEYS,
    "output_image_tokens": IMAGE_KEYS,
}
BEDROCK_CACHE_KEYS = frozenset({"cacheReadInputTokens", "cacheWriteInputTokens"})
COST_KEYS = ("cost", "total_cost", "totalCost", "cost_usd", "total_cost_usd", "estimated_cost")


def provider_usage(value: Any) -> dict[str, int] | None:
    """Return the usage object of a model provider's response, from JSON or from Python's output.

    Anthropic counts cached tokens separately. Providers that speak of prompts, or have details, include them."""
    stated = _unwrapped(_stated(value))
    if not isinstance(stated, dict):
        return None
    asked, answered = _details(stated, INPUT_DETAIL_KEYS), _details(stated, OUTPUT_DETAIL_KEYS)
    read = _details(stated, CACHED_DETAIL_KEYS) or _details(asked, CACHED_DETAIL_KEYS)
    written = _details(stated, WRITTEN_DETAIL_KEYS) or _details(asked, WRITTEN_DETAIL_KEYS)
    written = {**asked, **stated, **written}  # LangChain has no object for the times to live
    hour, brief = _first(written, WRITTEN_FOR_AN_HOUR_KEYS), _first(written, WRITTEN_BRIEFLY_KEYS)
    timed, whole_written = _sum(hour, brief), _first({**asked, **stated}, CACHE_WRITE_TOKEN_KEYS)
    said = {
        "input_tokens": _first(stated, INPUT_TOKEN_KEYS),
        "output_tokens": _first(stated, OUTPUT_TOKEN_KEYS),
        "total_tokens": _first(stated, TOTAL_TOKEN_KEYS),
        "cached_tokens": _first({**asked, **stated}, CACHED_TOKEN_KEYS),
        "cache_write_tokens": max((n for n in (timed, whole_written) if n is not None), default=None),
        "reasoning_tokens": _first({**answered, **stated}, REASONING_TOKEN_KEYS),
        "cache_write_1h_tokens": hour,
        "input_audio_tokens": _first(asked, AUDIO_KEYS),
        "input_image_tokens": _first(asked, IMAGE_KEYS),
        "output_audio_tokens": _first(answered, AUDIO_KEYS),
        "output_image_tokens": _first(answered, IMAGE_KEYS),
        "cached_audio_tokens": _first(read, AUDIO_KEYS),
        "cached_image_tokens": _first(read, IMAGE_KEYS),
        "input_tool_tokens": _first(stated, TOOL_TOKEN_KEYS),
    }
    is_anthropic = "input_tokens" in stated and not asked and not answered
    _include_what_is_apart(said, is_apart=is_anthropic or not stated.keys().isdisjoint(BEDROCK_CACHE_KEYS))
    if said["total_tokens"] is None and (thoughts := _first(stated, THOUGHT_TOKEN_KEYS)):
        said["output_tokens"] = (said["output_tokens"] or 0) + thoughts
    return {part: n for part, n in said.items() if n or (n is not None and part not in PRICED_PARTS)} or None


def usage_inside(response: Any) -> dict[str, int] | None:
    """Return the usage that a whole response holds, from JSON, or None if it holds none."""
    if isinstance(response, str) and not any(name in response for name in USAGE_WRAPPERS):
        return None
    stated = _stated(response)
    inner = _unwrapped(stated)
    return None if inner is stated else provider_usage(inner)


def _unwrapped(stated: Any) -> Any:
    """Return the usage inside of a response or of a usage that tells it twice, as Cohere's does."""
    if not isinstance(stated, dict) or not SIDE_KEYS.isdisjoint(stated):
        return stated
    return next((inner for name in USAGE_WRAPPERS if (inner := mapping(stated.get(name)))), stated)


def _include_what_is_apart(said: dict[str, int | None], *, is_apart: bool) -> None:
    """Add to the input what its provider counts beside it: Anthropic's cached tokens, and Gemini's of tools.

    Where a total is reported, it decides later, when all numbers are known."""
    if said["input_tokens"] is None or said["total_tokens"] is not None:
        return
    for part in ("cached_tokens", "cache_write_tokens") if is_apart else ():
        said["input_tokens"] += said[part] or 0
    said["input_tokens"] += said["input_tool_tokens"] or 0


def usage_tier(value: Any) -> str | None:
    """Return the service tier in the usage object of a provider's response."""
    stated = _stated(value)
    return service_tier(stated.get("service_tier")) if isinstance(stated, dict) else None


def usage_cost(value: Any) -> Decimal | None:
    """Return what a gateway charged, from its usage object (OpenRouter, Perplexity), or None."""
    stated = _stated(value)
    if not isinstance(stated, dict):
        return None
    for key in COST_KEYS:
        cost = stated.get(key)
        if (amount := decimal(cost.get("total_cost") if isinstance(cost, dict) else cost)) is not None:
            return amount
    return None


def _stated(value: Any) -> Any:
    """Return the usage of which `value` may be the text. Nobody may change it: it is remembered."""
    return _opened(value) if isinstance(value, str) else value


# The tokens, the tier and the cost are read from one text, one after the other.
_opened = lru_cache(maxsize=2)(literal)


def _details(stated: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """Return the first details under one of `keys`, also from a list of modalities or of times to live."""
    for key in keys if stated else ():
        if key not in stated:
            continue
        details = stated[key]
        if isinstance(details, list):
            named = {str(d.get("modality") or d.get("ttl")): _tokens(d) for d in details if isinstance(d, dict)}
            return {name: tokens for name, tokens in named.items() if tokens is not None}
        if found := mapping(details):
            return found
    return {}


def _tokens(detail: Mapping[str, Any]) -> int | None:
    return _first(detail, ("tokenCount", "token_count", "inputTokens", "tokens"))


def _sum(*amounts: int | None) -> int | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if known else None


def _first(stated: Mapping[str, Any], names: Iterable[str]) -> int | None:
    for name in names if stated else ():
        if name in stated and (tokens := integer(stated[name])) is not None:
            return tokens
    return None
