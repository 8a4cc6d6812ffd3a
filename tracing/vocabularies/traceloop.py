"""OpenLLMetry (Traceloop): workflow and entity attributes, and messages flattened under `gen_ai.prompt.<n>`."""

from typing import Any

from tracing.records import Kind
from tracing.vocabularies.claims import environment
from tracing.vocabularies.flattened import leaves
from tracing.vocabularies.messages import json_answered, json_asked
from tracing.vocabularies.readers import decoded, identifier, integer, one_of, tags
from tracing.vocabularies.tables import Together, Vocabulary

PROPERTIES = "traceloop.association.properties."
KIND, ENTITY = "traceloop.span.kind", "traceloop.entity.name"
KINDS = {"workflow": Kind.CHAIN, "task": Kind.CHAIN, "agent": Kind.AGENT, "tool": Kind.TOOL}
REQUESTS = {
    "chat": Kind.GENERATION,
    "completion": Kind.GENERATION,
    "embedding": Kind.EMBEDDING,
    "rerank": Kind.RETRIEVER,
}


def tool_name(values: dict[str, Any]) -> str | None:
    """A tool's span is named after its tool; workflows keep their span's name."""
    return identifier(values.get(ENTITY)) if values.get(KIND) == "tool" else None


TOOL_NAME = Together(tool_name)
TRACELOOP = Vocabulary(
    title="OpenLLMetry (Traceloop)",
    table={
        "claims.session_id": {
            PROPERTIES + "session_id": identifier,
            PROPERTIES + "session.id": identifier,
            PROPERTIES + "thread_id": identifier,
            PROPERTIES + "conversation_id": identifier,
        },
        "claims.user_id": {PROPERTIES + "user_id": identifier, PROPERTIES + "user.id": identifier},
        "claims.tags": {PROPERTIES + "tags": tags},
        "claims.environment": {PROPERTIES + "environment": environment},
        "claims.metadata": {PROPERTIES + "*": Together(decoded)},
        "name": {KIND: TOOL_NAME, ENTITY: TOOL_NAME},
        "kind": {KIND: one_of(KINDS), "llm.request.type": one_of(REQUESTS)},
        "usage.total_tokens": {"llm.usage.total_tokens": integer},
        "usage.cached_tokens": {"llm.usage.cache_read_input_tokens": integer},
        "usage.reasoning_tokens": {"llm.usage.reasoning_tokens": integer},
        "input": {"gen_ai.prompt.*": leaves("user"), "traceloop.entity.input": json_asked},
        "output": {"gen_ai.completion.*": leaves("assistant"), "traceloop.entity.output": json_answered},
    },
)
