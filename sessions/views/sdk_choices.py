"""The cards of the setup page: every SDK, framework and coding agent with its snippets."""

from sessions.views.snippets import Proof, SdkChoice, SdkGroup, SdkSnippet

OTLP = "opentelemetry-sdk opentelemetry-exporter-otlp-proto-http"
NODE_OTLP = "@opentelemetry/sdk-node @opentelemetry/exporter-trace-otlp-proto"

_T, _F, _A = SdkGroup.TRACING, SdkGroup.FRAMEWORKS, SdkGroup.AGENTS
_LOCAL, _NEWEST, _WRITTEN = Proof.FRAMEWORK, Proof.NEWEST, Proof.DOCUMENTED


def _python(name: str, packages: str, tested: str, proof: Proof = Proof.RUN) -> SdkSnippet:
    return SdkSnippet(name, "Python", f"pip install {packages}", f"{name}.py", tested, proof)


def _javascript(name: str, packages: str, tested: str, proof: Proof = Proof.RUN) -> SdkSnippet:
    return SdkSnippet(f"{name}-js", "JavaScript", f"npm install {packages}", f"{name}.mjs", tested, proof)


# In the order of the cards; the first one is chosen.
CHOICES = (
    SdkChoice(
        "langfuse",
        "Langfuse",
        "Python, JavaScript",
        _T,
        (
            _python("langfuse", "langfuse", "langfuse 5.0.4"),
            _javascript(
                "langfuse", "@langfuse/tracing @langfuse/otel @opentelemetry/sdk-node", "@langfuse/tracing 5.11.1"
            ),
        ),
    ),
    SdkChoice(
        "opentelemetry",
        "OpenTelemetry",
        "OTLP, any language",
        _T,
        (
            _python("opentelemetry", OTLP, "opentelemetry-sdk 1.45.2"),
            _javascript("opentelemetry", f"@opentelemetry/api {NODE_OTLP}", "@opentelemetry/sdk-node 0.223.0", _LOCAL),
        ),
    ),
    SdkChoice(
        "openinference",
        "OpenInference",
        "Python, JavaScript",
        _T,
        (
            _python(
                "openinference",
                f"openai openinference-instrumentation-openai {OTLP}",
                "openinference-instrumentation-openai 0.1.66",
                _LOCAL,
            ),
            _javascript(
                "openinference",
                f"openai @arizeai/openinference-instrumentation-openai @arizeai/openinference-core {NODE_OTLP}",
                "@arizeai/openinference-instrumentation-openai 4.2.7",
                _LOCAL,
            ),
        ),
    ),
    SdkChoice(
        "laminar",
        "Laminar",
        "Python, JavaScript",
        _T,
        (
            _python("laminar", "lmnr", "lmnr 0.8.1"),
            _javascript("laminar", "@lmnr-ai/lmnr", "@lmnr-ai/lmnr 0.8.44"),
        ),
    ),
    SdkChoice(
        "interactiveai",
        "InteractiveAI",
        "Python",
        _T,
        (_python("interactiveai", "interactiveai", "interactiveai 1.1.9"),),
    ),
    SdkChoice(
        "traceloop",
        "Traceloop",
        "Python",
        _T,
        (_python("traceloop", "openai httpx traceloop-sdk", "traceloop-sdk 0.62.4", _NEWEST),),
    ),
    SdkChoice(
        "vercel-ai",
        "Vercel AI SDK",
        "TypeScript",
        _F,
        (_javascript("vercel_ai", f"ai@6 @ai-sdk/openai@3 {NODE_OTLP}", "ai 6.0.326", _LOCAL),),
    ),
    SdkChoice(
        "langchain",
        "LangChain, LangGraph",
        "Python",
        _F,
        (
            _python(
                "langchain",
                f"langchain langchain-openai openinference-instrumentation-langchain {OTLP}",
                "langchain 1.5.2 and langgraph 1.2.24",
                _LOCAL,
            ),
        ),
    ),
    SdkChoice(
        "openai-agents",
        "OpenAI Agents",
        "Python",
        _F,
        (
            _python(
                "openai_agents",
                f"openai-agents openinference-instrumentation-openai-agents {OTLP}",
                "openai-agents 0.24.0",
                _LOCAL,
            ),
        ),
    ),
    SdkChoice(
        "pydantic-ai",
        "Pydantic AI",
        "Python",
        _F,
        (_python("pydantic_ai", f'"pydantic-ai-slim[openai]" {OTLP}', "pydantic-ai 2.68.0", _LOCAL),),
    ),
    SdkChoice(
        "litellm",
        "LiteLLM",
        "Python",
        _F,
        (_python("litellm", f"litellm openinference-instrumentation-litellm {OTLP}", "litellm 1.110.2", _LOCAL),),
    ),
    SdkChoice(
        "strands",
        "Strands",
        "Python",
        _F,
        (_python("strands", '"strands-agents[openai,otel]"', "strands-agents 1.62.0", _LOCAL),),
    ),
    SdkChoice(
        "mastra",
        "Mastra",
        "TypeScript",
        _F,
        (
            _javascript(
                "mastra", "@mastra/core @mastra/observability @mastra/otel-exporter", "@mastra/core 1.71.0", _NEWEST
            ),
        ),
    ),
    SdkChoice(
        "google-adk",
        "Google ADK",
        "Python",
        _F,
        (_python("google_adk", f"google-adk {OTLP}", "google-adk 2.13.0", _NEWEST),),
    ),
    SdkChoice(
        "spring-ai",
        "Spring AI",
        "Java",
        _F,
        (
            SdkSnippet(
                "spring-ai",
                "Properties",
                "org.springframework.boot:spring-boot-starter-actuator",
                "spring_ai.properties",
                "Spring AI 1.1",
                _WRITTEN,
                "application",
            ),
        ),
    ),
    SdkChoice(
        "claude-code",
        "Claude Code",
        "Terminal",
        _A,
        (
            SdkSnippet(
                "claude-code",
                "Shell",
                "npm install -g @anthropic-ai/claude-code",
                "claude_code.sh",
                "@anthropic-ai/claude-code 2.1.197",
                _NEWEST,
                "claude",
            ),
        ),
    ),
    SdkChoice(
        "codex",
        "Codex",
        "Terminal",
        _A,
        (
            SdkSnippet(
                "codex",
                "TOML",
                "npm install -g @openai/codex",
                "codex.toml",
                "@openai/codex 0.171.0",
                _NEWEST,
                "~/.codex/config",
            ),
        ),
    ),
)
SNIPPETS = tuple(snippet for choice in CHOICES for snippet in choice.snippets)


def choices_table() -> str:
    """Return the table of docs/sdks.md: every card, and how we know that its code works."""
    rows = [
        f"| {choice.label} | {snippet.label} | {snippet.proof.value} {snippet.tested} |\n"
        for choice in CHOICES
        for snippet in choice.snippets
    ]
    return "".join(["| SDK | code | proof |\n| --- | --- | --- |\n", *rows])
