"""Engines behind real HTTP: a server that speaks the protocols of LibreTranslate, DeepL and OpenAI as they were
recorded, and translates by a function that a test chooses, such as one that destroys whatever it can."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Translate = Callable[[str], str]


def shouted(text: str) -> str:
    return text.upper()


@dataclass
class Engine:
    """What the server does; tests change it while it runs."""

    translate: Translate = shouted
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None  # instead of an answer
    failures: int = 0  # so many requests fail with `status` before it gets well
    delay: threading.Event | None = None  # answers only when it is set
    languages: list[dict[str, Any]] = field(
        default_factory=lambda: [
            {"code": "en", "name": "English", "targets": ["en", "pt", "es"]},
            {"code": "pt", "name": "Portuguese", "targets": ["en", "pt"]},
        ]
    )
    requests: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    url: str = ""

    @property
    def asked(self) -> list[Any]:
        """The bodies of the translations that were asked for."""
        return [body for path, _, body in self.requests if body is not None]

    def answer(self, path: str, body: Any) -> Any:
        if path == "/languages":
            return self.languages
        if path == "/translate":
            if body["source"] not in {language["code"] for language in self.languages}:
                return None
            return {"translatedText": [self.translate(text) for text in body["q"]]}
        if path == "/v2/translate":
            source = body["source_lang"]
            return {
                "translations": [{"detected_source_language": source, "text": self.translate(t)} for t in body["text"]]
            }
        if path == "/chat/completions":
            texts = json.loads(body["messages"][-1]["content"])["texts"]
            said = json.dumps({"translations": [self.translate(text) for text in texts]})
            return {"choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": said}}]}
        return None


class _Handler(BaseHTTPRequestHandler):
    engine: Engine

    def do_GET(self) -> None:
        self._do(None)

    def do_POST(self) -> None:
        self._do(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _do(self, body: Any) -> None:
        engine = self.engine
        engine.requests.append((self.path, dict(self.headers), body))
        if engine.delay:
            engine.delay.wait(30)
        fails = body is not None and (engine.status != 200) and (engine.failures != 0)
        if fails:
            engine.failures -= 1
        answer = engine.answer(self.path, body) if not fails else {"error": "as the test wants it"}
        status = engine.status if fails else 200 if answer is not None else 400
        sent = engine.body if engine.body is not None and body is not None else json.dumps(answer).encode()
        if answer is None:
            sent = json.dumps({"error": f"{body['source']} is not supported"}).encode()
        self.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(sent)),
            **engine.headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def served(engine: Engine | None = None) -> Iterator[Engine]:
    engine = engine or Engine()
    handler = type("Handler", (_Handler,), {"engine": engine})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    engine.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield engine
    finally:
        if engine.delay:
            engine.delay.set()
        server.shutdown()
        server.server_close()
