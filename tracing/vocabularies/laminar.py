"""Laminar's attributes; inputs and outputs are always JSON, facts about the trace are association properties."""

from typing import Any

from tracing.records import Kind
from tracing.vocabularies.messages import json_answered, json_asked
from tracing.vocabularies.readers import decimal, decoded, flag, identifier, integer, mapping, one_of, tags
from tracing.vocabularies.tables import Events, Together, Vocabulary

PROPERTIES = "lmnr.association.properties."
KINDS = {  # DEFAULT says nothing
    "LLM": Kind.GENERATION,
    "CACHED": Kind.GENERATION,
    "TOOL": Kind.TOOL,
    "EVALUATION": Kind.EVALUATOR,
    "EVALUATOR": Kind.EVALUATOR,
    "HUMAN_EVALUATOR": Kind.EVALUATOR,
    "EXECUTOR": Kind.CHAIN,
    "PIPELINE": Kind.CHAIN,
}
USAGE = "gen_ai.usage."


def withheld(value: Any) -> str | None:
    """`off`: do not store the span; `meta_only`: without its texts."""
    return value if value in ("off", "meta_only") else None


def said_by_event(events: Events, key: str) -> str | None:
    return next((said for event in events if (said := identifier(event["attributes"].get(key)))), None)


LAMINAR = Vocabulary(
    title="Laminar",
    table={
        "withhold": {"lmnr.internal.tracing_level": withheld},
        "claims.session_id": {PROPERTIES + "session_id": identifier},
        "claims.user_id": {PROPERTIES + "user_id": identifier},
        "claims.tags": {PROPERTIES + "tags": tags, PROPERTIES + "labels": tags},
        "claims.metadata": {PROPERTIES + "metadata": mapping, PROPERTIES + "metadata.*": Together(decoded)},
        "is_root": {"lmnr.internal.override_parent_span": flag},
        "kind": {"lmnr.span.type": one_of(KINDS)},
        "usage.total_tokens": {"llm.usage.total_tokens": integer},
        "usage.cache_write_tokens": {
            USAGE + "cache_creation_input_tokens": integer,
            USAGE + "cache_creation.input_tokens": integer,
        },
        "input_cost": {USAGE + "input_cost": decimal},
        "output_cost": {USAGE + "output_cost": decimal},
        "total_cost": {USAGE + "cost": decimal},
        "metadata": {"lmnr.span.prompt_hash": lambda value: {"prompt": {"hash": value}}},
        "input": {"lmnr.span.input": json_asked},
        "output": {"lmnr.span.output": json_answered},
    },
    events={
        "claims.session_id": lambda events: said_by_event(events, "lmnr.event.session_id"),
        "claims.user_id": lambda events: said_by_event(events, "lmnr.event.user_id"),
    },
)
