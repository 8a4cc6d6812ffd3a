"""The same model call in the spelling of every library: written by hand, after what the libraries send."""

import json
from collections.abc import Callable, Collection, Iterator
from typing import Any, NamedTuple

PARTS = (
    *("input", "output", "total", "cached", "cache_write", "reasoning"),
    *("cache_write_1h", "input_audio", "output_audio", "input_image", "output_image", "input_tool"),
)
ALWAYS_SENT = PARTS[:6]  # by a library that sends them at all; others only if there are any
OF_INPUT = frozenset({"cached", "cache_write", "input_audio", "input_image", "input_tool"})
OF_OUTPUT = frozenset({"reasoning", "output_audio", "output_image"})


class Tokens(NamedTuple):
    """What a call used. All but the input and the output are parts of one of them, and of what was written to a cache
    a part stays for an hour."""

    input: int
    output: int
    cached: int = 0
    cache_write: int = 0
    reasoning: int = 0
    cache_write_1h: int = 0
    input_audio: int = 0
    output_audio: int = 0
    input_image: int = 0
    output_image: int = 0
    input_tool: int = 0

    @property
    def total(self) -> int:
        return self.input + self.output

    def told(self, beside: Collection[str] = ()) -> dict[str, int]:
        """Return the numbers of a library that counts some parts beside their side."""
        apart = {part: getattr(self, part) for part in beside}
        return {
            "input": self.input - sum(tokens for part, tokens in apart.items() if part in OF_INPUT),
            "output": self.output - sum(tokens for part, tokens in apart.items() if part in OF_OUTPUT),
            "total": self.total,
            **{part: n for part in PARTS[3:] if (n := getattr(self, part)) or part in ALWAYS_SENT},
        }


CALL = Tokens(1_000, 80, cached=600, cache_write=100, reasoning=30)
# Parts that are larger than the rest of their side, on both sides, and parts that are smaller.
LARGE_PARTS = Tokens(1_000, 80, cached=600, cache_write=100, reasoning=60)
SMALL_PARTS = Tokens(1_000, 80, cached=60, cache_write=40, reasoning=30)
# Calls with parts that have prices of their own.
HEARD = Tokens(1_000, 80, cached=100, reasoning=30, input_audio=200, output_audio=20)
SEEN = Tokens(1_000, 80, cached=100, input_image=300, output_image=40)
KEPT = Tokens(1_000, 80, cached=100, cache_write=600, cache_write_1h=400)
SEARCHED = Tokens(1_000, 80, cached=120, reasoning=30, input_tool=70)
CALLS = (CALL, LARGE_PARTS, SMALL_PARTS, HEARD, SEEN, KEPT, SEARCHED)


class Spelling(NamedTuple):
    """The keys of one library for the numbers of a call, or "" for a number that it does not send.

    A key with slashes is a path of names, of which `encode` makes one value; in a `container` it makes one of all.
    `fixed` is what the library sends beside them, `beside` names the parts that are not in their side, and
    `has_total` says that it always sends a total."""

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
    beside: tuple[str, ...] = ()
    has_total: bool = False
    cache_write_1h: str = ""
    input_audio: str = ""
    output_audio: str = ""
    input_image: str = ""
    output_image: str = ""
    input_tool: str = ""

    def parts(self) -> list[str]:
        """Return the names of the numbers that the library sends."""
        return [part for part in PARTS if getattr(self, part)]

    def attributes(self, numbers: dict[str, int], shown: Callable[[int], Any] = int) -> dict[str, Any]:
        """Return the attributes with these numbers, each as `shown` writes it."""
        told = {key: shown(n) for part, n in numbers.items() if (key := getattr(self, part))}
        values = {self.container: nested(told)} if self.container else nested(told)
        written = {key: self.encode(value) if isinstance(value, dict) else value for key, value in values.items()}
        return written | dict(self.fixed)

    def below(self, path: str, container: str) -> "Spelling":
        """Return the spelling of what has these numbers below a path of names in a container."""
        moved = {part: path + key for part in PARTS if (key := getattr(self, part))}
        return self._replace(**moved, container=container)

    def known(self, tokens: Tokens) -> dict[str, int]:
        """Return what a reader must find, by the names of `usage_of`."""
        return {part: n for part in self.parts() if (n := getattr(tokens, part)) or part in ALWAYS_SENT}


