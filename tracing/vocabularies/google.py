"""Google's Agent Development Kit and Genkit: requests and responses of the model as JSON, with the usage inside."""

from typing import Any

from tracing.records import Kind
from tracing.vocabularies.messages import json_answered, json_asked
from tracing.vocabularies.provider_usage import usage_inside
from tracing.vocabularies.readers import identifier, one_of
from tracing.vocabularies.tables import Together, Vocabulary

ADK_PREFIX = "gcp.vertex.agent."
NAME_KEY, SUBTYPE_KEY = "genkit:name", "genkit:metadata:subtype"
GENKIT_KINDS = {
    "model": Kind.GENERATION,
    "embedder": Kind.EMBEDDING,
    "tool": Kind.TOOL,
    "tool.v2": Kind.TOOL,
    "flow": Kind.CHAIN,
    "agent": Kind.AGENT,
    "retriever": Kind.RETRIEVER,
    "reranker": Kind.RETRIEVER,
    "evaluator": Kind.EVALUATOR,
}
MODEL_TYPES = frozenset({"model", "embedder"})


def is_of_model(values: dict[str, Any]) -> bool:
    """Return whether a span of Genkit is a model call."""
    return identifier(values.get(SUBTYPE_KEY)) in MODEL_TYPES


def model(values: dict[str, Any]) -> str | None:
    """Return the name of a model. The others are those of flows and tools."""
    return identifier(values.get(NAME_KEY)) if is_of_model(values) else None


def usage(values: dict[str, Any]) -> dict[str, int] | None:
    """Return the usage in the answer of a model. Flows and tools may answer with an object of their own."""
    return usage_inside(values.get("genkit:output")) if is_of_model(values) else None


MODEL, USAGE = Together(model), Together(usage)
GOOGLE = Vocabulary(
    title="Google ADK, Genkit",
    table={
        "claims.session_id": {ADK_PREFIX + "session_id": identifier},
        "kind": {SUBTYPE_KEY: one_of(GENKIT_KINDS)},
        "model": {SUBTYPE_KEY: MODEL, NAME_KEY: MODEL},
        "usage": {ADK_PREFIX + "llm_response": usage_inside, SUBTYPE_KEY: USAGE, "genkit:output": USAGE},
        "input": {
            ADK_PREFIX + "llm_request": json_asked,
            ADK_PREFIX + "tool_call_args": json_asked,
            "genkit:input": json_asked,
        },
        "output": {
            ADK_PREFIX + "llm_response": json_answered,
            ADK_PREFIX + "tool_response": json_answered,
            "genkit:output": json_answered,
        },
    },
)
