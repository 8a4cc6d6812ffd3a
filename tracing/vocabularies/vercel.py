"""The Vercel AI SDK, versions 4 to 7: `ai.*` attributes, with the application's values in metadata or context."""

from decimal import Decimal
from typing import Any

from tracing.json_text import dump
from tracing.records import Kind
from tracing.vocabularies.claims import environment
from tracing.vocabularies.genai import provider
from tracing.vocabularies.identity import ENVIRONMENT_NAMES, SESSION_NAMES, USER_NAMES
from tracing.vocabularies.messages import asked, conversation, dumped, json_answered, json_asked
from tracing.vocabularies.provider_usage import provider_usage, usage_cost, usage_tier
from tracing.vocabularies.readers import (
    decoded,
    identifier,
    integer,
    json_value,
    loose_json,
    mapping,
    milliseconds,
    service_tier,
    tags,
    text,
)
from tracing.vocabularies.tables import Excerpt, Reader, Together, Vocabulary

CONTEXT_PREFIXES = ("ai.telemetry.metadata.", "ai.settings.context.", "ai.settings.runtimeContext.")
TEXT_KEY, TOOL_CALLS_KEY, REASONING_KEY = "ai.response.text", "ai.response.toolCalls", "ai.response.reasoning"
OPERATION_KEY, FUNCTION_KEY = "ai.operationId", "ai.telemetry.functionId"


def in_contexts(reader: Reader, *names: str) -> dict[str, Reader]:
    """Return the reader for keys in each of the contexts."""
    return {context + name: reader for context in CONTEXT_PREFIXES for name in names}


def kind(value: Any) -> Kind | None:
    """Return the kind: `ai.streamText.doStream` is the model call, `ai.streamText` the run of steps around it."""
    named = identifier(value) or ""
    if named.endswith((".doGenerate", ".doStream")):
        return Kind.GENERATION
    if named.endswith(".doEmbed"):
        return Kind.EMBEDDING
    if named == "ai.toolCall":
        return Kind.TOOL
    return Kind.AGENT if named.startswith(("ai.generate", "ai.stream")) else Kind.SPAN if named else None


def run_name(values: dict[str, Any]) -> str | None:
    """Return the name that the application gave to the function, with the operation."""
    function, operation = identifier(values.get(FUNCTION_KEY)), identifier(values.get(OPERATION_KEY))
    if operation is None:
        return None
    return f"{function}:{operation}" if function else operation


def prompt(value: Any) -> str | None:
    """Return the messages of `{"system", "messages"}`, or of `{"system", "prompt"}` with a text."""
    request = json_value(value)
    if isinstance(request, dict) and isinstance(request.get("prompt"), str):
        request = {**request, "messages": [{"role": "user", "content": request["prompt"]}]}
    messages = conversation(request, "user")
    if messages is None or not isinstance(request, dict):
        return text(value)
    is_whole = request.keys() <= {"system", "prompt", "messages"}
    return dump(messages) if is_whole else Excerpt(dump(messages))


def response(values: dict[str, Any]) -> str | None:
    """Return the text alone, or a message if there are also calls or reasoning."""
    words, calls = text(values.get(TEXT_KEY)), json_value(values.get(TOOL_CALLS_KEY))
    reasoning = text(values.get(REASONING_KEY))
    if not reasoning and not (isinstance(calls, list) and calls):
        return words
    said = {"role": "assistant", "content": words or "", "reasoning": reasoning, "tool_calls": calls}
    return dumped(conversation(said, "assistant"))


def provider_metadata(value: Any) -> dict[str, int] | None:
    """Return cached and reasoning tokens, which versions 4 and 5 report only in the provider's form."""
    wholes = ("input_tokens", "output_tokens", "total_tokens")
    details = (provider_usage(usage) for usage in usages(value))
    return {p: tokens for said in details for p, tokens in (said or {}).items() if p not in wholes} or None


def usages(value: Any) -> list[dict[str, Any]]:
    """Return what each provider says of the usage in its metadata."""
    named = [inner for inner in (mapping(value) or {}).values() if isinstance(inner, dict)]
    return [{**(mapping(inner.get("usage")) or {}), **inner} for inner in named]


