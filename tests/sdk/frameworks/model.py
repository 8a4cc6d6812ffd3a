"""A model on this machine: answers as OpenAI, Anthropic or Google would, with the same words and usage."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ANSWER = "It is on its way and arrives on Tuesday."
# 36 tokens in, 16 of them from the cache, and 14 out, 4 of them thoughts.
CHAT_USAGE = {
    "prompt_tokens": 36,
    "completion_tokens": 14,
    "total_tokens": 50,
    "prompt_tokens_details": {"cached_tokens": 16, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 4, "audio_tokens": 0},
}
RESPONSES_USAGE = {
    "input_tokens": 36,
    "output_tokens": 14,
    "total_tokens": 50,
    "input_tokens_details": {"cached_tokens": 16, "cache_write_tokens": 0},
    "output_tokens_details": {"reasoning_tokens": 4},
}
ANTHROPIC_USAGE = {
    "input_tokens": 20,
    "output_tokens": 14,
    "cache_read_input_tokens": 16,
    "cache_creation_input_tokens": 0,
}
GEMINI_USAGE = {
    "promptTokenCount": 36,
    "candidatesTokenCount": 10,
    "thoughtsTokenCount": 4,
    "cachedContentTokenCount": 16,
    "totalTokenCount": 50,
}


def chat(model: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": ANSWER}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1_764_000_000, "model": model}
    return {**head, "choices": [choice], "usage": CHAT_USAGE}


def chat_chunks(model: str) -> list[dict[str, Any]]:
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_764_000_000, "model": model}
    said = {"index": 0, "delta": {"role": "assistant", "content": ANSWER}, "finish_reason": None}
    ended = {"index": 0, "delta": {}, "finish_reason": "stop"}
    return [{**head, "choices": [said]}, {**head, "choices": [ended]}, {**head, "choices": [], "usage": CHAT_USAGE}]


def response(model: str) -> dict[str, Any]:
    text = {"type": "output_text", "text": ANSWER, "annotations": [], "logprobs": []}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [text]}
    head = {"id": "resp_1", "object": "response", "created_at": 1_764_000_000, "status": "completed", "model": model}
    rest = {"error": None, "incomplete_details": None, "parallel_tool_calls": True, "tool_choice": "auto", "tools": []}
    return {**head, **rest, "output": [message], "usage": RESPONSES_USAGE}


def response_events(model: str) -> list[dict[str, Any]]:
    whole = response(model)
    message = whole["output"][0]
    place = {"output_index": 0, "item_id": "msg_1", "content_index": 0}
    begun = {**whole, "status": "in_progress", "output": []}
    return [
        {"type": "response.created", "response": begun, "sequence_number": 0},
        {
            "type": "response.output_item.added",
            "output_index": 0,
            "item": {**message, "content": []},
            "sequence_number": 1,
        },
        {"type": "response.output_text.delta", **place, "delta": ANSWER, "logprobs": [], "sequence_number": 2},
        {"type": "response.output_item.done", "output_index": 0, "item": message, "sequence_number": 3},
        {"type": "response.completed", "response": whole, "sequence_number": 4},
    ]


def message(model: str) -> dict[str, Any]:
    """Return an answer of Anthropic's."""
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": model, "stop_sequence": None}
    return {
        **head, "content": [{"type": "text", "text": ANSWER}], "stop_reason": "end_turn", "usage": ANTHROPIC_USAGE
    }  # fmt: skip


def message_events(model: str) -> list[dict[str, Any]]:
    whole = message(model)
    delta = {"stop_reason": "end_turn", "stop_sequence": None}
    return [
        {"type": "message_start", "message": {**whole, "content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": ANSWER}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": delta, "usage": ANTHROPIC_USAGE},
        {"type": "message_stop"},
    ]


def candidates(model: str) -> dict[str, Any]:
    """Return an answer of Gemini's."""
    content = {"role": "model", "parts": [{"text": ANSWER}]}
    candidate = {"content": content, "finishReason": "STOP", "index": 0}
    return {"candidates": [candidate], "usageMetadata": GEMINI_USAGE, "modelVersion": model, "responseId": "gemini-1"}


class Model(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.answer("application/json", b'{"object": "list", "data": [], "models": []}')

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        path = self.path.partition("?")[0]
        is_chat = path.endswith("/chat/completions")
        name = asked.get("model", "gpt-4o-mini")
        if ":generateContent" in path:
            name = path.rpartition("/")[2].partition(":")[0]
            self.answer("application/json", json.dumps(candidates(name)).encode())
        elif asked.get("stream"):
            events = message_events if path.endswith("/messages") else chat_chunks if is_chat else response_events
            ending = b"data: [DONE]\n\n" if is_chat else b""
            self.answer("text/event-stream", b"".join(map(written, events(name))) + ending)
        elif path.endswith("/messages"):
            self.answer("application/json", json.dumps(message(name)).encode())
        else:
            self.answer("application/json", json.dumps((chat if is_chat else response)(name)).encode())

    def answer(self, content_type: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("request-id", "req_1")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def written(event: dict[str, Any]) -> bytes:
    name = f"event: {event['type']}\n" if "type" in event else ""
    return f"{name}data: {json.dumps(event)}\n\n".encode()


@contextmanager
def local_model() -> Iterator[str]:
    """The base URL of the model's API."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
