"""`/healthz` on its own port, served by `manage.py up`: it answers while all web threads wait."""

import asyncio
import json
import socket
import time
from collections.abc import Callable
from contextlib import closing, suppress
from threading import Thread

from django.conf import settings

from config.process_probes import PROBE_SECONDS
from config.watchdog import Watchdog

REQUEST_SECONDS = 2.0
REQUEST_BYTES = 8192
REQUESTS_AT_ONCE = 200


class HealthListener:
    """Thread that lets the watchdog look every two seconds, and answers with what it knows."""

    def __init__(self, watchdog: Watchdog, listener: socket.socket, say: Callable[[str], None]) -> None:
        self._watchdog = watchdog
        self._listener = listener
        self._say = say
        self._requests = 0

    def start(self) -> None:
        Thread(target=lambda: asyncio.run(self._run()), name="health", daemon=True).start()

    async def _run(self) -> None:
        async with await asyncio.start_server(self._serve, sock=self._listener, limit=REQUEST_BYTES):
            while True:
                began = time.monotonic()
                try:
                    await self._watchdog.look()
                except Exception as error:  # if this loop ended, nobody would notice until it is needed
                    self._say(f"Could not look for frozen processes: {error!r}")
                await asyncio.sleep(max(0.0, began + PROBE_SECONDS - time.monotonic()))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._requests += 1
        try:
            with closing(writer), suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                if self._requests <= REQUESTS_AT_ONCE:
                    async with asyncio.timeout(REQUEST_SECONDS):
                        writer.write(self._answer(await reader.readuntil(b"\r\n\r\n")))
                        await writer.drain()
        finally:
            self._requests -= 1

    def _answer(self, head: bytes) -> bytes:
        method, target, *_ = [*head.split(b"\r\n", 1)[0].split(b" "), b""]
        if method not in {b"GET", b"HEAD"} or target.partition(b"?")[0] != b"/healthz":
            return _http("404 Not Found", {"error": "only GET /healthz is served on this port"}, method)
        states = self._watchdog.health()
        is_healthy = all(text == "ok" for text in states.values())
        status = "200 OK" if is_healthy else "503 Service Unavailable"
        return _http(status, {"healthy": is_healthy, "version": settings.VERSION, "processes": states}, method)


def _http(status: str, content: dict[str, object], method: bytes) -> bytes:
    body = json.dumps(content, indent=2).encode() + b"\n"
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + (b"" if method == b"HEAD" else body)
