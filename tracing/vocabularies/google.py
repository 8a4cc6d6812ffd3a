"""Google's Agent Development Kit and Genkit: requests and responses of the model as JSON."""

from tracing.vocabularies.messages import json_answered, json_asked
from tracing.vocabularies.readers import identifier
from tracing.vocabularies.tables import Vocabulary

ADK_PREFIX = "gcp.vertex.agent."
GOOGLE = Vocabulary(
    title="Google ADK, Genkit",
    table={
        "claims.session_id": {ADK_PREFIX + "session_id": identifier},
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