def gateway_cost(value: Any) -> Decimal | None:
    """Return what a gateway charged (AI Gateway, OpenRouter), or None."""
    return next((cost for usage in usages(value) if (cost := usage_cost(usage)) is not None), None)


def provider_tier(value: Any) -> str | None:
    """Return the service tier that a provider names."""
    tiers = (service_tier(usage.get("serviceTier")) or usage_tier(usage) for usage in usages(value))
    return next((tier for tier in tiers if tier), None)


def values(value: Any) -> str | None:
    """Return the texts that are embedded, each of which is encoded as JSON."""
    return text([loose_json(item) for item in value]) if isinstance(value, list) else text(value)


RUN_NAME = Together(run_name)
RESPONSE = Together(response)
VERCEL_USAGE_PREFIX = "ai.usage."
VERCEL = Vocabulary(
    title="Vercel AI SDK",
    table={
        "claims.session_id": in_contexts(identifier, "sessionId", "session_id", "eve.session.id", *SESSION_NAMES[2:]),
        "claims.user_id": in_contexts(identifier, "userId", "user_id", *USER_NAMES[2:]),
        "claims.tags": in_contexts(tags, "tags"),
        "claims.environment": in_contexts(environment, *ENVIRONMENT_NAMES),
        "claims.metadata": {context + "*": Together(decoded) for context in CONTEXT_PREFIXES},
        "name": {"ai.toolCall.name": identifier, OPERATION_KEY: RUN_NAME, FUNCTION_KEY: RUN_NAME},
        "kind": {OPERATION_KEY: kind},
        "model": {
            "gen_ai.response.model": identifier,
            "ai.response.model": identifier,
            "ai.model.id": identifier,
            "aisdk.model.id": identifier,
        },
        "response_id": {"ai.response.id": identifier},
        "provider": {"ai.model.provider": provider},
        "model_parameters": {"ai.settings.*": Together(dict)},
        "completion_started_at": {
            "ai.response.msToFirstChunk": milliseconds,
            "ai.stream.msToFirstChunk": milliseconds,
        },
        "usage.input_tokens": {
            VERCEL_USAGE_PREFIX + "inputTokens": integer,
            VERCEL_USAGE_PREFIX + "promptTokens": integer,
            VERCEL_USAGE_PREFIX + "tokens": integer,
        },
        "usage.output_tokens": {
            VERCEL_USAGE_PREFIX + "outputTokens": integer,
            VERCEL_USAGE_PREFIX + "completionTokens": integer,
        },
        "usage.total_tokens": {VERCEL_USAGE_PREFIX + "totalTokens": integer},
        "usage.cached_tokens": {
            VERCEL_USAGE_PREFIX + "cachedInputTokens": integer,
            VERCEL_USAGE_PREFIX + "inputTokenDetails.cacheReadTokens": integer,
        },
        "usage.cache_write_tokens": {VERCEL_USAGE_PREFIX + "inputTokenDetails.cacheWriteTokens": integer},
        "usage.reasoning_tokens": {
            VERCEL_USAGE_PREFIX + "reasoningTokens": integer,
            VERCEL_USAGE_PREFIX + "outputTokenDetails.reasoningTokens": integer,
        },
        "usage": {"ai.response.providerMetadata": provider_metadata},
        "total_cost": {"ai.response.providerMetadata": gateway_cost},
        "service_tier": {"ai.response.providerMetadata": provider_tier},
        "input": {
            "ai.prompt.messages": asked,
            "ai.prompt": prompt,
            "ai.toolCall.args": json_asked,
            "ai.value": json_asked,
            "ai.values": values,
        },
        "output": {
            TEXT_KEY: RESPONSE,
            TOOL_CALLS_KEY: RESPONSE,
            REASONING_KEY: RESPONSE,
            "ai.result.text": text,
            "ai.toolCall.result": json_answered,
            "ai.response.object": json_answered,
            "ai.result.object": json_answered,
            "ai.result.toolCalls": json_answered,
        },
    },
)
