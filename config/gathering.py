"""Gathers the bodies of requests in the event loop, with limits on size, time and memory.

Every small body is read. A large body is read only for a known payer, whose share of the memory it takes: the project
of a live key or of a signed URL, or whoever has the token of the installation. All other senders share a small part.
Machines that send an unknown key are not read at all: the endpoint refuses the key before it looks at the body."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs

from django.db import close_old_connections

from projects.auth import PROJECT_HEADER, KeyRefused, live_key
from projects.provisioning.token import PROVISIONING_PATH, is_token
from tracing.ingest.http.edge import MACHINE_PATHS, REFUSED
from tracing.ingest.http.media import UPLOAD_PATH, project_of_upload
from tracing.limits.table import MB, SMALL_BODY
from tracing.wire.bodies import limit_of
from tracing.wire.refusals import BodyTooLarge, IngestRefused, IngestUnavailable, TooSlow

SMALL_BYTES = 64 * 1024
SENDER_GRACE_SECONDS = 10.0  # a body may arrive slowly for this long
LEAST_BYTES_PER_SECOND = 16 * 1024
MEMORY_BYTES = 256 * MB  # for all large bodies of this process, until they are answered
MEMORY_OF_ONE_BYTES = 128 * MB
MEMORY_OF_UNKNOWN_BYTES = 16 * MB
DOORKEEPERS = 2

Environ = dict[str, Any]
ReceiveEvent = Callable[[], Awaitable[dict[str, Any]]]
UNKNOWN_PAYER = "unknown"
PROJECT_VARIABLE = f"HTTP_{PROJECT_HEADER.upper().replace('-', '_')}"  # of the WSGI environment


class Gone(Exception):
    """The client hung up before its request was complete."""


class Bodies:
    """The bodies of all requests that are being gathered or answered. Only the event loop uses it."""

    def __init__(self) -> None:
        self._held: Counter[str] = Counter()
        self._doorkeepers = ThreadPoolExecutor(DOORKEEPERS, "doorkeeper")

    @asynccontextmanager
    async def gathered(self, environ: Environ, receive: ReceiveEvent) -> AsyncIterator["RequestBody"]:
        """Yield the body of a request for WSGI to read.

        If there is none, the WSGI environment says why. Raises Gone if the client hangs up."""
        body = RequestBody(self, environ)
        try:
            try:
                await body.gather(receive)
            except IngestRefused as refused:
                body.pieces.clear()
                environ[REFUSED] = refused
            environ["wsgi.input"] = BytesIO(b"".join(body.pieces))
            yield body
        finally:
            self._held[body.payer] -= body.paid

    async def payer_of(self, environ: Environ) -> str | None:
        """Return the payer of a large body, or None if nobody pays for it."""
        return await asyncio.get_running_loop().run_in_executor(self._doorkeepers, payer_of, environ)

    def pay(self, payer: str, size: int) -> None:
        """Take `size` bytes from the share of `payer`. Raises IngestUnavailable if it is used up."""
        most = MEMORY_OF_UNKNOWN_BYTES if payer == UNKNOWN_PAYER else MEMORY_OF_ONE_BYTES
        if self._held[payer] + size > most or self._held.total() + size > MEMORY_BYTES:
            raise IngestUnavailable("Too many large requests at once; nothing was stored. Send it again.")
        self._held[payer] += size


class RequestBody:
    """The body of one request while it is gathered."""

    def __init__(self, bodies: Bodies, environ: Environ) -> None:
        self.pieces: list[bytes] = []
        self.payer, self.paid = UNKNOWN_PAYER, 0
        self.is_read = False  # to its end
        self._bodies, self._environ = bodies, environ
        self._is_known = False
        self._length = length_of(environ)
        self._limit = limit_of(environ["PATH_INFO"])
        self._size = 0

    async def gather(self, receive: ReceiveEvent) -> None:
        if self._length == 0 or (self._length or 0) > self._limit or not await self._has_room(self._length or 0):
            self.is_read = self._length == 0
            return  # what is too large is refused by its length
        loop, began = asyncio.get_running_loop(), asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(SENDER_GRACE_SECONDS) as deadline:
                while await self._take(await receive()):
                    deadline.reschedule(
                        max(loop.time(), began + SENDER_GRACE_SECONDS + self._size / LEAST_BYTES_PER_SECOND)
                    )
        except TimeoutError:
            raise TooSlow(f"Only {self._size:,} bytes of the body arrived in time. Send it again.") from None
        if self._size > self._limit == SMALL_BODY.value:  # SDKs are refused by their endpoint, which knows the project
            raise BodyTooLarge(f"The body has more than {self._limit:,} bytes: send less at once.")
        self._environ.setdefault("CONTENT_LENGTH", str(self._size))

    async def _take(self, message: dict[str, Any]) -> bool:
        """Keep one piece, and return whether another one follows."""
        if message["type"] != "http.request":
            raise Gone
        piece = message.get("body", b"")
        self._size += len(piece)
        if not await self._has_room(self._size):
            return False
        self.pieces.append(piece)
        self.is_read = not message.get("more_body", False)
        return not self.is_read and self._size <= self._limit

    async def _has_room(self, size: int) -> bool:
        """Return whether somebody pays for a body of `size` bytes.

        Raises IngestUnavailable if the payer's share is used up."""
        if size <= SMALL_BYTES:
            return True
        if not self._is_known:
            payer = await self._bodies.payer_of(self._environ)
            if payer is None:
                self.pieces.clear()
                return False
            self.payer, self._is_known = payer, True
        if size > self.paid:
            more = max(size, min(2 * self.paid, self._limit)) - self.paid
            self._bodies.pay(self.payer, more)
            self.paid += more
        return True


def length_of(environ: Environ) -> int | None:
    """Return the length that a request announces, or None if it is sent in chunks."""
    if "HTTP_TRANSFER_ENCODING" in environ:
        return None
    length = environ.get("CONTENT_LENGTH", "")
    return int(length) if length.isascii() and length.isdigit() else 0


def payer_of(environ: Environ) -> str | None:
    """Return the payer of a large body, or None for a machine without a live key."""
    path = environ["PATH_INFO"]
    close_old_connections()
    try:
        if UPLOAD_PATH.fullmatch(path):
            token = parse_qs(environ["QUERY_STRING"]).get("token", [""])[0]
            return f"project {project_of_upload(token)}"
        authorization = environ.get("HTTP_AUTHORIZATION", "")
        if path == PROVISIONING_PATH:
            return "installation" if is_token(authorization) else None
        if path.startswith((*MACHINE_PATHS, "/api/v1/")):
            return f"project {live_key(authorization, environ.get(PROJECT_VARIABLE, '')).project_id}"
    except (KeyRefused, IngestRefused):
        return None
    except Exception:  # the database does not answer: the endpoint will report it
        return None
    finally:
        close_old_connections()
    return UNKNOWN_PAYER
