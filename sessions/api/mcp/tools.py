"""The tools: operations of /api/v1 with the parameters that an agent needs.

Their schemas are those of the OpenAPI document, so that both always say the same."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sessions.api.v1.document import OPENAPI_FILE

MIN_TOOL_TOKENS, DEFAULT_TOOL_TOKENS, MAX_TOOL_TOKENS = 500, 10_000, 100_000
TOKENS = "max_tokens"
LIST = ("q", "range", "from", "to", "limit", "cursor")
# What a search answers of each session, unless the call names other fields.
FOUND_FIELDS = (
    "id,created_at,duration_ms,turn_count,error_count,total_tokens,total_cost,unmeasured_count,unpriced_count,"
    "user_ids,tags,labels,status,scores,first_input"
)


@dataclass(frozen=True, kw_only=True)
class AgentTool:
    """An operation as agents see it: `takes` are its parameters, all of its body's too; `given` has other defaults."""

    name: str
    method: str
    path: str
    says: str
    takes: tuple[str, ...] = ()
    given: Mapping[str, Any] | None = None
    is_destructive: bool = False

    @property
    def only_reads(self) -> bool:
        return self.method == "GET"


READING_TOOLS = (
    AgentTool(
        name="search_sessions",
        method="GET",
        path="/api/v1/sessions",
        says=(
            "Find conversations. `q` is a query such as `has:error cost>0.1 user:ada refund`; its language is the "
            "resource confab://docs/query. Without a time, all sessions are searched, the latest first."
        ),
        takes=(*LIST, "sort", "fields"),
        given={"limit": 20, "fields": FOUND_FIELDS},
    ),
    AgentTool(
        name="read_session",
        method="GET",
        path="/api/v1/sessions/{session_id}",
        says="Read the numbers and the traces of one conversation. Its words are in read_transcript.",
        takes=("session_id", "traces_limit", "traces_cursor"),
        given={"traces_limit": 20},
    ),
    AgentTool(
        name="read_transcript",
        method="GET",
        path="/api/v1/transcript",
        says=(
            "Read what was said in one conversation, turn by turn, tool calls too. Turns that do not fit into "
            "`max_tokens` come as an outline: who says how much. Read those again by their numbers, with `first`, "
            "`last` and more `max_tokens`."
        ),
        takes=("session_id", "first", "last"),
    ),
    AgentTool(
        name="explain_numbers",
        method="GET",
        path="/api/v1/explanation",
        says="Explain tokens and cost of one conversation: what was counted, what was left out, what is in doubt.",
        takes=("session_id",),
    ),
    AgentTool(
        name="measure_sessions",
        method="GET",
        path="/api/v1/metrics",
        says=(
            "Add up one measure of many conversations, by the values of `split` and over time. `q` and the times "
            "choose the conversations; without a time, those of the last 30 days."
        ),
        takes=("measure", "split", "steps", "limit", "q", "range", "from", "to"),
    ),
    AgentTool(
        name="search_traces",
        method="GET",
        path="/api/v1/traces",
        says="Find single traces, also those without a session, by the query language of traces.",
        takes=(*LIST, "sort"),
        given={"limit": 20},
    ),
    AgentTool(
        name="read_trace",
        method="GET",
        path="/api/v1/traces/{trace_id}",
        says="Read one trace with its spans: errors, models, tool calls, inputs and outputs, as they were reported.",
        takes=("trace_id", "spans_limit", "spans_cursor"),
        given={"spans_limit": 50},
    ),
    AgentTool(
        name="list_ingestion_issues",
        method="GET",
        path="/api/v1/issues",
        says="List what was rejected, cut or dropped of the data that the project was sent, and what to do about it.",
    ),
    AgentTool(
        name="list_scores",
        method="GET",
        path="/api/v1/scores",
        says="List scores, the newest first.",
        takes=("name", "session_id", "trace_id", "limit", "cursor"),
    ),
    AgentTool(
        name="list_score_configs",
        method="GET",
        path="/api/v1/score-configs",
        says="List which scores people can give, with their categories and bounds.",
    ),
    AgentTool(
        name="list_comments",
        method="GET",
        path="/api/v1/comments",
        says="List comments, the newest first.",
        takes=("object_type", "object_id", "limit", "cursor"),
    ),
    AgentTool(
        name="list_review_queues",
        method="GET",
        path="/api/v1/review-queues",
        says="List the review queues and how far they are.",
    ),
    AgentTool(
        name="who_am_i",
        method="GET",
        path="/api/v1/me",
        says="Show the project that this key opens, what the key may do, and its limits.",
    ),
)
WRITING_TOOLS = (
    AgentTool(
        name="write_score",
        method="POST",
        path="/api/v1/scores",
        says="Score a conversation, a trace or a span. A score with the same `id` is replaced.",
        is_destructive=True,
    ),
    AgentTool(
        name="add_comment",
        method="POST",
        path="/api/v1/comments",
        says="Comment on a conversation, a trace or a span.",
    ),
    AgentTool(
        name="change_session",
        method="PATCH",
        path="/api/v1/sessions/{session_id}",
        says="Set labels, status or assignee of a conversation. `labels` replaces all labels.",
        takes=("session_id",),
        is_destructive=True,
    ),
    AgentTool(
        name="add_to_review_queue",
        method="POST",
        path="/api/v1/review-queues/{queue_id}/items",
        says="Add conversations to a review queue, so that people look at them.",
        takes=("queue_id",),
    ),
)
AGENT_TOOLS = {tool.name: tool for tool in (*READING_TOOLS, *WRITING_TOOLS)}


