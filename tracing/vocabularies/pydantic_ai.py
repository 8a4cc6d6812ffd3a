"""pydantic-ai: GenAI attributes, and the whole conversation on the agent's span.

It always sends a conversation id, which is a random UUID if the application sets none."""

import re
from typing import Any

from tracing.records import Kind
from tracing.vocabularies.claims import MadeUp
from tracing.vocabularies.messages import asked, json_answered, json_asked
from tracing.vocabularies.readers import always, identifier, mapping
from tracing.vocabularies.tables import Vocabulary

UUID_PATTERN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def conversation_id(value: Any) -> str | None:
    """Return the id, marked as MadeUp if it is a UUID."""
    named = identifier(value)
    return MadeUp(named) if named and UUID_PATTERN.fullmatch(named) else named


PYDANTIC_AI = Vocabulary(
    title="pydantic-ai",
    scopes=frozenset({"pydantic-ai", "pydantic_ai"}),
    table={
        "claims.session_id": {"gen_ai.conversation.id": conversation_id},
        "claims.metadata": {"metadata": mapping},
        "kind": {"agent_name": always(Kind.AGENT)},
        "model": {
            "gen_ai.response.model": identifier,
            "gen_ai.request.model": identifier,
            "model_name": identifier,
        },
        "model_parameters": {"model_config": mapping},
        "input": {
            "gen_ai.tool.call.arguments": json_asked,
            "tool_arguments": json_asked,
            "pydantic_ai.all_messages": asked,
            "all_messages_events": asked,
        },
        "output": {
            "gen_ai.tool.call.result": json_answered,
            "tool_response": json_answered,
            "final_result": json_answered,
        },
    },
)