def nested(paths: dict[str, Any]) -> dict[str, Any]:
    """Return objects within objects from paths such as `details/cached`. Names in capitals are Gemini's modalities."""
    found: dict[str, Any] = {}
    for path, value in paths.items():
        *above, name = path.split("/")
        if name.isupper():
            inner, (*above, last) = found, above
            for step in above:
                inner = inner.setdefault(step, {})
            inner.setdefault(last, []).append({"modality": name, "tokenCount": value})
            continue
        inner = found
        for step in above:
            inner = inner.setdefault(step, {})
        inner[name] = value
    return found


G, OI, AI, LLM, ADK = "gen_ai.usage.", "llm.token_count.", "ai.usage.", "llm.usage.", "gcp.vertex.agent."
OPENAI_CHAT = Spelling(
    *("prompt_tokens", "completion_tokens", "total_tokens"),
    *("prompt_tokens_details/cached_tokens", "prompt_tokens_details/cache_write_tokens"),
    "completion_tokens_details/reasoning_tokens",
    input_audio="prompt_tokens_details/audio_tokens",
    output_audio="completion_tokens_details/audio_tokens",
    input_image="prompt_tokens_details/image_tokens",
    output_image="completion_tokens_details/image_tokens",
)
OPENAI_RESPONSES = Spelling(
    *("input_tokens", "output_tokens", "total_tokens", "input_tokens_details/cached_tokens"),
    *("input_tokens_details/cache_write_tokens", "output_tokens_details/reasoning_tokens"),
    input_audio="input_tokens_details/audio_tokens",
    output_audio="output_tokens_details/audio_tokens",
    input_image="input_tokens_details/image_tokens",
    output_image="output_tokens_details/image_tokens",
)
REALTIME = Spelling(
    *("input_tokens", "output_tokens", "total_tokens", "input_token_details/cached_tokens"),
    input_audio="input_token_details/audio_tokens",
    output_audio="output_token_details/audio_tokens",
    input_image="input_token_details/image_tokens",
)
GEMINI = Spelling(
    *("promptTokenCount", "candidatesTokenCount", "totalTokenCount", "cachedContentTokenCount", ""),
    "thoughtsTokenCount",
    input_audio="promptTokensDetails/AUDIO",
    output_audio="candidatesTokensDetails/AUDIO",
    input_image="promptTokensDetails/IMAGE",
    output_image="candidatesTokensDetails/IMAGE",
    input_tool="toolUsePromptTokenCount",
    beside=("reasoning", "input_tool"),
)
GEMINI_IN_PYTHON = Spelling(
    *("prompt_token_count", "candidates_token_count", "total_token_count", "cached_content_token_count", ""),
    "thoughts_token_count",
    input_audio="prompt_tokens_details/AUDIO",
    output_audio="candidates_tokens_details/AUDIO",
    input_image="prompt_tokens_details/IMAGE",
    output_image="candidates_tokens_details/IMAGE",
    input_tool="tool_use_prompt_token_count",
    beside=("reasoning", "input_tool"),
)
ANTHROPIC = Spelling(
    *("input_tokens", "output_tokens", "", "cache_read_input_tokens", "cache_creation_input_tokens"),
    cache_write_1h="cache_creation/ephemeral_1h_input_tokens",
    beside=("cached", "cache_write"),
)
BEDROCK = Spelling(
    *("inputTokens", "outputTokens", "totalTokens", "cacheReadInputTokens", "cacheWriteInputTokens"),
    beside=("cached", "cache_write"),
)
VERCEL_DETAILS = (
    *(AI + "totalTokens", AI + "inputTokenDetails.cacheReadTokens", AI + "inputTokenDetails.cacheWriteTokens"),
    AI + "outputTokenDetails.reasoningTokens",
)


