"""Sends files with their length, so that clients notice a broken download, and in parts on request.

A small file is handed to the server in one piece and holds no thread, however slowly it is read. A larger one holds a
slot. Its reader is cut off if it reads nothing (config/slow_readers.py) or too little for too long."""

import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import IO, Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.text import slugify

from projects.downloads.places import SENDING_SLOTS, DownloadSlot, Holder, NoDownload
from projects.faults import fault_page

log = logging.getLogger(__name__)

UNSLICED_BYTES = 2**20  # up to this size, a file is handed to the server in one piece
CHUNK_BYTES = 256 * 1024
READER_GRACE_SECONDS = 30.0  # the rate of a reader does not count before
LEAST_BYTES_PER_SECOND = 16 * 1024
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
UNCACHED = "private, no-store"


def filename(name: str, extension: str) -> str:
    """Return a plain file name that is safe for any `name`."""
    return f"{slugify(name)[:100].strip('-_') or 'export'}.{extension}"


def attachment(name: str) -> dict[str, str]:
    """Return headers that make a browser save the file, and keep it out of caches."""
    disposition = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    return {"Content-Disposition": disposition, "Cache-Control": UNCACHED}


def file_answer(
    request: HttpRequest,
    file: IO[bytes],
    holder: Holder,
    *,
    content_type: str,
    headers: Mapping[str, str],
    etag: str = "",
) -> HttpResponseBase:
    """Send an open file and close it. Raises Busy.

    `etag` must change with the content. With it, clients can request a part of the file, and so continue a download."""
    size = _size(file)
    requested = _requested_range(request, etag)
    part = _part(requested, size) if requested else range(size)
    if not part and requested:
        file.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    answer = _body(request, file, part, holder)
    head = {"Content-Length": str(len(part)), "Content-Type": content_type, "X-Content-Type-Options": "nosniff"}
    if etag:
        head |= {"ETag": etag, "Accept-Ranges": "bytes"}
    if requested:
        answer.status_code = 206
        head |= {"Content-Range": f"bytes {part.start}-{part.stop - 1}/{size}"}
    for name, value in {**head, **headers}.items():
        answer.headers[name] = value
    return answer


def refusal(reason: str) -> HttpResponse:
    """Return the reason why there is no file."""
    return HttpResponse(f"{reason}\n", status=400, content_type="text/plain; charset=utf-8")


def download(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Decorate a view that sends files, so that a NoDownload becomes an answer with the reason."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except NoDownload as error:
            return refused(request, error)

    return wrapped


def refused(request: HttpRequest, refusal: NoDownload) -> HttpResponse:
    """Return a page with the reason for browsers, and plain text for other clients, such as an image."""
    if "text/html" in request.headers.get("Accept", ""):
        answer = fault_page(request, refusal.status, str(refusal), title=refusal.title)
    else:
        answer = HttpResponse(f"{refusal}\n", content_type="text/plain; charset=utf-8", status=refusal.status)
    if refusal.retry_after:
        answer.headers["Retry-After"] = str(refusal.retry_after)
    answer.headers["Cache-Control"] = UNCACHED
    return answer


class Sending(Iterator[bytes]):
    """Iterator over the chunks of a part of a file.

    It ends early if the reader is too slow, so that the client misses bytes of the announced length."""

    def __init__(self, file: IO[bytes], part: range, place: DownloadSlot) -> None:
        self._file, self._left, self._place = file, len(part), place
        self._sent, self._began = 0, time.monotonic()

    def __next__(self) -> bytes:
        self._place.renew()
        if not self._left or self._is_too_slow():
            raise StopIteration
        chunk = self._file.read(min(CHUNK_BYTES, self._left))
        if not chunk:
            raise OSError("The file has become shorter while it was sent.")
        self._left -= len(chunk)
        self._sent += len(chunk)
        return chunk

    def close(self) -> None:
        self._file.close()
        self._place.release()

    __del__ = close  # for an answer that is never sent

    def _is_too_slow(self) -> bool:
        seconds = time.monotonic() - self._began
        if seconds < READER_GRACE_SECONDS or self._sent >= seconds * LEAST_BYTES_PER_SECOND:
            return False
        log.warning("cut off a slow download: %s bytes in %.0f seconds", self._sent, seconds)
        return True


def _body(request: HttpRequest, file: IO[bytes], part: range, holder: Holder) -> HttpResponseBase:
    if request.method == "HEAD":
        file.close()
        return HttpResponse()
    file.seek(part.start)
    if len(part) <= UNSLICED_BYTES:
        with file:
            return HttpResponse(file.read(len(part)))
    try:
        return StreamingHttpResponse(Sending(file, part, SENDING_SLOTS.take(holder)))
    except NoDownload:
        file.close()
        raise


def _size(file: IO[bytes]) -> int:
    file.seek(0, 2)
    return file.tell()


def _requested_range(request: HttpRequest, etag: str) -> "re.Match[str] | None":
    """Return the range that the client requests of this very content, or None for the whole file.

    Return None also for a range that cannot be understood."""
    requested = RANGE.fullmatch(request.headers.get("Range", ""))
    is_known = bool(etag) and request.headers.get("If-Range", etag) == etag
    return requested if requested and is_known and any(requested.groups()) else None


def _part(requested: "re.Match[str]", size: int) -> range:
    """Return the requested range of bytes, empty if it begins after the end."""
    first, last = requested.groups()
    if not first:
        return range(max(0, size - int(last)), size)
    return range(int(first), min(size, int(last) + 1) if last else size)
