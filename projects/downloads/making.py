"""Makes files while their reader waits. A file is complete before its first byte is sent: no half file is sent."""

import tempfile
import time
from collections.abc import Generator, Iterable, Iterator
from typing import IO

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from projects.downloads.answers import attachment, file_answer
from projects.downloads.places import MAKING_SLOTS, Holder, NoDownload

MAX_MAKING_SECONDS = 30.0  # less than proxies wait for an answer
MAX_DOWNLOAD_BYTES = 64 * 2**20
DOWNLOAD_MEMORY_BYTES = 2**20
CHUNK_CHARACTERS = 64 * 1024


class DownloadTooLarge(NoDownload):
    """The file takes too long to make, or is too large, for one answer."""

    status = 400


def made_answer(
    request: HttpRequest,
    pieces: Iterable[str],
    holder: Holder,
    *,
    name: str,
    content_type: str,
    seconds: float = MAX_MAKING_SECONDS,
) -> HttpResponseBase:
    """Make a file out of `pieces` and send it. HEAD only sends headers. Raises NoDownload."""
    headers = attachment(name)
    if request.method == "HEAD":
        return HttpResponse(content_type=content_type, headers=headers)
    file = made(pieces, holder, seconds=seconds)
    return file_answer(request, file, holder, content_type=content_type, headers=headers)


def made(pieces: Iterable[str], holder: Holder, *, seconds: float = MAX_MAKING_SECONDS) -> IO[bytes]:
    """Return the file at its beginning. The caller must close it.

    Raises Busy, DownloadTooLarge, and whatever `pieces` raises."""
    with MAKING_SLOTS.take(holder):
        file = tempfile.SpooledTemporaryFile(DOWNLOAD_MEMORY_BYTES)  # noqa: SIM115
        try:
            _write(pieces, file, time.monotonic() + seconds)
        except BaseException:
            file.close()
            raise
        finally:
            _close(pieces)
    return file


def _close(pieces: Iterable[str]) -> None:
    """End a generator that was not exhausted: its transaction must not continue during later work."""
    if isinstance(pieces, Generator):
        pieces.close()


def encoded(pieces: Iterable[str]) -> Iterator[bytes]:
    """Yield the text of `pieces` in chunks of about 64 kB."""
    waiting: list[str] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= CHUNK_CHARACTERS:
            yield "".join(waiting).encode("utf-8", "replace")
            waiting, size = [], 0
    yield "".join(waiting).encode("utf-8", "replace")


def _write(pieces: Iterable[str], file: IO[bytes], deadline: float) -> None:
    for chunk in encoded(pieces):
        file.write(chunk)
        if time.monotonic() > deadline or file.tell() > MAX_DOWNLOAD_BYTES:
            raise DownloadTooLarge("This is too much for one download. Narrow the filter or the time.")
