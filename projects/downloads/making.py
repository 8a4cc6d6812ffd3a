"""Files that are made while somebody waits for them: wholly, before the first byte is sent, so that one that cannot be
finished is an error and never half a file."""

import tempfile
import time
from collections.abc import Generator, Iterable, Iterator
from typing import IO

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from projects.downloads.answers import attachment, file_answer
from projects.downloads.places import MAKING, Holder, NoDownload

MOST_SECONDS = 30.0  # less than proxies wait for an answer
MAX_DOWNLOAD_BYTES = 64 * 2**20
DOWNLOAD_MEMORY_BYTES = 2**20
CHUNK_CHARACTERS = 64 * 1024


class DownloadTooLarge(NoDownload):
    """The file takes longer to make, or is larger, than an answer may be."""

    status = 400


def made_answer(
    request: HttpRequest,
    pieces: Iterable[str],
    holder: Holder,
    *,
    name: str,
    content_type: str,
    seconds: float = MOST_SECONDS,
) -> HttpResponseBase:
    """Makes a file out of `pieces` and sends it; HEAD makes none. Raises NoDownload."""
    headers = attachment(name)
    if request.method == "HEAD":
        return HttpResponse(content_type=content_type, headers=headers)
    file = made(pieces, holder, seconds=seconds)
    return file_answer(request, file, holder, content_type=content_type, headers=headers)


def made(pieces: Iterable[str], holder: Holder, *, seconds: float = MOST_SECONDS) -> IO[bytes]:
    """The file, at its beginning; whoever gets it closes it. Raises Busy, DownloadTooLarge, and
    whatever `pieces` does."""
    with MAKING.take(holder):
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
    """End a generator that was not read to its end: its transaction must not be around what is done next."""
    if isinstance(pieces, Generator):
        pieces.close()


def encoded(pieces: Iterable[str]) -> Iterator[bytes]:
    """The text of `pieces`, some 64 kB at a time."""
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
            raise DownloadTooLarge(
                "This is more than can be sent at once. Ask for less: narrow the filter or the time."
            )
