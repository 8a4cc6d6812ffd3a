"""Converts tokens and costs of every convention to ours: totals that include cached and reasoning tokens.

Conventions differ in whether `input` includes tokens read from or written to a cache. A reported total decides. Without
one, parts that are larger than the whole cannot be included in it."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

from tracing.records import Usage
from tracing.vocabularies.readers import decimal, integer, literal, mapping

Amount = TypeVar("Amount", int, Decimal)

# Names of providers for the same numbers.
INPUT_TOKEN_KEYS = (
    "prompt_tokens",
    "input_tokens",
    "promptTokens",
    "inputTokens",
    "prompt_token_count",
    "promptTokenCount",
)
OUTPUT_TOKEN_KEYS = (
    *("completion_tokens", "output_tokens", "completionTokens", "outputTokens"),
    *("candidates_token_count", "candidatesTokenCount"),
)
TOTAL_TOKEN_KEYS = ("total_tokens", "totalTokens", "total_token_count", "totalTokenCount")
TOKEN_DETAIL_KEYS = (
    *("prompt_tokens_details", "input_tokens_details", "inputTokenDetails"),
    *("completion_tokens_details", "output_tokens_details", "outputTokenDetails"),
)
CACHED_TOKEN_KEYS = (
    *("cached_tokens", "cache_read", "cacheReadTokens", "cachedInputTokens", "cache_read_input_tokens"),
    *("cacheReadInputTokens", "cachedPromptTokens", "cached_content_token_count", "cachedContentTokenCount"),
)
CACHE_WRITE_TOKEN_KEYS = (
    *("cache_write_tokens", "cache_creation_tokens", "cacheWriteTokens", "cache_creation_input_tokens"),
    *("cacheCreationInputTokens", "cacheWriteInputTokens"),
)
REASONING_TOKEN_KEYS = ("reasoning_tokens", "reasoningTokens", "thoughts_token_count", "thoughtsTokenCount")


def settled(said: Mapping[str, int]) -> Usage | None:
    """Return the usage from single numbers, or None if none was reported."""
    if not said:
        return None
    usage = Usage(**said)
    inputs = _readings(usage.input_tokens, (usage.cached_tokens or 0) + (usage.cache_write_tokens or 0))
    outputs = _readings(usage.output_tokens, usage.reasoning_tokens or 0)
    both = [(whole_input, whole_output) for whole_input in inputs for whole_output in outputs]
    fitting = (pair for pair in both if sum(side or 0 for side in pair) == usage.total_tokens)
    usage.input_tokens, usage.output_tokens = next(fitting, both[0])
    if usage.total_tokens and usage.input_tokens is not None and usage.output_tokens is not None:
        usage.output_tokens = max(usage.output_tokens, usage.total_tokens - usage.input_tokens)
    return usage


def _readings(whole: int | None, parts: int) -> list[int | None]:
    """Return what the whole may be, the likeliest first: with its parts inside, or beside it."""
    if whole is None or not parts:
        return [whole]
    return [whole + parts] if parts > whole else [whole, whole + parts]


def provider_usage(value: Any) -> dict[str, int] | None:
    """Return the usage object of a model provider's response, from JSON or from Python's output.

    Anthropic counts cached tokens separately. Providers that speak of prompts, or have details, include them."""
    stated = literal(value)
    if not isinstance(stated, dict):
        return None
    nested = {name: n for key in TOKEN_DETAIL_KEYS for name, n in (mapping(stated.get(key)) or {}).items()}
    both = {**nested, **stated}
    said = {
        "input_tokens": _first(stated, INPUT_TOKEN_KEYS),
        "output_tokens": _first(stated, OUTPUT_TOKEN_KEYS),
        "total_tokens": _first(stated, TOTAL_TOKEN_KEYS),
        "cached_tokens": _first(both, CACHED_TOKEN_KEYS),
        "cache_write_tokens": _first(both, CACHE_WRITE_TOKEN_KEYS),
        "reasoning_tokens": _first(both, REASONING_TOKEN_KEYS),
    }
    inputs, parts = said["input_tokens"], (said["cached_tokens"] or 0) + (said["cache_write_tokens"] or 0)
    if inputs is not None and parts:
        whole = inputs + parts + (said["output_tokens"] or 0)
        is_anthropic = "input_tokens" in stated and not nested
        apart = is_anthropic if said["total_tokens"] is None else said["total_tokens"] == whole
        said["input_tokens"] = inputs + parts if apart else inputs
    return {part: tokens for part, tokens in said.items() if tokens is not None} or None


def named_usage(**names: str) -> Any:
    """Return a reader of a JSON object that has our numbers under other names."""

    def read(value: Any) -> dict[str, int] | None:
        stated = mapping(value) or {}
        return {p: tokens for p, name in names.items() if (tokens := integer(stated.get(name))) is not None} or None

    return read


def buckets(value: Any) -> dict[str, int] | None:
    """Return the usage from Langfuse's `usage_details`.

    These are `input`, `output`, `total` and any other names, which are counted separately unless the total says
    otherwise. OpenAI's names may be used instead."""
    stated = mapping(value)
    if stated is None:
        return None
    if not stated.keys().isdisjoint({"prompt_tokens", "completion_tokens", "input_tokens", "output_tokens"}):
        return provider_usage(stated)
    amounts = {key: tokens for key, item in stated.items() if (tokens := integer(item)) is not None}
    if any(_is_written(key) for key in amounts):  # which these name once more, by how long they live
        amounts = {key: tokens for key, tokens in amounts.items() if not key.startswith("ephemeral_")}
    whole = wholes(amounts)
    said = {
        "input_tokens": whole.get("input"),
        "output_tokens": whole.get("output"),
        "total_tokens": whole.get("total"),
        "cached_tokens": _sum(tokens for key, tokens in amounts.items() if _is_cached(key)),
        "cache_write_tokens": _sum(tokens for key, tokens in amounts.items() if _is_written(key)),
        "reasoning_tokens": _sum(tokens for key, tokens in amounts.items() if "reasoning" in key),
    }
    return {part: tokens for part, tokens in said.items() if tokens is not None} or None


