"""The same model call in the spelling of every library: written by hand, after what the libraries send."""

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

PARTS = ("input", "output", "total", "cached", "cache_write", "reasoning")


class Tokens(NamedTuple):
    """What a call used. The cached and written tokens are parts of the input, the reasoning is a part of the output."""

    input: int
    output: int
    cached: int
    cache_write: int
    reasoning: int

    @property
    def total(self) -> int:
        return self.input + self.output

    def apart(self, *, input: bool, output: bool) -> dict[str, int]:
        """Return the numbers of a library that counts the parts of a side beside it."""
        return {
            "input": self.input - (self.cached + self.cache_write if input else 0),
            "output": self.output - (self.reasoning if output else 0),
            "total": self.total,
            "cached": self.cached,
            "cache_write": self.cache_write,
            "reasoning": self.reasoning,
        }


CALL = Tokens(1_000, 80, cached=600, cache_write=100, reasoning=30)
# Parts that are larger than the rest of their side, on both sides, and parts that are smaller.
LARGE_PARTS = Tokens(1_000, 80, cached=600, cache_write=100, reasoning=60)
SMALL_PARTS = Tokens(1_000, 80, cached=60, cache_write=40, reasoning=30)


class Spelling(NamedTuple):
    """The keys of one library for the numbers of a call, or "" for a number that it does not send.

    A key with slashes is a path of names, of which `encode` makes one value; in a `container` it makes one of all.
    `fixed` is what the library sends beside them."""

    input: str
    output: str
    total: str = ""
    cached: str = ""
    cache_write: str = ""
    reasoning: str = ""
    container: str = ""
    encode: Callable[[Any], Any] = json.dumps
    scope: str = "shop"
    fixed: tuple[tuple[str, str], ...] = ()

    def parts(self) -> list[str]:
        """Return the names of the numbers that the library sends."""
        return [part for part in PARTS if getattr(self, part)]

    def attributes(self, numbers: dict[str, int], shown: Callable[[int], Any] = int) -> dict[str, Any]:
        """Return the attributes with these numbers, each as `shown` writes it."""
        told = {key: shown(n) for part, n in numbers.items() if (key := getattr(self, part))}
        values = {self.container: nested(told)} if self.container else nested(told)
        written = {key: self.encode(value) if isinstance(value, dict) else value for key, value in values.items()}
        return written | dict(self.fixed)

    def known(self, tokens: Tokens) -> dict[str, int]:
        """Return what a reader must find, by the names of `usage_of`."""
        return {part: getattr(tokens, part) for part in self.parts()}


def nested(paths: dict[str, Any]) -> dict[str, Any]:
    """Return objects within objects from paths such as `details/cached`."""
    found: dict[str, Any] = {}
    for path, value in paths.items():
        *above, name = path.split("/")
        inner = found
        for step in above:
            inner = inner.setdefault(step, {})
        inner[name] = value
    return found


