"""LiteLLM's OpenTelemetry callback: GenAI attributes, and details as Python prints them.

Only its child, the span of the raw request, has nothing else."""

from typing import Any

from tracing.vocabularies.messages import conversation, dumped
from tracing.vocabularies.provider_usage import provider_usage, usage_cost, usage_tier
from tracing.vocabularies.readers import computed_cost, identifier, literal, member_of
from tracing.vocabularies.tables import Reader, Vocabulary

LITELLM_PROVIDERS = (
    "openai",
    "anthropic",
    "azure",
    "bedrock",
    "vertex_ai",
    "gemini",
    "mistral",
    "groq",
    "cohere",
    "openrouter",
)


def printed(container: str, role: str) -> Reader:
    """Return a reader of messages as Python prints them."""
    return lambda value: dumped(conversation({container: literal(value)}, role))


def anthropic_content(value: Any) -> str | None:
    """Return the content of Anthropic's response as a message."""
    return dumped(conversation({"role": "assistant", "content": literal(value)}, "assistant"))


def raw(reader: Reader, name: str) -> dict[str, Reader]:
    """Return the reader for one attribute of all providers."""
    return {f"llm.{provider}.{name}": reader for provider in LITELLM_PROVIDERS}


LITELLM = Vocabulary(
    title="LiteLLM",
    table={
        "claims.session_id": {"metadata.session_id": identifier, "metadata.litellm_session_id": identifier},
        "claims.user_id": {
            "llm.user": identifier,
            "metadata.user_id": identifier,
            "metadata.user_api_key_end_user_id": identifier,
            **raw(identifier, "user"),
        },
        "model": raw(identifier, "model"),
        "response_id": raw(identifier, "id"),
        "usage": {"metadata.usage_object": provider_usage, **raw(provider_usage, "usage")},
        "service_tier": {"metadata.usage_object": usage_tier, **raw(usage_tier, "usage")},
        "total_cost": {
            **raw(usage_cost, "usage"),
            **dict.fromkeys(("metadata.response_cost", "litellm.response_cost", "llm.response_cost"), computed_cost),
            **dict.fromkeys(("hidden_params", "metadata.hidden_params"), member_of(computed_cost, "response_cost")),
        },
        "input": raw(printed("messages", "user"), "messages"),
        "output": {**raw(printed("choices", "assistant"), "choices"), **raw(anthropic_content, "content")},
    },
)