def costs(value: Any) -> dict[str, Decimal] | None:
    """Return the costs in USD from Langfuse's `cost_details`, which work like its `usage_details`."""
    amounts = {key: cost for key, item in (mapping(value) or {}).items() if (cost := decimal(item)) is not None}
    return wholes(amounts) or None


def wholes(amounts: Mapping[str, Amount]) -> dict[str, Amount]:
    """Return `input`, `output` and `total` including everything that belongs to them."""
    total = amounts.get("total")
    inputs, outputs = amounts.get("input"), amounts.get("output")
    input_parts = _sum(n for key, n in amounts.items() if key != "input" and ("input" in key or "cache" in key))
    output_parts = _sum(n for key, n in amounts.items() if key != "output" and ("output" in key or "reasoning" in key))
    said = {
        "input": _sum(n for n in (inputs, input_parts) if n is not None),
        "output": _sum(n for n in (outputs, output_parts) if n is not None),
        "total": total if total is not None else _sum(amounts.values()),
    }
    if total is not None:  # the first way of counting that gives the reported total
        for whole_input in (inputs, said["input"]):
            for whole_output in (outputs, said["output"]):
                if _sum(n for n in (whole_input, whole_output) if n is not None) == total:
                    said |= {"input": whole_input, "output": whole_output}
                    return {name: n for name, n in said.items() if n is not None}
    return {name: n for name, n in said.items() if n is not None}


def _is_written(key: str) -> bool:
    return "cache" in key and ("creation" in key or "write" in key)


def _is_cached(key: str) -> bool:
    return "cache" in key and not _is_written(key)


def _sum(amounts: Iterable[Amount]) -> Amount | None:
    found = list(amounts)
    return sum(found[1:], found[0]) if found else None


def _first(stated: Mapping[str, Any], names: Iterable[str]) -> int | None:
    return next((tokens for name in names if (tokens := integer(stated.get(name))) is not None), None)