def media(prefix: str, *, joint: str = "_") -> dict[str, str]:
    """Return the keys of sound and pictures that stand below a prefix."""
    sides = (("input", "audio"), ("output", "audio"), ("input", "image"), ("output", "image"))
    return {f"{side}_{medium}": f"{prefix}{side}{joint}{medium}_tokens" for side, medium in sides}


def printed(value: Any) -> str:
    """Return an object of a library's own class as Python prints it."""
    return f"Usage({fields(value)})"


def fields(value: dict[str, Any]) -> str:
    of = ((name, f"Details({fields(v)})" if isinstance(v, dict) else repr(v)) for name, v in value.items())
    return ", ".join(f"{name}={shown}" for name, shown in of)


# One attribute for each number.
FLAT = {
    "GenAI": Spelling(
        *(G + "input_tokens", G + "output_tokens", G + "total_tokens", G + "cache_read.input_tokens"),
        *(G + "cache_creation.input_tokens", G + "reasoning.output_tokens"),
        cache_write_1h=G + "cache_creation.ephemeral_1h_input_tokens",
        input_tool=G + "tool_use_prompt_tokens",
        **media(G, joint="."),
    ),
    "GenAI of 2024": Spelling(
        *(G + "prompt_tokens", G + "completion_tokens", G + "total_tokens", G + "cache_read_input_tokens"),
        *(G + "cache_creation_input_tokens", G + "reasoning_tokens"),
        cache_write_1h=G + "ephemeral_1h_input_tokens",
        input_audio=G + "prompt_audio_tokens",
        output_audio=G + "completion_audio_tokens",
    ),
    "the Anthropic SDK": Spelling(
        *(G + "input_tokens", G + "output_tokens", "", G + "cache_read.input_tokens"),
        *(G + "cache_write.input_tokens", G + "reasoning_tokens"),
        cache_write_1h="anthropic.usage.cache_creation.ephemeral_1h_input_tokens",
    ),
    "short names of the parts": Spelling(
        *(G + "input_tokens", G + "output_tokens", G + "total_tokens", G + "cache_read_tokens"),
        *(G + "cache_write_tokens", G + "reasoning_tokens"),
        **media(G),
    ),
    "pydantic-ai": Spelling(
        *(G + "input_tokens", G + "output_tokens", "", G + "details.cache_read_tokens"),
        *(G + "details.cache_write_tokens", G + "details.reasoning_tokens"),
        scope="pydantic-ai",
        cache_write_1h=G + "details.ephemeral_1h_input_tokens",
        input_tool=G + "details.tool_use_prompt_tokens",
        **media(G + "details."),
    ),
    "Logfire": Spelling(
        *(G + "input_tokens", G + "output_tokens", "", G + "details.cache_read_input_tokens"),
        *(G + "details.cache_creation_input_tokens", G + "details.reasoning_tokens"),
        scope="logfire.openai",
    ),
    "Strands": Spelling(
        *(G + "prompt_tokens", G + "completion_tokens", G + "total_tokens", G + "cache_read_input_tokens"),
        G + "cache_write_input_tokens",
    ),
    "Sentry": Spelling(
        *(G + "input_tokens", G + "output_tokens", G + "total_tokens", G + "input_tokens.cached"),
        *(G + "input_tokens.cache_write", G + "output_tokens.reasoning"),
    ),
    "OpenLIT": Spelling(
        *(G + "input_tokens", G + "output_tokens", G + "total_tokens", G + "prompt_tokens_details.cache_read"),
        *(G + "prompt_tokens_details.cache_write", G + "completion_tokens_details.reasoning"),
        input_audio=G + "prompt_tokens_details.audio",
        output_audio=G + "completion_tokens_details.audio",
    ),
    "details of OpenAI's chat, one by one": Spelling(
        *(G + "prompt_tokens", G + "completion_tokens", G + "total_tokens"),
        *(G + "prompt_tokens_details.cached_tokens", "", G + "completion_tokens_details.reasoning_tokens"),
        input_audio=G + "prompt_tokens_details.audio_tokens",
        output_audio=G + "completion_tokens_details.audio_tokens",
    ),
    "LiveKit": Spelling(G + "input_tokens", G + "output_tokens", "", G + "input_cached_tokens", **media(G)),
    "Google ADK": Spelling(
        *(G + "input_tokens", G + "output_tokens", "", G + "cache_read.input_tokens", "", G + "reasoning_tokens"),
        scope="gcp.vertex.agent",
    ),
    "Google ADK 1": Spelling(
        *(G + "input_tokens", G + "output_tokens", "", G + "cache_read.input_tokens", ""),
        G + "experimental.reasoning_tokens",
        scope="gcp.vertex.agent",
        **media(G + "experimental."),
    ),
    "Gemini CLI's spans": Spelling(
        *(G + "input_tokens", G + "output_tokens", G + "total_tokens", G + "cached_content_tokens", ""),
        G + "thoughts_tokens",
        input_tool=G + "tool_tokens",
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
        cache_write_1h=OI + "prompt_details.cache_write_1h",
        input_audio=OI + "prompt_details.audio",
        output_audio=OI + "completion_details.audio",
        input_image=OI + "prompt_details.image",
        output_image=OI + "completion_details.image",
        input_tool=OI + "prompt_details.tool_use",
    ),
    "LangSmith": Spelling(
        *(G + "input_tokens", G + "output_tokens", G + "total_tokens", G + "input_token_details/cache_read"),
        *(G + "input_token_details/cache_creation", G + "output_token_details/reasoning"),
        cache_write_1h=G + "input_token_details/ephemeral_1h_input_tokens",
        input_audio=G + "input_token_details/audio",
        output_audio=G + "output_token_details/audio",
    ),
    "Claude Code": Spelling(
        *("input_tokens", "output_tokens", "", "cache_read_tokens", "cache_creation_tokens"),
        fixed=(("span.type", "llm_request"),),
        beside=("cached", "cache_write"),
    ),
    "Codex": Spelling(
        *("input_token_count", "output_token_count", "", "cached_token_count", "", "reasoning_token_count"),
        fixed=(("span.type", "llm_request"),),
    ),
    "Gemini CLI": Spelling(
        *("input_token_count", "output_token_count", "total_token_count", "cached_content_token_count", ""),
        "thoughts_token_count",
        fixed=(("span.type", "llm_request"),),
        has_total=True,
        input_tool="tool_token_count",
    ),
    "numbers by hand": Spelling("prompt_tokens", "completion_tokens"),
    "another library": Spelling(
        *("acme.usage.prompt_tokens", "acme.usage.completion_tokens", "acme.usage.total_tokens"),
        *("acme.usage.cached_tokens", "acme.usage.cache_write_tokens", "acme.usage.reasoning_tokens"),
    ),
    "Vercel 4": Spelling(AI + "promptTokens", AI + "completionTokens"),
    "Vercel 5": Spelling(
        *(AI + "inputTokens", AI + "outputTokens", AI + "totalTokens", AI + "cachedInputTokens", ""),
        AI + "reasoningTokens",
    ),
    "Vercel 6": Spelling(AI + "inputTokens", AI + "outputTokens", *VERCEL_DETAILS),
}
# All numbers in one attribute. A provider's own usage may be in the attribute of several libraries.
PROVIDERS = {
    "OpenAI's chat": OPENAI_CHAT,
    "OpenAI's responses": OPENAI_RESPONSES,
    "OpenAI's realtime voice": REALTIME,
    "Gemini": GEMINI,
    "Gemini in Python": GEMINI_IN_PYTHON,
    "Anthropic": ANTHROPIC,
    "Bedrock": BEDROCK,
}
DETAILS = "langfuse.observation.usage_details"
LANGFUSE = {
    "OpenAI's chat": OPENAI_CHAT,
    "OpenAI's responses": OPENAI_RESPONSES,
    "Gemini": GEMINI,
    "OpenAI's buckets": Spelling(
        *("input", "output", "total", "input_cached_tokens", "", "output_reasoning_tokens"),
        **media(""),
        beside=("cached", "reasoning", "input_audio", "output_audio", "input_image", "output_image"),
    ),
    "Anthropic's buckets": Spelling(
        *("input", "output", "total", "cache_read_input_tokens", "cache_creation_input_tokens", ""),
        cache_write_1h="ephemeral_1h_input_tokens",
        beside=("cached", "cache_write"),
    ),
    "LangChain's buckets": Spelling(
        *("input", "output", "total", "input_cache_read", "input_cache_creation", "output_reasoning"),
        input_audio="input_audio",
        output_audio="output_audio",
        beside=("cached", "cache_write", "reasoning", "input_audio", "output_audio"),
    ),
}
NESTED = {
    "Langtrace": Spelling("input_tokens", "output_tokens", "total_tokens", container="llm.token.counts"),
    "MLflow": Spelling(
        *("input_tokens", "output_tokens", "total_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"),
        container="mlflow.chat.tokenUsage",
    ),
    "Genkit": Spelling(
        *("usage/inputTokens", "usage/outputTokens", "usage/totalTokens", "usage/cachedContentTokens", ""),
        "usage/thoughtsTokens",
        container="genkit:output",
        fixed=(("genkit:metadata:subtype", "model"), ("genkit:name", "googleai/gemini-2.5-flash")),
        beside=("reasoning",),
    ),
    "Google ADK's answer": GEMINI_IN_PYTHON.below("usage_metadata/", ADK + "llm_response"),
    **{
        f"{provider} in {container}, {encode.__name__}": names._replace(container=container, encode=encode)
        for container, encode in (
            ("gen_ai.usage.raw", json.dumps),
            ("gen_ai.usage.raw", dict),
            ("metadata.usage_object", repr),
            ("metadata.usage_object", json.dumps),
            ("llm.openai.usage", repr),
            ("llm.openrouter.usage", dict),
            ("llm.vertex_ai.usage", repr),
            ("gen_ai.usage.raw", printed),
        )
        for provider, names in PROVIDERS.items()
    },
    **{
        f"{provider} in Langfuse, {encode.__name__}": names._replace(container=DETAILS, encode=encode)
        for encode in (json.dumps, dict)
        for provider, names in LANGFUSE.items()
    },
}
SPELLINGS = FLAT | NESTED
SHOWN_AS: tuple[Callable[[int], Any], ...] = (int, float, str)


def tellings() -> Iterator[tuple[str, Spelling, dict[str, int], Tokens]]:
    """Yield each way to tell a call: a name, the spelling, the numbers as they are sent, and what the call used.

    A library may leave out the total. If it sends every part and the total, the parts may be beside their side or in
    it, on both sides: the total decides."""
    for name, spelling in SPELLINGS.items():
        known = {*spelling.parts()}
        for tokens in CALLS:
            used = {part for part in OF_INPUT | OF_OUTPUT if getattr(tokens, part)}
            usual = frozenset(spelling.beside)
            if not spelling.has_total:
                yield name, spelling, {part: n for part, n in tokens.told(usual).items() if part != "total"}, tokens
            sides = [frozenset(), OF_INPUT, OF_OUTPUT, OF_INPUT | OF_OUTPUT] if used <= known else []
            for beside in {usual: None} | dict.fromkeys(sides) if spelling.total else ():
                yield name, spelling, tokens.told(beside), tokens
