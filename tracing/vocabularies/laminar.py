"""Laminar's attributes. Inputs and outputs are always JSON; values of the trace are association properties."""

from typing import Any

from tracing.records import Kind
from tracing.vocabularies.messages import json_answered, json_asked
from tracing.vocabularies.readers import decimal, decoded, flag, identifier, integer, mapping, one_of, tags
from tracing.vocabularies.tables import Events, Together, Vocabulary

LAMINAR_PROPERTIES_PREFIX = "lmnr.association.properties."
LAMINAR_KINDS = {  # DEFAULT has no meaning
    "LLM": Kind.GENERATION,
    "CACHED": Kind.GENERATION,
    "TOOL": Kind.TOOL,
    "EVALUATION": Kind.EVALUATOR,
    "EVALUATOR": Kind.EVALUATOR,
    "HUMAN_EVALUATOR": Kind.EVALUATOR,
    "EXECUTOR": Kind.CHAIN,
    "PIPELINE": Kind.CHAIN,
}
LAMINAR_USAGE_PREFIX = "gen_ai.usage."


def withheld(value: Any) -> str | None:
    """Return `off` if the span must not be stored, or `meta_only` if its texts must not."""
    return value if value in ("off", "meta_only") else None


def said_by_event(events: Events, key: str) -> str | None:
    """Return the first value of `key` in the events."""
    return next((said for event in events if (said := identifier(event["attributes"].get(key)))), None)


LAMINAR = Vocabulary(
    title="Laminar",
    table={
        "withhold": {"lmnr.internal.tracing_level": withheld},
        "claims.session_id": {LAMINAR_PROPERTIES_PREFIX + "session_id": identifier},
        "claims.user_id": {LAMINAR_PROPERTIES_PREFIX + "user_id": identifier},
        "claims.tags": {LAMINAR_PROPERTIES_PREFIX + "tags": tags, LAMINAR_PROPERTIES_PREFIX + "labels": tags},
        "claims.metadata": {
            LAMINAR_PROPERTIES_PREFIX + "metadata": mapping,
            LAMINAR_PROPERTIES_PREFIX + "metadata.*": Together(decoded),
        },
        "is_root": {"lmnr.internal.override_parent_span": flag},
        "kind": {"lmnr.span.type": one_of(LAMINAR_KINDS)},
        "usage.total_tokens": {"llm.usage.total_tokens": integer},
        "usage.cache_write_tokens": {
            LAMINAR_USAGE_PREFIX + "cache_creation_input_tokens": integer,
            LAMINAR_USAGE_PREFIX + "cache_creation.input_tokens": integer,
        },
        "input_cost": {LAMINAR_USAGE_PREFIX + "input_cost": decimal},
        "output_cost": {LAMINAR_USAGE_PREFIX + "output_cost": decimal},
        "metadata": {"lmnr.span.prompt_hash": lambda value: {"prompt": {"hash": value}}},
        "input": {"lmnr.span.input": json_asked},
        "output": {"lmnr.span.output": json_answered},
    },
    events={
        "claims.session_id": lambda events: said_by_event(events, "lmnr.event.session_id"),
        "claims.user_id": lambda events: said_by_event(events, "lmnr.event.user_id"),
    },
)
