"""Converts tokens and costs of every convention to ours: totals that include cached and reasoning tokens.

Conventions differ in whether `input` includes tokens read from or written to a cache. A reported total decides. Without
one, parts that are larger than the whole cannot be included in it."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from itertools import combinations
from typing import Any, TypeVar

from tracing.token_usage import Usage
from tracing.vocabularies.provider_usage import SIDE_KEYS, provider_usage
from tracing.vocabularies.readers import decimal, integer, mapping

Amount = TypeVar("Amount", int, Decimal)

ALONE = {"input_tokens", "output_tokens"}
# Parts that have parts themselves, which they are at least as large as.
PARTS_WITHIN = {
    "cached_tokens": ("cached_audio_tokens", "cached_image_tokens"),
    "cache_write_tokens": ("cache_write_1h_tokens",),
}


def settled(said: Mapping[str, int]) -> Usage | None:
    """Return the usage from single numbers, or None if none was reported."""
    if not said:
        return None
    usage = Usage(**said)
    if said.keys() != ALONE:
        for part, others in PARTS_WITHIN.items():
            if least := sum(getattr(usage, other) or 0 for other in others):
                setattr(usage, part, max(getattr(usage, part) or 0, least))
        cached = (usage.cached_tokens or 0) + (usage.cache_write_tokens or 0)
        asked = cached, usage.input_tool_tokens, usage.input_audio_tokens, usage.input_image_tokens
        answered = usage.reasoning_tokens, usage.output_audio_tokens, usage.output_image_tokens
        inputs = _readings(usage.input_tokens, usage.input_text_tokens, asked)
        outputs = _readings(usage.output_tokens, usage.output_text_tokens, answered)
        both = [(whole_input, whole_output) for whole_input in inputs for whole_output in outputs]
        fitting = (pair for pair in both if (pair[0] or 0) + (pair[1] or 0) == usage.total_tokens)
        usage.input_tokens, usage.output_tokens = both[0] if len(both) == 1 else next(fitting, both[0])
        if usage.total_tokens and usage.input_tokens is not None and usage.output_tokens is not None:
            usage.output_tokens = max(usage.output_tokens, usage.total_tokens - usage.input_tokens)
    return usage


def _readings(whole: int | None, text: int | None, parts: tuple[int | None, ...]) -> list[int | None]:
    """Return what the whole may be, the likeliest first: with its parts inside, or with some of them beside it.

    A part that is larger than the whole is beside it. So are sound and pictures if the whole is the text alone."""
    if not any(parts):
        return [text if whole is None else whole]
    *others, sound, pictures = (tokens or 0 for tokens in parts)
    if whole is None:
        return [(text or 0) + sound + pictures] if sound or pictures else [text]
    media = sound + pictures if text == whole else 0
    rest = [tokens for tokens in (*others, *(() if media else (sound, pictures))) if tokens]
    known = whole + media + sum(tokens for tokens in rest if tokens > whole)
    rest = [tokens for tokens in rest if tokens <= whole]
    sums = (sum(some) for size in range(len(rest) + 1) for some in combinations(rest, size))
    return [known + more for more in dict.fromkeys(sums)]


def named_usage(**names: str) -> Any:
    """Return a reader of a JSON object that has our numbers under other names."""

    def read(value: Any) -> dict[str, int] | None:
        stated = mapping(value) or {}
        return {p: tokens for p, name in names.items() if (tokens := integer(stated.get(name))) is not None} or None

    return read


def buckets(value: Any) -> dict[str, int] | None:
    """Return the usage from Langfuse's `usage_details`.

    These are `input`, `output`, `total` and any other names, which are counted separately unless the total says
    otherwise. Providers' names may be used instead."""
    stated = mapping(value)
    if stated is None:
        return None
    if not SIDE_KEYS.isdisjoint(stated):
        return provider_usage(stated)
    amounts = {key: tokens for key, item in stated.items() if (tokens := integer(item)) is not None}
    parts = {name: _sum(n for key, n in amounts.items() if is_part(key)) for name, is_part in PARTS_BY_BUCKET.items()}
    amounts = _written_once(amounts)
    whole = wholes(amounts)
    said = {
        "input_tokens": whole.get("input"),
        "output_tokens": whole.get("output"),
        "total_tokens": whole.get("total"),
        "cache_write_tokens": _sum(tokens for key, tokens in amounts.items() if _is_written(key)),
        **parts,
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
    input_parts = _sum(n for key, n in amounts.items() if key != "input" and _is_of_input(key))
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


def _written_once(amounts: dict[str, int]) -> dict[str, int]:
    """Return the buckets without those that name once more what was written to a cache: in parts by their time to live.

    LangChain's whole is 0 then."""
    written = {key: tokens for key, tokens in amounts.items() if _is_written(key)}
    timed = {key: tokens for key, tokens in written.items() if "ephemeral" in key}
    whole = {key: tokens for key, tokens in written.items() if key not in timed}
    repeated = timed if sum(whole.values()) >= sum(timed.values()) else whole
    return {key: tokens for key, tokens in amounts.items() if key not in repeated}


def _is_of_input(key: str) -> bool:
    return "input" in key or "cache" in key or (("audio" in key or "image" in key) and "output" not in key)


def _is_written(key: str) -> bool:
    return ("cache" in key and ("creation" in key or "write" in key)) or "ephemeral" in key


def _is_cached(key: str) -> bool:
    return "cache" in key and not _is_written(key)


def _is_medium(medium: str, *, output: bool) -> Callable[[str], bool]:
    return lambda key: medium in key and "cache" not in key and ("output" in key or "completion" in key) == output


# Parts in Langfuse's buckets, by what their names contain.
PARTS_BY_BUCKET: dict[str, Callable[[str], bool]] = {
    "cached_tokens": _is_cached,
    "reasoning_tokens": lambda key: "reasoning" in key,
    "cache_write_1h_tokens": lambda key: "1h" in key and _is_written(key),
    "input_audio_tokens": _is_medium("audio", output=False),
    "output_audio_tokens": _is_medium("audio", output=True),
    "input_image_tokens": _is_medium("image", output=False),
    "output_image_tokens": _is_medium("image", output=True),
    "cached_audio_tokens": lambda key: "audio" in key and _is_cached(key),
    "cached_image_tokens": lambda key: "image" in key and _is_cached(key),
}


def _sum(amounts: Iterable[Amount]) -> Amount | None:
    found = list(amounts)
    return sum(found[1:], found[0]) if found else None
