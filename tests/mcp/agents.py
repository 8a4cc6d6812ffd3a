"""An agent: the official client of MCP, with a key."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import anyio
import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

T = TypeVar("T")


@asynccontextmanager
async def connected(base: str, secret: str, *, mode: str = "auto", **headers: str) -> AsyncIterator[Client]:
    """Connect the client as an agent does."""
    headers["Authorization"] = f"Bearer {secret}"
    async with (
        httpx2.AsyncClient(headers=headers, timeout=30) as http,
        Client(streamable_http_client(f"{base}/mcp", http_client=http), mode=mode) as client,
    ):
        yield client


def ask(base: str, secret: str, work: Callable[[Client], Awaitable[T]], *, mode: str = "auto", **headers: str) -> T:
    """Do some work with a client, and return what comes of it."""

    async def run() -> T:
        async with connected(base, secret, mode=mode, **headers) as client:
            return await work(client)

    return anyio.run(run)


def text_of(answer: Any) -> str:
    """The text of an answer of a tool."""
    [block] = answer.content
    text: str = block.text
    return text


def data_of(answer: Any) -> Any:
    """What stands between the two lines with the code."""
    lines = text_of(answer).splitlines()
    begin = next(place for place, line in enumerate(lines) if line.startswith("[data "))
    code = lines[begin].removeprefix("[data ").removesuffix("]")
    assert lines[begin + 2] == f"[end {code}]"
    return json.loads(lines[begin + 1])


async def use(client: Client, tool: str, **arguments: Any) -> Any:
    """Call a tool that must succeed, and return its data."""
    answer = await client.call_tool(tool, arguments)
    assert not answer.is_error, text_of(answer)
    return data_of(answer)
