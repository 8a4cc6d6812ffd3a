"""What a tool is: an operation of /api/v1 with the parameters that an agent needs.

Schemas are those of the OpenAPI document, so that both always say the same."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sessions.api.v1.document import OPENAPI_FILE

MIN_TOOL_TOKENS, DEFAULT_TOOL_TOKENS, MAX_TOOL_TOKENS = 500, 10_000, 100_000
TOKENS = "max_tokens"


@dataclass(frozen=True, kw_only=True, eq=False)
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


@dataclass(frozen=True, kw_only=True)
class ToolFields:
    """Where each argument of a tool goes, and the JSON Schema of all of them."""

    in_path: frozenset[str]
    in_query: frozenset[str]
    in_body: frozenset[str]
    schema: Mapping[str, Any]


@cache
def fields_of(tool: AgentTool) -> ToolFields:
    """Return the arguments of a tool, as the OpenAPI document has them."""
    document = _document()
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
