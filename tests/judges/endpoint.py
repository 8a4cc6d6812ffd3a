"""A model endpoint behind real HTTP, in both protocols. It answers as a test says, and counts tokens by words."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = re.compile(r"\w{1,6}|[^\w\s]")


def tokens_in(text: str) -> int:
    return len(TOKEN.findall(text))


def says_no(data: dict[str, Any]) -> dict[str, Any]:
    return {"reason": "Nobody was angry.", "turns": [1], "answer": "no"}


@dataclass
class Endpoint:
    """What the server does; tests change it while it runs."""

    answer: Callable[[dict[str, Any]], Any] = says_no
    status: int = 200
    body: bytes | None = None  # instead of an answer
    seconds: float = 0.0  # until it answers
    requests: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""
    reports_usage: bool = True

    def completion(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        data = json.loads(body["messages"][-1]["content"])
        said = self.answer(data)
        asked, told = tokens_in(json.dumps(body["messages"], ensure_ascii=False)), tokens_in(json.dumps(said))
        if path.endswith("/messages"):
            usage = {"input_tokens": asked, "output_tokens": told}
            content = [{"type": "text", "text": "Let me see."}, {"type": "tool_use", "name": "verdict", "input": said}]
            return {"content": content, "usage": usage}
        usage = {"prompt_tokens": asked, "completion_tokens": told}
        message = {"role": "assistant", "content": said if isinstance(said, str) else json.dumps(said)}
        found = {"choices": [{"finish_reason": "stop", "message": message}]}
        return found | ({"usage": usage} if self.reports_usage else {})


class _Handler(BaseHTTPRequestHandler):
    endpoint: Endpoint

    def do_POST(self) -> None:
        endpoint = self.endpoint
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        endpoint.requests.append(body)
        endpoint.paths.append(self.path)
        endpoint.headers.append(dict(self.headers))
        time.sleep(endpoint.seconds)
        if endpoint.status != 200:
            sent = json.dumps({"error": {"message": "as the test wants it"}}).encode()
        else:
            sent = (
                endpoint.body
                if endpoint.body is not None
                else json.dumps(endpoint.completion(self.path, body)).encode()
            )
        self.send_response(endpoint.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def served() -> Iterator[Endpoint]:
    endpoint = Endpoint()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"endpoint": endpoint}))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