@dataclass(frozen=True, kw_only=True)
class ToolFields:
    """Where each argument of a tool goes, and the JSON Schema of all of them."""

    in_path: frozenset[str]
    in_query: frozenset[str]
    in_body: frozenset[str]
    schema: Mapping[str, Any]


@cache
def fields_of(name: str) -> ToolFields:
    """Return the arguments of a tool, as the OpenAPI document has them."""
    tool, document = AGENT_TOOLS[name], _document()
    said = document["paths"][tool.path][tool.method.lower()]
    given = [one for one in said.get("parameters", ()) if one["name"] in (*tool.takes, TOKENS)]
    properties = {one["name"]: _property(one, tool) for one in given}
    required = [one["name"] for one in given if one.get("required")]
    body: Mapping[str, Any] = {}
    if "requestBody" in said:
        body = _inlined(said["requestBody"]["content"]["application/json"]["schema"], document)
        properties |= body["properties"]
        required += body.get("required", ())
    room = {
        "type": "integer",
        "minimum": MIN_TOOL_TOKENS,
        "maximum": MAX_TOOL_TOKENS,
        "default": DEFAULT_TOOL_TOKENS,
        "description": "About how many tokens the answer may take. What is left out beyond that is named.",
    }
    schema = {
        "type": "object",
        "properties": properties | {TOKENS: room},
        "required": required,
        "additionalProperties": False,
    }
    places = {place: frozenset(one["name"] for one in given if one["in"] == place) for place in ("path", "query")}
    return ToolFields(
        in_path=places["path"], in_query=places["query"], in_body=frozenset(body.get("properties", ())), schema=schema
    )


def _property(one: Mapping[str, Any], tool: AgentTool) -> dict[str, Any]:
    default = {"default": tool.given[one["name"]]} if tool.given and one["name"] in tool.given else {}
    described = {"description": one["description"]} if "description" in one else {}
    return {**one["schema"], **described, **default}


def _inlined(schema: Any, document: Mapping[str, Any]) -> Any:
    """Return a schema with the shapes to which it refers in their places."""
    if isinstance(schema, list):
        return [_inlined(one, document) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document)
    return {name: _inlined(one, document) for name, one in schema.items()}


@cache
def _document() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(OPENAPI_FILE.read_bytes())
    return found
