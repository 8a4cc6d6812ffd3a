import uuid
from datetime import UTC, datetime

import anyio
import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from waiting import ANSWER, PUBLIC_KEY, QUESTION, SECRET_KEY, SESSION, URL

NOW = datetime.now(UTC).isoformat()
TRACE = {"id": uuid.uuid4().hex, "name": "turn", "sessionId": SESSION, "userId": "user-a", "tags": ["x"]}
CALL = {"id": uuid.uuid4().hex[:16], "traceId": TRACE["id"], "model": "gpt-4o", "usage": {"input": 30, "output": 20}}


async def main() -> None:
    async with (
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {SECRET_KEY}"}, timeout=30) as http,
        Client(streamable_http_client(f"{URL}/mcp", http_client=http)) as client,
    ):
        events = {
            "trace-create": {**TRACE, "input": QUESTION, "output": ANSWER, "timestamp": NOW},
            "generation-create": {**CALL, "input": QUESTION, "output": ANSWER, "startTime": NOW, "endTime": NOW},
        }
        batch = [
            {"id": uuid.uuid4().hex, "type": kind, "timestamp": NOW, "body": body} for kind, body in events.items()
        ]
        keys = (PUBLIC_KEY, SECRET_KEY)
        sent = await http.post(f"{URL}/api/public/ingestion", json={"batch": batch}, auth=keys)
        assert not sent.json()["errors"], sent.text
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert {"search_sessions", "read_transcript", "write_score"} <= names
        found = await client.call_tool("search_sessions", {"q": "user:user-a"})
        assert not found.is_error
        page = await client.read_resource("confab://docs/query")
        assert page.contents[0].text.startswith("# ")
        scored = await client.call_tool("write_score", {"name": "quality", "value": 4, "trace_id": TRACE["id"]})
        assert not scored.is_error, scored.content


anyio.run(main)
