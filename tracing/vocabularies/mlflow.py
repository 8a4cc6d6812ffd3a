"""MLflow's OTLP export: every value that an application sets is encoded as JSON once more."""

from typing import Any

from tracing.records import Kind, Level
from tracing.vocabularies.messages import json_answered, json_asked
from tracing.vocabularies.readers import computed_cost, identifier, member_of, one_of
from tracing.vocabularies.tables import Together, Vocabulary
from tracing.vocabularies.usage import named_usage

MLFLOW_KINDS = {
    "CHAT_MODEL": Kind.GENERATION,
    "LLM": Kind.GENERATION,
    "EMBEDDING": Kind.EMBEDDING,
    "AGENT": Kind.AGENT,
    "TOOL": Kind.TOOL,
    "CHAIN": Kind.CHAIN,
    "WORKFLOW": Kind.CHAIN,
    "RETRIEVER": Kind.RETRIEVER,
    "RERANKER": Kind.RETRIEVER,
    "EVALUATOR": Kind.EVALUATOR,
    "GUARDRAIL": Kind.GUARDRAIL,
}
MLFLOW_LEVELS = {"10": Level.DEBUG, "30": Level.WARNING, "40": Level.ERROR, "50": Level.ERROR}


def pairs(values: dict[str, Any]) -> list[str] | None:
    """Return MLflow's tags, which have values: `channel=web` becomes `channel:web`."""
    return [f"{key}:{named}" if (named := identifier(value)) else key for key, value in values.items()] or None


MLFLOW = Vocabulary(
    title="MLflow",
    table={
        "claims.session_id": {"mlflow.trace.session": identifier},
        "claims.user_id": {"mlflow.trace.user": identifier},
        "claims.tags": {"mlflow.traceTag.*": Together(pairs)},
        "kind": {"mlflow.spanType": one_of(MLFLOW_KINDS)},
        "level": {"mlflow.spanLogLevel": one_of(MLFLOW_LEVELS)},
        "model": {"mlflow.llm.model": identifier},
        "provider": {"mlflow.llm.provider": identifier},
        "usage": {
            "mlflow.chat.tokenUsage": named_usage(
                input_tokens="input_tokens",
                output_tokens="output_tokens",
                total_tokens="total_tokens",
                cached_tokens="cache_read_input_tokens",
                cache_write_tokens="cache_creation_input_tokens",
            )
        },
        **{
            f"{side}_cost": {"mlflow.llm.cost": member_of(computed_cost, f"{side}_cost", side)}
            for side in ("input", "output", "total")
        },
        "input": {"mlflow.spanInputs": json_asked},
        "output": {"mlflow.spanOutputs": json_answered},
    },
)
