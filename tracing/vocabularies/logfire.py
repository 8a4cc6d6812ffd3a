"""Logfire: GenAI attributes below a span of its own, whose name is a template and whose message is the name."""

from typing import Any

from tracing.records import Level
from tracing.vocabularies.genai import answered_by_events, events_as_json, given_by_events
from tracing.vocabularies.messages import asked
from tracing.vocabularies.readers import identifier, integer, tags
from tracing.vocabularies.tables import Vocabulary

WARNING, SEVERITY_ERROR, INFORMATION = 13, 17, 9  # OpenTelemetry's severity numbers


def level(value: Any) -> Level | None:
    """Return the level, or None for "information", which every span has that sets none."""
    number = integer(value)
    if number is None or INFORMATION <= number < WARNING:
        return None
    return Level.DEBUG if number < INFORMATION else Level.WARNING if number < SEVERITY_ERROR else Level.ERROR


def own_tags(value: Any) -> list[str] | None:
    """Return the application's tags. `LLM` is added to model calls by the instrumentation."""
    return [tag for tag in tags(value) or () if tag != "LLM"] or None


def unsaid(value: Any) -> None:
    """Return None: a value that is not a list of events contains no output."""


LOGFIRE = Vocabulary(
    title="Logfire",
    table={
        "claims.tags": {"logfire.tags": own_tags},
        "name": {"logfire.msg": identifier},
        "level": {"logfire.level_num": level},
        "input": {"events": events_as_json(given_by_events, asked), "all_messages_events": asked},
        "output": {"events": events_as_json(answered_by_events, unsaid)},
    },
)
