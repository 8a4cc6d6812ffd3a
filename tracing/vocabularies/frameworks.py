"""Whose a span is, in the keys of frameworks that are told apart by nothing else: LangSmith, Mastra, LangWatch, ..."""

from typing import Any

from tracing.records import Kind
from tracing.vocabularies.claims import MadeUp, environment
from tracing.vocabularies.genai_usage import GENAI_USAGE_PREFIX
from tracing.vocabularies.identity import below
from tracing.vocabularies.messages import json_asked
from tracing.vocabularies.provider_usage import provider_usage
from tracing.vocabularies.pydantic_ai import conversation_id
from tracing.vocabularies.readers import decoded, identifier, json_value, mapping, member_of, one_of, tags, text
from tracing.vocabularies.tables import Excerpt, Together, Vocabulary

LANGSMITH, MASTRA = "langsmith.metadata.", "mastra.metadata."
LANGSMITH_KINDS = {
    "llm": Kind.GENERATION,
    "embedding": Kind.EMBEDDING,
    "chain": Kind.CHAIN,
    "tool": Kind.TOOL,
    "retriever": Kind.RETRIEVER,
    "prompt": Kind.CHAIN,
    "parser": Kind.CHAIN,
}


def foreign(value: Any) -> None:
    """Return None: an id of something else, whose key only looks like that of a session."""


def made_up(value: Any) -> str | None:
    """Return an id that a library chose."""
    named = identifier(value)
    return MadeUp(named) if named else None


def token_details(values: dict[str, Any]) -> dict[str, int] | None:
    """Return the parts of a call's tokens, which LangChain has as JSON: `{"cache_read": 10}`."""
    return provider_usage({key.removeprefix(GENAI_USAGE_PREFIX): mapping(value) for key, value in values.items()})


def tasks(value: Any) -> str | None:
    """Return what CrewAI's tasks ask for. A model gets them between sentences of CrewAI's own."""
    found = json_value(value)
    listed = [task for task in found if isinstance(task, dict)] if isinstance(found, list) else []
    texts = [told for task in listed if (told := text(task.get("description")))]
    asked: str | None = Excerpt("\n\n".join(texts)) if texts else json_asked(value)
    return asked


TOKEN_DETAILS = Together(token_details)
FRAMEWORKS = Vocabulary(
    title="LangSmith, Mastra, LangWatch, Spring AI, Eve and others",
    table={
        "claims.session_id": {
            "langsmith.trace.session_id": foreign,  # LangSmith's sessions are projects
            **below([LANGSMITH], ("session_id", "conversation_id", "thread_id"), identifier),
            **below([MASTRA], ("sessionId", "conversationId", "threadId"), identifier),
            **below(["langwatch."], ("thread.id", "thread_id", "session.id"), identifier),
            **below(["gen_ai."], ("session.id", "thread.id", "chat.id"), identifier),
            "eve.session.id": identifier,
            "lk.session_id": identifier,
            "spring.ai.chat.client.conversation.id": identifier,
            "litellm.session_id": identifier,
            "opik.thread_id": identifier,
            "genkit:sessionId": identifier,
            "litellm.trace_id": conversation_id,  # a UUID unless the application sets it
            "metadata.litellm_trace_id": conversation_id,
            "lk.room_sid": made_up,
            "lk.room_name": made_up,
            "lk.room_id": made_up,
        },
        "claims.user_id": {
            **below([LANGSMITH], ("user_id", "userId"), identifier),
            MASTRA + "userId": identifier,
            **below(["langwatch.", "gen_ai."], ("user.id", "user_id"), identifier),
            "gen_ai.request.user": identifier,
            "gen_ai.openai.request.user": identifier,
        },
        "claims.tags": {
            "langsmith.span.tags": tags,
            "langwatch.labels": tags,
            "langwatch.tags": tags,
            "mastra.tags": tags,
            "opik.tags": tags,
            "braintrust.tags": tags,
            MASTRA + "tags": tags,
        },
        "claims.environment": below([LANGSMITH, MASTRA, "langwatch."], ("environment",), environment),
        "claims.metadata": {
            "langsmith.metadata.*": Together(decoded),
            "langwatch.metadata": mapping,
            "braintrust.metadata": mapping,
        },
        "claims.name": {"langsmith.trace.name": identifier},
        "usage": dict.fromkeys(
            (GENAI_USAGE_PREFIX + "input_token_details", GENAI_USAGE_PREFIX + "output_token_details"), TOKEN_DETAILS
        ),
        "kind": {
            "langsmith.span.kind": one_of(LANGSMITH_KINDS),
            "braintrust.span_attributes": member_of(one_of(LANGSMITH_KINDS), "type"),
        },
        "model": {"braintrust.metadata": member_of(identifier, "model")},
        "input": {"crew_inputs": json_asked, "flow_inputs": json_asked, "crew_tasks": tasks},
    },
)
