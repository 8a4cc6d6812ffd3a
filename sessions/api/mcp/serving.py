"""One message of MCP, answered by the SDK's server. Imported when the first one comes.

The SDK runs in an event loop of its own for the message, and tools run in the thread of the request, whose connection
to the database they use."""

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import anyio
from asgiref.sync import async_to_sync, sync_to_async
from django.http import HttpRequest, HttpResponse
from mcp import MCPError
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    GetPromptRequestParams,
    GetPromptResult,
    ListPromptsResult,
    ListResourcesResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    TextContent,
    TextResourceContents,
    Tool,
    ToolAnnotations,
)

from projects.models import ApiKey
from sessions.api.mcp import guides
from sessions.api.mcp.calls import BadArguments, ToolAnswer, call, may_call
from sessions.api.mcp.catalogue import AGENT_TOOLS
from sessions.api.mcp.fitting import as_text
from sessions.api.mcp.tools import AgentTool, fields_of

SERVER_NAME = "confab"
PASSED_HEADERS = ("accept", "content-type", "mcp-protocol-version")
PLAIN = "text/plain; charset=utf-8"  # where the SDK names no type
Context = Any  # what the SDK knows of a message; nothing here needs it


def served(request: HttpRequest, key: ApiKey, body: bytes) -> HttpResponse:
    """Return the answer to one message."""
    return AgentMessage(request, key, body).answer()


class AgentMessage:
    """A message with the key that sent it."""

    def __init__(self, request: HttpRequest, key: ApiKey, body: bytes) -> None:
        self._request, self._key, self._body = request, key, body
        self._is_read = False
        self._response = HttpResponse(status=500, content_type=PLAIN)

    def answer(self) -> HttpResponse:
        """Let the SDK answer."""
        async_to_sync(self._serve)()
        return self._response

    async def _serve(self) -> None:
        manager = StreamableHTTPSessionManager(self._server(), json_response=True, stateless=True)
        async with manager.run():
            await manager.handle_request(self._scope(), self._receive, self._send)

    def _server(self) -> Server[Any]:
        return Server(
            SERVER_NAME,
            version=version("mcp"),
            title="Confab",
            instructions=guides.INSTRUCTIONS,
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            on_list_resources=_list_resources,
            on_read_resource=_read_resource,
            on_list_prompts=_list_prompts,
            on_get_prompt=_get_prompt,
        )

    async def _list_tools(self, context: Context, params: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=[_described(tool) for tool in AGENT_TOOLS.values() if may_call(tool, self._key)])

    async def _call_tool(self, context: Context, params: CallToolRequestParams) -> CallToolResult:
        tool = AGENT_TOOLS.get(params.name)
        if tool is None:
            raise MCPError(INVALID_PARAMS, f"There is no tool {params.name[:40]}. Use {', '.join(AGENT_TOOLS)}.")
        asked: Callable[..., ToolAnswer] = call
        try:
            answered = await sync_to_async(asked)(tool, params.arguments or {}, self._key, self._request)
        except BadArguments as error:
            return CallToolResult(content=[TextContent(text=str(error))], is_error=True)
        text = as_text(answered.data, answered.max_tokens)
        return CallToolResult(content=[TextContent(text=text)], is_error=answered.is_refused)

    def _scope(self) -> dict[str, Any]:
        headers = [(name.encode(), self._request.headers.get(name, "").encode()) for name in PASSED_HEADERS]
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": "/mcp",
            "raw_path": b"/mcp",
            "query_string": b"",
            "headers": [(name, value) for name, value in headers if value],
        }

    async def _receive(self) -> dict[str, Any]:
        if self._is_read:
            await anyio.sleep_forever()
        self._is_read = True
        return {"type": "http.request", "body": self._body, "more_body": False}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self._response = HttpResponse(status=message["status"], content_type=PLAIN)
            for name, value in message["headers"]:
                self._response[name.decode()] = value.decode()
        else:
            self._response.write(message.get("body", b""))


def _described(tool: AgentTool) -> Tool:
    return Tool(
        name=tool.name,
        description=tool.says,
        input_schema=dict(fields_of(tool).schema),
        annotations=ToolAnnotations(
            read_only_hint=tool.only_reads,
            destructive_hint=tool.is_destructive,
            idempotent_hint=tool.only_reads,
            open_world_hint=False,
        ),
    )


async def _list_resources(context: Context, params: PaginatedRequestParams | None) -> ListResourcesResult:
    return ListResourcesResult(resources=guides.resources())


async def _read_resource(context: Context, params: ReadResourceRequestParams) -> ReadResourceResult:
    text = guides.text_of(str(params.uri))
    if text is None:
        raise MCPError(INVALID_PARAMS, f"There is no resource {str(params.uri)[:80]}. List the resources.")
    return ReadResourceResult(contents=[TextResourceContents(uri=params.uri, mime_type=guides.MARKDOWN, text=text)])


async def _list_prompts(context: Context, params: PaginatedRequestParams | None) -> ListPromptsResult:
    return ListPromptsResult(prompts=guides.prompts())


async def _get_prompt(context: Context, params: GetPromptRequestParams) -> GetPromptResult:
    found = guides.prompt(params.name, params.arguments or {})
    if found is None:
        raise MCPError(INVALID_PARAMS, f"There is no prompt {params.name[:40]}, or it lacks an argument.")
    return found
