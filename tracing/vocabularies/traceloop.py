"""OpenLLMetry (Traceloop): workflow and entity attributes, and messages as leaves below `gen_ai.prompt.<n>`."""

from typing import Any

from tracing.records import Kind
from tracing.vocabularies.claims import environment
from tracing.vocabularies.flattened import leaves
from tracing.vocabularies.identity import ENVIRONMENT_NAMES, SESSION_NAMES, USER_NAMES, below
from tracing.vocabularies.messages import json_answered, json_asked
from tracing.vocabularies.readers import computed_cost, decoded, identifier, integer, one_of, tags
from tracing.vocabularies.tables import Together, Vocabulary

TRACELOOP_PROPERTIES_PREFIX = "traceloop.association.properties."
TRACELOOP_KIND_KEY, ENTITY_KEY = "traceloop.span.kind", "traceloop.entity.name"
TRACELOOP_KINDS = {"workflow": Kind.CHAIN, "task": Kind.CHAIN, "agent": Kind.AGENT, "tool": Kind.TOOL}
KIND_BY_REQUEST_TYPE = {
    "chat": Kind.GENERATION,
    "completion": Kind.GENERATION,
    "embedding": Kind.EMBEDDING,
    "rerank": Kind.RETRIEVER,
}


def tool_name(values: dict[str, Any]) -> str | None:
    """Return the name of a tool for its span. Workflows keep the name of their span."""
    return identifier(values.get(ENTITY_KEY)) if values.get(TRACELOOP_KIND_KEY) == "tool" else None


TOOL_NAME = Together(tool_name)
TRACELOOP = Vocabulary(
    title="OpenLLMetry (Traceloop)",
    table={
        "claims.session_id": {
            TRACELOOP_PROPERTIES_PREFIX + "session_id": identifier,
            TRACELOOP_PROPERTIES_PREFIX + "session.id": identifier,
            TRACELOOP_PROPERTIES_PREFIX + "thread_id": identifier,
            TRACELOOP_PROPERTIES_PREFIX + "conversation_id": identifier,
            **below([TRACELOOP_PROPERTIES_PREFIX], SESSION_NAMES, identifier),
        },
        "claims.user_id": {
            TRACELOOP_PROPERTIES_PREFIX + "user_id": identifier,
            TRACELOOP_PROPERTIES_PREFIX + "user.id": identifier,
            **below([TRACELOOP_PROPERTIES_PREFIX], USER_NAMES, identifier),
        },
        "claims.tags": {TRACELOOP_PROPERTIES_PREFIX + "tags": tags},
        "claims.environment": below([TRACELOOP_PROPERTIES_PREFIX], ENVIRONMENT_NAMES, environment),
        "claims.metadata": {TRACELOOP_PROPERTIES_PREFIX + "*": Together(decoded)},
        "name": {TRACELOOP_KIND_KEY: TOOL_NAME, ENTITY_KEY: TOOL_NAME},
        "kind": {TRACELOOP_KIND_KEY: one_of(TRACELOOP_KINDS), "llm.request.type": one_of(KIND_BY_REQUEST_TYPE)},
        "usage.total_tokens": {"llm.usage.total_tokens": integer},
        "usage.cached_tokens": {"llm.usage.cache_read_input_tokens": integer},
        "usage.reasoning_tokens": {"llm.usage.reasoning_tokens": integer},
        "total_cost": dict.fromkeys(("llm.usage.total_cost", "llm.usage.cost"), computed_cost),
        "input": {"gen_ai.prompt.*": leaves("user"), "traceloop.entity.input": json_asked},
        "output": {"gen_ai.completion.*": leaves("assistant"), "traceloop.entity.output": json_answered},
    },
)
