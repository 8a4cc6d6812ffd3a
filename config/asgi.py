"""The entry point that granian serves: an event loop gathers each request, and a thread answers it.

Django runs as WSGI in threads, because its views are synchronous. A request gets a thread only when its whole body has
arrived (config/gathering.py), so that a slow sender holds none."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, cast
from urllib.parse import unquote_to_bytes

from config.wsgi import application as django  # first: it loads Django

# isort: split
from config.gathering import Bodies, Gone
from config.health import ALIVE_TEXT

# Storing takes four threads at most (tracing/ingest/intake.py), downloads nine (projects/downloads/places.py); the
# others are for pages.
WEB_THREADS = 20
PIECE_WRITE_DEADLINE_SECONDS = 30.0  # for each piece of a long answer
STOP_POLL_SECONDS = 1.0  # a thread notices within this time that the server has stopped

AsgiMessage = dict[str, Any]
ReceiveMessage = Callable[[], Awaitable[AsgiMessage]]
Send = Callable[[AsgiMessage], Awaitable[None]]

_threads = ThreadPoolExecutor(WEB_THREADS, "web")
_bodies = Bodies()


async def application(scope: AsgiMessage, receive: ReceiveMessage, send: Send) -> None:
    """Answer one HTTP request."""
    if scope["path"] == "/healthz":  # answered by the loop, also while every thread waits for something
        return await _say_alive(send)
    environ = environ_of(scope)
    try:
        async with _bodies.gathered(environ, receive) as body:
            loop = asyncio.get_running_loop()
            # After a refused body, listening for the hang-up would ask the client to send the rest.
            hung_up = asyncio.ensure_future(_end_of(receive)) if body.is_read else loop.create_future()
            try:
                await loop.run_in_executor(_threads, AsgiResponse(loop, send, hung_up).give, environ)
            finally:
                hung_up.cancel()
    except (Gone, TimeoutError):
        return None  # the connection is closed, which breaks the length that was promised


async def _end_of(receive: ReceiveMessage) -> None:
    """Return when the client has hung up."""
    while (await receive())["type"] == "http.request":
        pass


async def _say_alive(send: Send) -> None:
    headers = [
        (b"content-type", b"text/plain"),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": ALIVE_TEXT.encode()})


def environ_of(scope: AsgiMessage) -> AsgiMessage:
    """Return the WSGI environment of a request.

    Headers with an underscore are left out: they would pass for the hyphenated header that a proxy sets."""
    environ: AsgiMessage = {
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


class AsgiResponse:
    """The answer to one request, made by a thread and sent by the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, send: Send, hung_up: asyncio.Future[None]) -> None:
        self._loop = loop
        self._send = send
        self._hung_up = hung_up
        self._start: AsgiMessage = {}

    def give(self, environ: AsgiMessage) -> None:
        """Let Django answer.

        Raises TimeoutError if the client does not read the answer, and Gone if it has hung up."""
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
        while not wait([sending], STOP_POLL_SECONDS).done and self._loop.is_running():
            pass
        sending.result(0)  # raises TimeoutError when the loop was stopped meanwhile

    async def _sent(self, start: AsgiMessage, piece: bytes, *, more: bool) -> None:
        """Send one piece.

        The server does not report a client that has hung up, so this waits for both events."""
        sending = asyncio.ensure_future(self._both(start, piece, more=more))
        done, _ = await asyncio.wait(
            {sending, self._hung_up}, timeout=PIECE_WRITE_DEADLINE_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        if sending in done:
            return sending.result()
        sending.cancel()
        raise Gone if done else TimeoutError

    async def _both(self, start: AsgiMessage, piece: bytes, *, more: bool) -> None:
        if start:
            await self._send(start)
        await self._send({"type": "http.response.body", "body": piece, "more_body": more})
