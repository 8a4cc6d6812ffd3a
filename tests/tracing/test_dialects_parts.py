"""Every part of a call's usage in every spelling: cached, written for minutes or an hour, thought, sound, pictures,
results of the provider's tools; inside of the whole or beside it, with and without a total."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.tracing.reports import NOON, at
from tests.tracing.spans import raw_span, translated
from tests.tracing.spellings import nested
from tracing.records import SpanRecord
from tracing.store.rows import SpanRow, priced, row_of
from tracing.token_usage import Usage
from tracing.vocabularies import translate

ASKED = ("cached", "written_5m", "written_1h", "audio_in", "image_in", "tool")
ANSWERED = ("reasoning", "audio_out", "image_out")
MODELS = ("claude-sonnet-4-5", "gpt-realtime", "gemini-2.5-flash", "gpt-4o-mini", "no-such-model")


@dataclass(frozen=True)
class PartsSpelling:
    """The keys of one library. `written` is the whole of what was written, where a library has one.

    The parts in `apart` are beside their side by convention; the others are inside, and only a total tells otherwise.
    """

    keys: dict[str, str]
    apart: frozenset[str] = frozenset()
    container: str = ""
    scope: str = "shop"
    encode: Callable[[Any], Any] = json.dumps
    shape: Callable[[dict[str, Any]], Any] = nested

    def names(self, side: tuple[str, ...]) -> list[str]:
        return [part for part in side if part in self.keys]

    def attributes(self, numbers: dict[str, int], shown: Callable[[int], Any]) -> dict[str, Any]:
        told = {self.keys[part]: shown(n) for part, n in numbers.items() if part in self.keys}
        return {self.container: self.encode(self.shape(told))} if self.container else told


G, OI, AI, DETAILS = "gen_ai.usage.", "llm.token_count.", "ai.usage.", "langfuse.observation.usage_details"
WHOLES = {"input": G + "input_tokens", "output": G + "output_tokens", "total": G + "total_tokens"}
MEDIA = {
    "audio_in": G + "input_audio_tokens",
    "image_in": G + "input_image_tokens",
    "audio_out": G + "output_audio_tokens",
    "image_out": G + "output_image_tokens",
}
CHAT = {
    "input": "prompt_tokens",
    "output": "completion_tokens",
    "total": "total_tokens",
    "cached": "prompt_tokens_details/cached_tokens",
    "audio_in": "prompt_tokens_details/audio_tokens",
    "image_in": "prompt_tokens_details/image_tokens",
    "reasoning": "completion_tokens_details/reasoning_tokens",
    "audio_out": "completion_tokens_details/audio_tokens",
    "image_out": "completion_tokens_details/image_tokens",
}
RESPONSES = {
    part: key.replace("prompt_tokens", "input_tokens").replace("completion_tokens", "output_tokens")
    for part, key in CHAT.items()
}
ANTHROPIC = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cached": "cache_read_input_tokens",
    "written": "cache_creation_input_tokens",
    "written_5m": "cache_creation/ephemeral_5m_input_tokens",
    "written_1h": "cache_creation/ephemeral_1h_input_tokens",
}
LITELLM = {
    **CHAT,
    "written": "cache_creation_input_tokens",
    "written_5m": "prompt_tokens_details/cache_creation_token_details/ephemeral_5m_input_tokens",
    "written_1h": "prompt_tokens_details/cache_creation_token_details/ephemeral_1h_input_tokens",
}
BUCKETS = {
    "input": "input",
    "output": "output",
    "total": "total",
    "cached": "input_cached_tokens",
    "written_5m": "input_cache_creation_5m",
    "written_1h": "input_cache_creation_1h",
    "audio_in": "input_audio_tokens",
    "image_in": "input_image_tokens",
    "reasoning": "output_reasoning_tokens",
    "audio_out": "output_audio_tokens",
    "image_out": "output_image_tokens",
}


def gemini(told: dict[str, Any]) -> dict[str, Any]:
    """Gemini lists modalities, each with its number."""
    found = {key: n for key, n in told.items() if "/" not in key}
    for key, n in told.items():
        name, _, modality = key.partition("/")
        if modality:
            found.setdefault(name, []).append({"modality": modality, "tokenCount": n})
    return found


GEMINI = {
    "input": "promptTokenCount",
    "output": "candidatesTokenCount",
    "total": "totalTokenCount",
    "cached": "cachedContentTokenCount",
    "tool": "toolUsePromptTokenCount",
    "reasoning": "thoughtsTokenCount",
    "audio_in": "promptTokensDetails/AUDIO",
    "image_in": "promptTokensDetails/IMAGE",
    "audio_out": "candidatesTokensDetails/AUDIO",
    "image_out": "candidatesTokensDetails/IMAGE",
}
SPELLINGS = {
    "GenAI": PartsSpelling(
        {
            **WHOLES, **MEDIA, "cached": G + "cache_read.input_tokens", "written": G + "cache_creation.input_tokens",
            "written_1h": G + "cache_creation.ephemeral_1h_input_tokens", "reasoning": G + "reasoning.output_tokens",
            "tool": G + "tool_use_prompt_tokens",
        }
    ),
    "pydantic-ai": PartsSpelling(
        {
            **{part: WHOLES[part] for part in ("input", "output")},
            **{part: key.replace("usage.", "usage.details.") for part, key in MEDIA.items()},
            "cached": G + "details.cache_read_tokens", "written": G + "details.cache_write_tokens",
            "written_1h": G + "details.ephemeral_1h_input_tokens", "reasoning": G + "details.reasoning_tokens",
            "tool": G + "details.tool_use_prompt_tokens",
        },
        scope="pydantic-ai",
    ),
    "OpenInference": PartsSpelling(
        {
            "input": OI + "prompt", "output": OI + "completion", "total": OI + "total",
            "cached": OI + "prompt_details.cache_read", "written": OI + "prompt_details.cache_write",
            "written_1h": OI + "prompt_details.cache_write_1h", "audio_in": OI + "prompt_details.audio",
            "image_in": OI + "prompt_details.image", "tool": OI + "prompt_details.tool_use",
            "reasoning": OI + "completion_details.reasoning", "audio_out": OI + "completion_details.audio",
            "image_out": OI + "completion_details.image",
        }
    ),
    "Vercel": PartsSpelling(
        {
            "input": AI + "inputTokens", "output": AI + "outputTokens", "total": AI + "totalTokens",
            "cached": AI + "inputTokenDetails.cacheReadTokens", "written": AI + "inputTokenDetails.cacheWriteTokens",
            "reasoning": AI + "outputTokenDetails.reasoningTokens",
        }
    ),
    **{
        f"{name} in {container}": PartsSpelling(keys, apart, container, encode=encode, shape=shape)
        for name, keys, apart, shape in (
            ("OpenAI's chat", CHAT, frozenset(), nested),
            ("OpenAI's responses", RESPONSES, frozenset(), nested),
            ("Anthropic", ANTHROPIC, frozenset({"cached", "written_5m", "written_1h"}), nested),
            ("LiteLLM", LITELLM, frozenset(), nested),
            ("Gemini", GEMINI, frozenset({"tool", "reasoning"}), gemini),
        )
        for container, encode in (
            ("gen_ai.usage.raw", json.dumps), ("metadata.usage_object", repr), ("llm.vertex_ai.usage", dict),
        )
    },
    **{
        f"{name} in Langfuse": PartsSpelling(keys, apart, DETAILS, shape=shape)
        for name, keys, apart, shape in (
            ("OpenAI's chat", CHAT, frozenset(), nested),
            ("buckets", BUCKETS, frozenset(BUCKETS) - {"input", "output", "total"}, nested),
        )
    },
}  # fmt: skip
SHOWN_AS = (int, float, str)


def written_of(parts: dict[str, int]) -> int:
    return parts.get("written_5m", 0) + parts.get("written_1h", 0)


def canonical(input: int, output: int, parts: dict[str, int], *, has_total: bool) -> Usage:
    """What the record must hold, by our own names."""
    return Usage(
        input, output, input + output if has_total else None,
        cached_tokens=parts.get("cached"), cache_write_tokens=written_of(parts) or None,
        reasoning_tokens=parts.get("reasoning"), cache_write_1h_tokens=parts.get("written_1h"),
        input_audio_tokens=parts.get("audio_in"), output_audio_tokens=parts.get("audio_out"),
        input_image_tokens=parts.get("image_in"), output_image_tokens=parts.get("image_out"),
        input_tool_tokens=parts.get("tool"),
    )  # fmt: skip


@st.composite
def calls(draw: st.DrawFn, spelling: PartsSpelling) -> tuple[dict[str, int], Usage]:
    """What is sent, and the truth."""
    parts = {p: draw(st.integers(1, 5_000)) for p in (*ASKED, *ANSWERED) if p in spelling.keys and draw(st.booleans())}
    if "written" in spelling.keys and "written_5m" not in spelling.keys and draw(st.booleans()):
        parts["written_5m"] = draw(st.integers(1, 5_000))  # which only the whole of what was written tells
    rest = {"input": draw(st.integers(1, 9_000)), "output": draw(st.integers(1, 9_000))}
    inside = {
        side: sum(parts.get(part, 0) for part in names) for side, names in (("input", ASKED), ("output", ANSWERED))
    }
    true = {side: rest[side] + inside[side] for side in rest}
    has_total = "total" in spelling.keys and draw(st.booleans())
    moved = {p for p in parts if p in spelling.apart}
    if has_total and not spelling.apart and draw(st.booleans()):
        moved |= set(parts) & set(draw(st.sampled_from([ASKED, ANSWERED, ASKED + ANSWERED])))
    sent = {
        side: true[side] - sum(parts[p] for p in names if p in moved)
        for side, names in (("input", ASKED), ("output", ANSWERED))
    }
    if has_total:
        assume(is_plain(sent, parts, true))
        sent["total"] = true["input"] + true["output"]
    told = {**sent, **parts}
    if "written" in spelling.keys and written_of(parts):
        told["written"] = written_of(parts)
    return told, canonical(true["input"], true["output"], parts, has_total=has_total)


def is_plain(sent: dict[str, int], parts: dict[str, int], true: dict[str, int]) -> bool:
    """Whether only one reading of both sides gives the total: otherwise nobody could tell."""
    readings: set[tuple[int, ...]] = {()}
    for side, names in (("input", ASKED), ("output", ANSWERED)):
        own = [n for p, n in parts.items() if p in names]
        sums = {sent[side] + sum(n for n, is_in in zip(own, chosen, strict=True) if is_in) for chosen in subsets(own)}
        readings = {(*known, n) for known in readings for n in sums}
    return sum(sum(pair) == sum(true.values()) for pair in readings) == 1


def subsets(items: list[int]) -> Iterator[tuple[bool, ...]]:
    return product((False, True), repeat=len(items))


def cost_of(record: SpanRecord, model: str) -> Any:
    record.model, record.provider = model, None
    row: SpanRow = priced(row_of(record, NOON))
    return row.input_cost, row.output_cost, row.total_cost


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
@settings(max_examples=25)
@given(data=st.data())
def test_every_part_is_the_same_in_every_spelling(spelling: PartsSpelling, data: st.DataObject) -> None:
    told, true = data.draw(calls(spelling))
    shown = data.draw(st.sampled_from(SHOWN_AS))
    sent = {"gen_ai.operation.name": "chat", **spelling.attributes(told, shown)}

    found = translated(sent, scope_name=spelling.scope).usage

    assert found is not None
    stated_total = found.total_tokens if true.total_tokens is None else None
    assert stated_total in (None, (true.input_tokens or 0) + (true.output_tokens or 0)), "Langfuse's buckets add up"
    found.total_tokens = true.total_tokens
    assert found == true
    for model in MODELS:
        record = translate(raw_span(sent, scope_name=spelling.scope, started_at=at(0), ended_at=at(1)))
        assert record is not None
        plain = SpanRecord("t", "a", usage=true, started_at=at(0), ended_at=at(1))
        assert cost_of(record, model) == cost_of(plain, model)


LARGE_PARTS = [
    pytest.param(spelling, part, id=f"{name}: {part}")
    for name, spelling in SPELLINGS.items()
    for part in (*ASKED, *ANSWERED)
    if part in spelling.keys and spelling.keys.get("written", "") != spelling.keys[part]
]


@pytest.mark.parametrize(("spelling", "part"), LARGE_PARTS)
@pytest.mark.parametrize("has_total", [False, True])
def test_any_part_that_is_larger_than_its_whole_is_beside_it(
    spelling: PartsSpelling, part: str, has_total: bool
) -> None:
    told = {"input": 100, "output": 70, part: 900}
    if has_total and "total" in spelling.keys:
        told["total"] = 1_070
    if "written" in spelling.keys and part.startswith("written"):
        told["written"] = 900

    found = translated(spelling.attributes(told, int), scope_name=spelling.scope).usage

    assert found is not None
    expected = (1_000, 70) if part in ASKED else (100, 970)
    assert (found.input_tokens, found.output_tokens) == expected
