"""Langfuse's attributes, which InteractiveAI's SDK sends, too."""

from typing import Any

from tracing.records import Kind, Level
from tracing.vocabularies.claims import environment
from tracing.vocabularies.messages import answered, asked
from tracing.vocabularies.readers import (
    always,
    decoded,
    flag,
    identifier,
    iso_time,
    mapping,
    one_of,
    tags,
)
from tracing.vocabularies.tables import Together, Vocabulary
from tracing.vocabularies.usage import buckets, costs

LANGFUSE_KINDS = {kind.name: kind for kind in Kind}
LANGFUSE_LEVELS = {level.name: level for level in Level}
COST_DETAILS_KEY = "langfuse.observation.cost_details"
OBSERVATION_METADATA_KEY, TRACE_METADATA_KEY = "langfuse.observation.metadata", "langfuse.trace.metadata"


def prompt_link(value: Any) -> dict[str, Any] | None:
    """Return the linked prompt, or None without one."""
    return {"prompt": found} if (found := mapping(value)) else None


def cost_of(side: str) -> Any:
    """Return a reader of the cost of one side."""
    return lambda value: (costs(value) or {}).get(side)


EACH_DECODED = Together(decoded)  # Python's version 5 encodes each value as JSON, others only objects and lists
PROMPT = Together(lambda values: {"prompt": decoded(values)})
LANGFUSE = Vocabulary(
    title="Langfuse, InteractiveAI",
    table={
        "claims.session_id": {
            "langfuse.session.id": identifier,
            "session.id": identifier,
            "langfuse.trace.metadata.langfuse_session_id": identifier,
            "langfuse.observation.metadata.langfuse_session_id": identifier,
        },
        "claims.user_id": {
            "langfuse.user.id": identifier,
            "user.id": identifier,
            "langfuse.trace.metadata.langfuse_user_id": identifier,
            "langfuse.observation.metadata.langfuse_user_id": identifier,
        },
        "claims.tags": {
            "langfuse.trace.tags": tags,
            "langfuse.tags": tags,
            "langfuse.trace.metadata.langfuse_tags": tags,
            "langfuse.observation.metadata.langfuse_tags": tags,
        },
        "claims.metadata": {
            TRACE_METADATA_KEY: mapping,
            TRACE_METADATA_KEY + ".*": EACH_DECODED,
            "langfuse.metadata": mapping,
            "langfuse.metadata.*": EACH_DECODED,
        },
        "claims.environment": {
            "langfuse.experiment.id": always("sdk-experiment"),
            "langfuse.environment": environment,
        },
        "claims.release": {"langfuse.release": identifier},
        "claims.version": {"langfuse.version": identifier},
        "claims.name": {"langfuse.trace.name": identifier},
        "claims.public": {"langfuse.trace.public": flag, "langfuse.public": flag},
        "claims.input": {"langfuse.trace.input": asked},
        "claims.output": {"langfuse.trace.output": answered},
        "is_root": {"langfuse.internal.as_root": flag, "langfuse.internal.is_app_root": flag},
        "kind": {"langfuse.observation.type": one_of(LANGFUSE_KINDS)},
        "level": {"langfuse.observation.level": one_of(LANGFUSE_LEVELS)},
        "status_message": {"langfuse.observation.status_message": identifier},
        "completion_started_at": {"langfuse.observation.completion_start_time": iso_time},
        "model": {"langfuse.observation.model.name": identifier},
        "model_parameters": {"langfuse.observation.model.parameters": mapping},
        "usage": {"langfuse.observation.usage_details": buckets},
        "input_cost": {COST_DETAILS_KEY: cost_of("input")},
        "output_cost": {COST_DETAILS_KEY: cost_of("output")},
        "total_cost": {COST_DETAILS_KEY: cost_of("total")},
        "metadata": {
            OBSERVATION_METADATA_KEY: mapping,
            OBSERVATION_METADATA_KEY + ".*": EACH_DECODED,
            "langfuse.observation.prompt.*": PROMPT,
            "langfuse.prompt.*": PROMPT,
            "ai.telemetry.metadata.langfusePrompt": lambda value: (
                {"prompt": mapping(value)} if mapping(value) else None
            ),
        },
        "input": {"langfuse.observation.input": asked},
        "output": {"langfuse.observation.output": answered},
    },
    resource={
        "claims.environment": {"langfuse.environment": environment},
        "claims.release": {"langfuse.release": identifier},
    },
)
