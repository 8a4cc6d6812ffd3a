"""MCP's client and server run event loops of their own."""

import asyncio
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def without_the_loop_of_browsers() -> Iterator[None]:
    """Playwright keeps its loop in the thread after a browser test, where asyncio takes it for a running one."""
    kept = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(kept)
