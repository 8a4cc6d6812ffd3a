"""Reads a request's body under WSGI, with limits while it is read and while it is unpacked.

JavaScript exporters send chunked bodies without a length. Django takes these for empty, so they are read from the
server's own input. An empty body is an error, because a successful answer would lose data unnoticed."""

import re
import zlib
from collections.abc import Callable
from typing import Protocol

from django.http import HttpRequest
from django.http.request import UnreadablePostError
from isal import isal_zlib

from projects.values import whole_number
from tracing import zstd
from tracing.limits.table import BODY, SMALL_BODY, UNPACKED_BODY
from tracing.wire.refusals import BodyTooLarge, Unreadable, UnsupportedContent

# Paths to which SDKs send recorded data and files. Other bodies are small.
INGEST_PATHS = re.compile(
    r"/+(?:v1/.*|api/public/(?:otel/.*|ingestion|scores|media/[^/]+/upload)|api/platform/.*/scores)"
)
GZIP_OR_ZLIB, RAW_DEFLATE = 47, -15  # zlib's `wbits`


class Unpacker(Protocol):
    """The common part of zlib's and zstd's unpackers."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def read_body(request: HttpRequest) -> bytes:
    """Return the whole unpacked body. Raises BodyTooLarge, Unreadable or UnsupportedContent."""
    try:
        body = _chunked(request) if is_chunked(request) else _sized(request)
    except (UnreadablePostError, OSError):
        raise Unreadable("The connection ended before the whole body had arrived.") from None
    return unpack(body, request.headers.get("Content-Encoding", ""))


def limit_of(path: str) -> int:
    """Return the maximum number of bytes of a body sent to `path`."""
    return BODY.value if INGEST_PATHS.fullmatch(path) else SMALL_BODY.value


def refused_by_length(request: HttpRequest) -> BodyTooLarge | None:
    """Return the refusal of a body that announces that it is too large, or None."""
    length, limit = _length(request), limit_of(request.path_info)
    if length <= limit:
        return None
    return BodyTooLarge(f"The body has {length:,} bytes, the limit is {limit:,}: send less at once.")


def is_chunked(request: HttpRequest) -> bool:
    """Return whether the body is sent in chunks, without a length."""
    return "chunked" in request.headers.get("Transfer-Encoding", "").lower()


def unpack(body: bytes, encoding: str) -> bytes:
    """Return `body` without its Content-Encoding.

    The size is checked while it is unpacked. Raises BodyTooLarge, Unreadable or UnsupportedContent."""
    encoding = encoding.strip().lower()
    if encoding in {"", "identity"}:
        return body
    if not body:
        raise Unreadable("The compressed body is empty.")
    if encoding == "gzip":
        return _unpacked(body, lambda: isal_zlib.decompressobj(GZIP_OR_ZLIB))
    if encoding == "deflate":  # zlib's format by the standard, raw deflate from some clients
        wbits = GZIP_OR_ZLIB if body[:1] == b"\x78" else RAW_DEFLATE
        return _unpacked(body, lambda: zlib.decompressobj(wbits))
    if encoding == "zstd":
        return _unpacked(body, zstd.ZstdDecompressor)
    raise UnsupportedContent(f"Content-Encoding {encoding[:40]} is not supported. Send gzip, deflate, zstd or none.")


def _sized(request: HttpRequest) -> bytes:
    if refused := refused_by_length(request):
        raise refused
    length = _length(request)
    body = request.read()
    if len(body) != length:
        raise Unreadable(f"Only {len(body):,} of {length:,} bytes arrived.")
    return body


def _chunked(request: HttpRequest) -> bytes:
    if not request.META.get("wsgi.input_terminated"):
        raise Unreadable("This web server hides chunked bodies: run Confab under granian or gunicorn.")
    limit = limit_of(request.path_info)
    body: bytes = request.META["wsgi.input"].read(limit + 1)
    if len(body) > limit:
        raise BodyTooLarge(f"The chunked body has more than {limit:,} bytes: send less at once.")
    if not body:
        raise Unreadable("The chunked body is empty.")
    return body


def _length(request: HttpRequest) -> int:
    return whole_number(request.META.get("CONTENT_LENGTH") or "") or 0


def _unpacked(body: bytes, start: Callable[[], Unpacker]) -> bytes:
    pieces, size = [], 0
    while body:
        unpacker = start()
        try:
            piece = unpacker.decompress(body, UNPACKED_BODY.value + 1 - size)
        except (zlib.error, isal_zlib.error, zstd.ZstdError, MemoryError):  # type: ignore[misc] # its stub is wrong
            raise Unreadable("The compressed body is damaged.") from None
        pieces.append(piece)
        size += len(piece)
        _check_unpacked(size)
        if not unpacker.eof:
            raise Unreadable("The compressed body was cut off.")
        body = unpacker.unused_data  # gzip and zstd allow several, one after the other
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _check_unpacked(size: int) -> None:
    if size > UNPACKED_BODY.value:
        raise BodyTooLarge(f"The body unpacks to more than {UNPACKED_BODY.value:,} bytes: send smaller batches.")