G, OI, AI, LLM = "gen_ai.usage.", "llm.token_count.", "ai.usage.", "llm.usage."
OPENAI_CHAT = (
    *("prompt_tokens", "completion_tokens", "total_tokens"),
    *("prompt_tokens_details/cached_tokens", "prompt_tokens_details/cache_write_tokens"),
    "completion_tokens_details/reasoning_tokens",
)
OPENAI_RESPONSES = (
    *("input_tokens", "output_tokens", "total_tokens", "input_tokens_details/cached_tokens"),
    *("input_tokens_details/cache_write_tokens", "output_tokens_details/reasoning_tokens"),
)
GEMINI = ("promptTokenCount", "candidatesTokenCount", "totalTokenCount", "cachedContentTokenCount", "")
VERCEL_DETAILS = (
    *(AI + "totalTokens", AI + "inputTokenDetails.cacheReadTokens", AI + "inputTokenDetails.cacheWriteTokens"),
    AI + "outputTokenDetails.reasoningTokens",
)
# One attribute for each number.
FLAT = {
    "GenAI": Spelling(
        *(G + "input_tokens", G + "output_tokens", G + "total_tokens", G + "cache_read.input_tokens"),
        *(G + "cache_creation.input_tokens", G + "reasoning.output_tokens"),
    ),
    "GenAI of 2024": Spelling(
        *(G + "prompt_tokens", G + "completion_tokens", G + "total_tokens", G + "cache_read_input_tokens"),
        *(G + "cache_creation_input_tokens", G + "reasoning_tokens"),
    ),
    "the Anthropic SDK": Spelling(
        *(G + "input_tokens", G + "output_tokens", "", G + "cache_read.input_tokens"),
        *(G + "cache_write.input_tokens", G + "reasoning_tokens"),
    ),
    "short names of the parts": Spelling(
        *(G + "input_tokens", G + "output_tokens", G + "total_tokens", G + "cache_read_tokens"),
        *(G + "cache_write_tokens", G + "reasoning_tokens"),
    ),
    "pydantic-ai": Spelling(
        *(G + "input_tokens", G + "output_tokens", "", G + "details.cache_read_tokens"),
        *(G + "details.cache_write_tokens", G + "details.reasoning_tokens"),
        scope="pydantic-ai",
    ),
    "Logfire": Spelling(
        *(G + "input_tokens", G + "output_tokens", "", G + "details.cache_read_input_tokens"),
        *(G + "details.cache_creation_input_tokens", G + "details.reasoning_tokens"),
        scope="logfire.openai",
    ),
    "LiveKit": Spelling(G + "input_tokens", G + "output_tokens", "", G + "input_cached_tokens"),
    "Google ADK": Spelling(
        *(G + "input_tokens", G + "output_tokens", "", G + "cache_read.input_tokens", "", G + "reasoning_tokens"),
        scope="gcp.vertex.agent",
    ),
    "Laminar": Spelling(
        *(G + "input_tokens", G + "output_tokens", LLM + "total_tokens", G + "cache_read_input_tokens"),
        *(G + "cache_creation_input_tokens", G + "reasoning_tokens"),
        scope="lmnr",
    ),
    "Traceloop": Spelling(
        *(G + "prompt_tokens", G + "completion_tokens", LLM + "total_tokens", LLM + "cache_read_input_tokens"),
        *(G + "cache_creation_input_tokens", LLM + "reasoning_tokens"),
    ),
    "OpenInference": Spelling(
        *(OI + "prompt", OI + "completion", OI + "total", OI + "prompt_details.cache_read"),
        *(OI + "prompt_details.cache_write", OI + "completion_details.reasoning"),
    ),
    "LangSmith": Spelling(
        *(G + "input_tokens", G + "output_tokens", G + "total_tokens", G + "input_token_details/cache_read"),
        *(G + "input_token_details/cache_creation", G + "output_token_details/reasoning"),
    ),
    "Codex": Spelling(
        *("input_token_count", "output_token_count", "", "cached_token_count", "", "reasoning_token_count"),
        fixed=(("span.type", "llm_request"),),
    ),
    "Gemini CLI": Spelling(
        *("input_token_count", "output_token_count", "total_token_count", "cached_content_token_count", ""),
        "thoughts_token_count",
        fixed=(("span.type", "llm_request"),),
    ),
    "numbers by hand": Spelling("prompt_tokens", "completion_tokens"),
    "Vercel 4": Spelling(AI + "promptTokens", AI + "completionTokens"),
    "Vercel 5": Spelling(
        *(AI + "inputTokens", AI + "outputTokens", AI + "totalTokens", AI + "cachedInputTokens", ""),
        AI + "reasoningTokens",
    ),
    "Vercel 6": Spelling(AI + "inputTokens", AI + "outputTokens", *VERCEL_DETAILS),
}
# All numbers in one attribute. A provider's own usage may be in the attribute of several libraries.
NESTED = {
    "MLflow": Spelling(
        *("input_tokens", "output_tokens", "total_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"),
        container="mlflow.chat.tokenUsage",
    ),
    **{
        f"{provider} in {container}, {encode.__name__}": Spelling(*names, container=container, encode=encode)
        for container, encode in (
            ("gen_ai.usage.raw", json.dumps),
            ("gen_ai.usage.raw", dict),
            ("metadata.usage_object", repr),
            ("metadata.usage_object", json.dumps),
            ("llm.openai.usage", repr),
            ("llm.openrouter.usage", dict),
            ("llm.vertex_ai.usage", repr),
        )
        for provider, names in (
            ("OpenAI's chat", OPENAI_CHAT),
            ("OpenAI's responses", OPENAI_RESPONSES),
            ("Gemini", (*GEMINI, "thoughtsTokenCount")),
        )
    },
    **{
        f"{provider} in Langfuse, {encode.__name__}": Spelling(
            *names, container="langfuse.observation.usage_details", encode=encode
        )
        for encode in (json.dumps, dict)
        for provider, names in (
            ("OpenAI's chat", OPENAI_CHAT),
            ("OpenAI's responses", OPENAI_RESPONSES),
            ("OpenAI's buckets", ("input", "output", "total", "input_cached_tokens", "", "output_reasoning_tokens")),
            (
                "Anthropic's buckets",
                ("input", "output", "total", "cache_read_input_tokens", "cache_creation_input_tokens", ""),
            ),
        )
    },
}
SPELLINGS = FLAT | NESTED
SHOWN_AS: tuple[Callable[[int], Any], ...] = (int, float, str)


def tellings() -> Iterator[tuple[str, Spelling, dict[str, int], Tokens]]:
    """Yield each way to tell a call: a name, the spelling, the numbers as they are sent, and what the call used.

    Libraries that send all numbers also tell the parts beside their side. The total decides then."""
    for name, spelling in SPELLINGS.items():
        sides = [(False, False)]
        if spelling.parts() == list(PARTS):
            sides += [(True, False), (False, True), (True, True)]
        for tokens in (CALL, LARGE_PARTS, SMALL_PARTS):
            for input, output in sides:
                yield name, spelling, tokens.apart(input=input, output=output), tokens
