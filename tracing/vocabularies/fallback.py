"""Names outside of any dialect, which applications write by hand. They have the lowest priority."""

from decimal import Decimal
from typing import Any

from tracing.vocabularies.claims import MadeUp, environment
from tracing.vocabularies.identity import (
    COST_NAMES,
    COST_STEPS,
    ENVIRONMENT_NAMES,
    SESSION_NAMES,
    SHORT_USAGE_NAMES,
    SHORT_USAGE_STEPS,
    TAGS_NAMES,
    USAGE_STEPS,
    USER_NAMES,
    plain_name,
)
from tracing.vocabularies.messages import answered, asked
from tracing.vocabularies.provider_usage import (
    INPUT_DETAIL_KEYS,
    KEYS_OF_INPUT_DETAILS,
    KEYS_OF_OUTPUT_DETAILS,
    KEYS_OF_USAGE,
    OUTPUT_DETAIL_KEYS,
    provider_usage,
    usage_cost,
)
from tracing.vocabularies.readers import array, computed_cost, identifier, integer, service_tier, tags
from tracing.vocabularies.tables import Together, Vocabulary

SDK_RESOURCES = frozenset({"laminar-tracer-resource"})  # their version is that of the SDK


def service_version(values: dict[str, Any]) -> str | None:
    """Return the version of the application, or None if it is that of the SDK."""
    return (
        None if identifier(values.get("service.name")) in SDK_RESOURCES else identifier(values.get("service.version"))
    )


SERVICE_VERSION = Together(service_version)
DEPLOYMENT = {"deployment.environment.name": environment, "deployment.environment": environment}


def in_words(value: Any) -> str | None:
    """Return an id from text. A number in `thread.id` is a thread of the operating system."""
    return identifier(value) if isinstance(value, str) else None


def guessed(value: Any) -> str | None:
    """Return an id whose key only looks like that of a session, so that every other id wins."""
    return MadeUp(named) if (named := in_words(value)) else None


def listed(value: Any) -> list[str] | None:
    """Return tags from a list or its JSON text."""
    return tags(value) if isinstance(value, list) or (isinstance(value, str) and value[:1] == "[") else None


def usage_object(value: Any) -> dict[str, int] | None:
    """Return the usage from an object under a name that only looks like that of a usage."""
    return provider_usage(value) if isinstance(value, dict | str) else None


def cost_beside_usage(value: Any) -> Decimal | None:
    """Return the cost in an object of usage. An object without tokens may be about the cost of anything."""
    return usage_cost(value) or None if usage_object(value) else None


def cost_endings() -> dict[str, Any]:
    """Return rows for keys that end like `my.usage.total_cost_usd`, and for objects of usage."""
    objects: dict[str, Any] = dict.fromkeys(map(plain_name, USAGE_STEPS), cost_beside_usage)
    return objects | {plain_name(step + name): computed_cost for step in COST_STEPS for name in COST_NAMES}


def usage_endings() -> dict[str, dict[str, Any]]:
    """Return rows for keys that end like `my.usage.prompt_tokens`, `tokens.input` or `input_tokens_details.cached`."""
    rows: dict[str, dict[str, Any]] = {}
    for steps, names_by_part in (
        (USAGE_STEPS, {part: [n for n in names if "token" in n.lower()] for part, names in KEYS_OF_USAGE.items()}),
        (SHORT_USAGE_STEPS, SHORT_USAGE_NAMES),
        ((*INPUT_DETAIL_KEYS, "input_tokens", "prompt_tokens"), KEYS_OF_INPUT_DETAILS),
        ((*OUTPUT_DETAIL_KEYS, "output_tokens", "completion_tokens"), KEYS_OF_OUTPUT_DETAILS),
    ):
        for part, names in names_by_part.items():
            endings = (plain_name(step + name) for step in steps for name in names)
            rows.setdefault(f"usage.{part}", {}).update(dict.fromkeys(endings, integer))
    return rows


FALLBACK = Vocabulary(
    title="By hand",
    table={
        "claims.session_id": {
            "conversation.id": identifier,
            "session_id": identifier,
            "sessionId": identifier,
            "conversation_id": identifier,
            "conversationId": identifier,
            "thread_id": identifier,
            "threadId": identifier,
            "thread.id": in_words,
            "chat_id": identifier,
            "chatId": identifier,
            "chat.id": identifier,
        },
        "claims.user_id": {"user_id": identifier, "userId": identifier, "user": in_words},
        "claims.tags": {"tags": array},
        "claims.environment": {**DEPLOYMENT, "environment": environment, "env": environment},
        "response_id": dict.fromkeys(("gen_ai.response.id", "llm.response.id", "ai.response.id"), identifier),
        "likely_model": {"llm.response.model": identifier, "model": identifier, "model_name": identifier},
        "total_cost": dict.fromkeys(("total_cost", "total_cost_usd", "cost_usd", "estimated_cost"), computed_cost),
        "usage.input_tokens": {"prompt_tokens": integer},
        "usage.output_tokens": {"completion_tokens": integer},
        "service_tier": {"service_tier": service_tier, "serviceTier": service_tier},
        "input": {"input": asked, "prompt": asked, "text": asked},
        "output": {"output": answered, "completion": answered, "transcript": answered},
    },
    endings={
        "claims.session_id": dict.fromkeys(map(plain_name, SESSION_NAMES), guessed),
        "likely_user_id": dict.fromkeys(map(plain_name, USER_NAMES), in_words),
        "claims.tags": dict.fromkeys(map(plain_name, TAGS_NAMES), listed),
        "claims.environment": dict.fromkeys(map(plain_name, ENVIRONMENT_NAMES), environment),
        **usage_endings(),
        "total_cost": cost_endings(),
        "usage": dict.fromkeys(map(plain_name, USAGE_STEPS), usage_object),
    },
    resource={
        "claims.environment": {
            **DEPLOYMENT,
            **dict.fromkeys(("environment", "env", "service.environment", "app.environment"), environment),
        },
        "claims.version": {"service.version": SERVICE_VERSION, "service.name": SERVICE_VERSION},
        "likely_session_id": {"session.id": identifier, "langwatch.thread.id": identifier},
        "likely_user_id": {"user.id": identifier},
    },
)
