"""Google's Agent Development Kit and Genkit: requests and answers of the model as JSON."""

from tracing.vocabularies.messages import json_answered, json_asked
from tracing.vocabularies.readers import identifier
from tracing.vocabularies.tables import Vocabulary

ADK = "gcp.vertex.agent."
GOOGLE = Vocabulary(
    title="Google ADK, Genkit",
    table={
        "claims.session_id": {ADK + "session_id": identifier},
        "input": {
            ADK + "llm_request": json_asked,
            ADK + "tool_call_args": json_asked,
            "genkit:input": json_asked,
        },
        "output": {
            ADK + "llm_response": json_answered,
            ADK + "tool_response": json_answered,
            "genkit:output": json_answered,
        },
    },
)
