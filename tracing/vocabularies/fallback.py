"""Names outside of any dialect, which applications write by hand. They have the lowest priority."""

from typing import Any

from tracing.vocabularies.claims import environment
from tracing.vocabularies.messages import answered, asked
from tracing.vocabularies.readers import array, identifier
from tracing.vocabularies.tables import Together, Vocabulary

SDK_RESOURCES = frozenset({"laminar-tracer-resource"})  # their version is that of the SDK


def service_version(values: dict[str, Any]) -> str | None:
    """Return the version of the application, or None if it is that of the SDK."""
    return (
        None if identifier(values.get("service.name")) in SDK_RESOURCES else identifier(values.get("service.version"))
    )


SERVICE_VERSION = Together(service_version)
DEPLOYMENT = {"deployment.environment.name": environment, "deployment.environment": environment}
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
            "thread.id": identifier,
        },
        "claims.user_id": {"user_id": identifier, "userId": identifier},
        "claims.tags": {"tags": array},
        "claims.environment": {**DEPLOYMENT, "environment": environment},
        "likely_model": {"llm.response.model": identifier, "model": identifier, "model_name": identifier},
        "input": {"input": asked, "prompt": asked},
        "output": {"output": answered, "completion": answered},
    },
    resource={
        "claims.environment": DEPLOYMENT,
        "claims.version": {"service.version": SERVICE_VERSION, "service.name": SERVICE_VERSION},
        "likely_session_id": {"session.id": identifier},
    },
)
