"""Gathers the bodies of requests in the event loop: bounded in size, in time, and in memory for all together.

A small body is read whoever sends it. A large one is read when it is known who pays for its memory: the project of a
live key or of a signed URL; everybody else shares a small part. Who is unknown at the door of machines is not read at
all: the endpoint refuses the key before it looks at the body."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs

from django.db import close_old_connections

from projects.auth import KeyRefused, live_key
from tracing.ingest.http.edge import MACHINE_PATHS, REFUSED
from tracing.ingest.http.media import UPLOAD_PATH, project_of_upload
from tracing.limits.table import MB, SMALL_BODY
from tracing.wire.bodies import limit_of
from tracing.wire.refusals import BodyTooLarge, IngestRefused, IngestUnavailable, TooSlow

SMALL_BYTES = 64 * 1024
SENDER_GRACE_SECONDS = 10.0  # before the rate of a sender counts
LEAST_BYTES_PER_SECOND = 16 * 1024
MEMORY_BYTES = 256 * MB  # of all large bodies of this process, until they are answered
MEMORY_OF_ONE_BYTES = 128 * MB
MEMORY_OF_UNKNOWN_BYTES = 16 * MB
DOORKEEPERS = 2

Environ = dict[str, Any]
ReceiveEvent = Callable[[], Awaitable[dict[str, Any]]]
UNKNOWN_PAYER = "unknown"


class Gone(Exception):
    """The client hung up before its request was whole."""


class Bodies:
    """The bodies of all requests that are gathered or answered now. Only the event loop touches it."""

    def __init__(self) -> None:
        self._held: Counter[str] = Counter()
        self._doorkeepers = ThreadPoolExecutor(DOORKEEPERS, "doorkeeper")

    @asynccontextmanager
    async def gathered(self, environ: Environ, receive: ReceiveEvent) -> AsyncIterator["RequestBody"]:
        """Yield the body of a request, for WSGI to read. Why there is none stands in the environment. Raise Gone."""
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
        """Return who pays for a large body, None for nobody."""
        return await asyncio.get_running_loop().run_in_executor(self._doorkeepers, payer_of, environ)

    def pay(self, payer: str, size: int) -> None:
        """Take memory from the share of `payer`. Raise IngestUnavailable when there is none."""
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
        """Keep a piece and return whether another one shall follow."""
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
        """Return whether somebody pays for a body of `size`. Raise IngestUnavailable when their share is used up."""
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
    """Return the length that a request announces; None when it is sent in chunks."""
    if "HTTP_TRANSFER_ENCODING" in environ:
        return None
    length = environ.get("CONTENT_LENGTH", "")
    return int(length) if length.isascii() and length.isdigit() else 0


def payer_of(environ: Environ) -> str | None:
    """Return whose memory a large body takes: machines must be known."""
    path = environ["PATH_INFO"]
    close_old_connections()
    try:
        if UPLOAD_PATH.fullmatch(path):
            token = parse_qs(environ["QUERY_STRING"]).get("token", [""])[0]
            return f"project {project_of_upload(token)}"
        if path.startswith((*MACHINE_PATHS, "/api/v1/")):
            return f"project {live_key(environ.get('HTTP_AUTHORIZATION', '')).project_id}"
    except (KeyRefused, IngestRefused):
        return None
    except Exception:  # the database is away: the endpoint says so
        return None
    finally:
        close_old_connections()
    return UNKNOWN_PAYER
