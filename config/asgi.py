"""The entry point that granian serves: an event loop gathers each request, and a thread answers it.

Django runs as WSGI in threads, as its sync views want it. A thread is asked for when the whole body is here
(config/gathering.py), so that whoever sends slowly holds none."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast
from urllib.parse import unquote_to_bytes

from config.wsgi import application as django  # first: it loads Django

# isort: split
from config.gathering import Bodies, Gone

# Storing takes four threads at most (tracing/intake.py), downloads take nine (projects/downloads/places.py); the others
# are for pages.
THREADS = 20
WRITE_DEADLINE_SECONDS = 30.0  # for one piece of a long answer

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_threads = ThreadPoolExecutor(THREADS, "web")
_bodies = Bodies()


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """Answer one request of HTTP."""
    environ = environ_of(scope)
    try:
        async with _bodies.gathered(environ, receive) as body:
            environ["wsgi.input"] = body
            answer = Answer(asyncio.get_running_loop(), send)
            await asyncio.get_running_loop().run_in_executor(_threads, answer.give, environ)
    except (Gone, TimeoutError):
        return  # the connection is closed, which breaks the length that was promised


def environ_of(scope: Message) -> Message:
    """Return the environment of WSGI. A header with an underscore would pass for the one with a hyphen that a proxy
    sets, so it is left out."""
    environ: Message = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": str(scope["server"][0]),
        "SERVER_PORT": str(scope["server"][1]),
        "REMOTE_ADDR": str(scope["client"][0]) if scope["client"] else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input_terminated": True,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        if b"_" not in name:
            key, text = name.decode("latin-1").upper().replace("-", "_"), value.decode("latin-1")
            key = key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"
            joint = "; " if key == "HTTP_COOKIE" else ","
            environ[key] = f"{environ[key]}{joint}{text}" if key in environ else text
    return environ


class Answer:
    """The answer to one request, given by a thread and sent by the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, send: Send) -> None:
        self._loop = loop
        self._send = send
        self._start: Message = {}

    def give(self, environ: Message) -> None:
        """Let Django answer. Raise TimeoutError when nobody reads what is sent."""
        body: Any = django(environ, cast(Any, self._begin))
        try:
            if getattr(body, "streaming", True):
                self._stream(body)
            else:
                self._write(b"".join(body), more=False)
        finally:
            close = getattr(body, "close", None)
            if close:
                close()

    def _begin(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        self._start = {"type": "http.response.start", "status": int(status[:3]), "headers": pairs}

    def _stream(self, pieces: Iterable[bytes]) -> None:
        for piece in pieces:
            self._write(piece, more=True)
        self._write(b"", more=False)

    def _write(self, piece: bytes, *, more: bool) -> None:
        start, self._start = self._start, {}
        sending = asyncio.run_coroutine_threadsafe(self._sent(start, piece, more=more), self._loop)
        sending.result()

    async def _sent(self, start: Message, piece: bytes, *, more: bool) -> None:
        async with asyncio.timeout(WRITE_DEADLINE_SECONDS):
            if start:
                await self._send(start)
            await self._send({"type": "http.response.body", "body": piece, "more_body": more})
