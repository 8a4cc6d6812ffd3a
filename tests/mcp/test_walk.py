"""An agent asks a running installation why a chat failed, as the prompt tells it to."""

import json
import time
from typing import Any
from urllib.request import Request, urlopen

from mcp import Client

from tests.live import Up
from tests.mcp.agents import ask, use

SESSION_ID = "checkout/why-failed"


def report(up: Up, number: int, question: str, answer: str, error: str = "") -> None:
    """Send one turn: a root, a tool that may fail, and a model call."""
    start = time.time_ns() + number * 1_000_000_000
    trace_id = f"{number + 1:032x}"

    def span(span_id: int, name: str, **attributes: str) -> dict[str, Any]:
        attributes |= {"session.id": SESSION_ID, "user.id": "ann"}
        return {
            "traceId": trace_id,
            "spanId": f"{number * 10 + span_id:016x}",
            "parentSpanId": "" if span_id == 1 else f"{number * 10 + 1:016x}",
            "name": name,
            "startTimeUnixNano": str(start + span_id),
            "endTimeUnixNano": str(start + 500_000_000),
            "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in attributes.items()],
        }

    tool = span(2, "charge_card", **{"langfuse.observation.type": "tool", "langfuse.observation.input": "{}"})
    if error:
        tool["status"] = {"code": 2, "message": error}
    spans = [
        span(1, "turn", **{"langfuse.observation.input": question, "langfuse.observation.output": answer}),
        tool,
        span(3, "answer", **{"langfuse.observation.type": "generation", "gen_ai.request.model": "gpt-4o"}),
    ]
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {up.secret_key}"}
    with urlopen(Request(f"{up.url}/v1/traces", body, headers), timeout=30) as answered:
        assert answered.status == 200


def test_an_agent_finds_out_why_a_chat_failed(confab: Up) -> None:
    report(confab, 0, "I want to buy the red shoes.", "They cost 80 euros. Shall I order them?")
    report(confab, 1, "Yes, please.", "Sorry, something went wrong.", error="card_declined: limit exceeded")

    async def why(client: Client) -> dict[str, Any]:
        prompt = await client.get_prompt("why_did_this_chat_fail", {"session_id": SESSION_ID})
        assert "read_trace for each trace with errors" in prompt.messages[0].content.text
        found = await use(client, "search_sessions", q="has:error shoes", range="24h")
        [row] = found["data"]
        session = await use(client, "read_session", session_id=row["id"])
        [failed] = [trace for trace in session["traces"] if trace["error_count"]]
        said = await use(client, "read_transcript", session_id=row["id"])
        trace = await use(client, "read_trace", trace_id=failed["id"])
        [cause] = [span for span in trace["spans"] if span["level"] == "error"]
        explained = await use(client, "explain_numbers", session_id=row["id"])
        note = f"{cause['name']} failed: {cause['status_message']}"
        await use(client, "add_comment", object_type="SESSION", object_id=row["id"], content=note)
        await use(client, "change_session", session_id=row["id"], labels=["payment"], status="open")
        return {"said": said, "cause": cause, "explained": explained, "comments": await use(client, "list_comments")}

    deadline = time.monotonic() + 60
    while not _is_summed_up(confab):
        assert time.monotonic() < deadline, "the worker does not sum up"
        time.sleep(0.1)
    for mode in ("auto", "legacy"):
        found = ask(confab.url, confab.secret_key, why, mode=mode)
        turns = [[message["content"] for message in turn["messages"]] for turn in found["said"]["data"]]
        assert turns[1] == ["Yes, please.", "Sorry, something went wrong."]
        assert (found["cause"]["name"], found["cause"]["kind"]) == ("charge_card", "tool")
        assert found["explained"]["totals"]["trace_count"] == 2
        assert found["comments"]["data"][0]["content"] == "charge_card failed: card_declined: limit exceeded"


def _is_summed_up(up: Up) -> bool:
    headers = {"Authorization": f"Bearer {up.secret_key}"}
    address = f"{up.url}/api/v1/sessions?q=shoes&fields=id,trace_count,error_count"
    with urlopen(Request(address, headers=headers), timeout=30) as answered:
        return [(row["trace_count"], row["error_count"]) for row in json.load(answered)["data"]] == [(2, 1)]
