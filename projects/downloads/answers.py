"""How a file is sent: with its length, so that one that breaks off is seen to be broken, and in parts on request.

A small answer is handed to the server in one piece and holds no thread, however slowly it is read. A larger one holds a
place; its reader is cut off when it takes nothing (config/slow_readers.py) or too little for too long."""

import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import IO, Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.text import slugify

from projects.downloads.places import SENDING, DownloadSlot, Holder, NoDownload

log = logging.getLogger(__name__)

WHOLE_BYTES = 2**20  # of an answer that is handed over in one piece
CHUNK_BYTES = 256 * 1024
READER_GRACE_SECONDS = 30.0  # before the rate of a reader counts
LEAST_BYTES_PER_SECOND = 16 * 1024
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
UNCACHED = "private, no-store"


def filename(name: str, extension: str) -> str:
    """A plain name for a file, whatever stands in `name`."""
    return f"{slugify(name)[:100].strip('-_') or 'export'}.{extension}"


def attachment(name: str) -> dict[str, str]:
    """Headers of a file to keep, which no cache does."""
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
    """Sends an open file and closes it. With `etag`, which must change with the content, also a part of it that is
    asked for, so that a download can be taken up. Raises Busy."""
    size = _size(file)
    asked = _asked(request, etag)
    part = _part(asked, size) if asked else range(size)
    if not part and asked:
        file.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    answer = _body(request, file, part, holder)
    head = {"Content-Length": str(len(part)), "Content-Type": content_type, "X-Content-Type-Options": "nosniff"}
    if etag:
        head |= {"ETag": etag, "Accept-Ranges": "bytes"}
    if asked:
        answer.status_code = 206
        head |= {"Content-Range": f"bytes {part.start}-{part.stop - 1}/{size}"}
    for name, value in {**head, **headers}.items():
        answer.headers[name] = value
    return answer


def download(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """For views that send files: says in words why there is none now."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except NoDownload as refusal:
            return refused(request, refusal)

    return wrapped


def refused(request: HttpRequest, refusal: NoDownload) -> HttpResponse:
    """A page for whoever reads pages, a sentence for others, such as the place of a picture."""
    if "text/html" in request.headers.get("Accept", ""):
        answer = render(request, "no_download.html", {"reason": str(refusal)}, status=refusal.status)
    else:
        answer = HttpResponse(f"{refusal}\n", content_type="text/plain; charset=utf-8", status=refusal.status)
    if refusal.retry_after:
        answer.headers["Retry-After"] = str(refusal.retry_after)
    answer.headers["Cache-Control"] = UNCACHED
    return answer


class Sending(Iterator[bytes]):
    """The chunks of a part of a file. It ends early when its reader is too slow, which breaks the promised length."""

    def __init__(self, file: IO[bytes], part: range, place: DownloadSlot) -> None:
        self._file, self._left, self._place = file, len(part), place
        self._sent, self._began = 0, time.monotonic()

    def __next__(self) -> bytes:
        self._place.renew()
        if not self._left or self._is_too_slow():
            raise StopIteration
        chunk = self._file.read(min(CHUNK_BYTES, self._left))
        if not chunk:
            raise OSError("The file is shorter than it was.")
        self._left -= len(chunk)
        self._sent += len(chunk)
        return chunk

    def close(self) -> None:
        self._file.close()
        self._place.release()

    __del__ = close  # of an answer that nobody sends

    def _is_too_slow(self) -> bool:
        seconds = time.monotonic() - self._began
        if seconds < READER_GRACE_SECONDS or self._sent >= seconds * LEAST_BYTES_PER_SECOND:
            return False
        log.warning("a download was cut off: %s bytes in %.0f seconds", self._sent, seconds)
        return True


def _body(request: HttpRequest, file: IO[bytes], part: range, holder: Holder) -> HttpResponseBase:
    if request.method == "HEAD":
        file.close()
        return HttpResponse()
    file.seek(part.start)
    if len(part) <= WHOLE_BYTES:
        with file:
            return HttpResponse(file.read(len(part)))
    try:
        return StreamingHttpResponse(Sending(file, part, SENDING.take(holder)))
    except NoDownload:
        file.close()
        raise


def _size(file: IO[bytes]) -> int:
    file.seek(0, 2)
    return file.tell()


def _asked(request: HttpRequest, etag: str) -> "re.Match[str] | None":
    """The part that is asked for of this very content; None for all of it, also when it is asked for in vain."""
    asked = RANGE.fullmatch(request.headers.get("Range", ""))
    is_known = bool(etag) and request.headers.get("If-Range", etag) == etag
    return asked if asked and is_known and any(asked.groups()) else None


def _part(asked: "re.Match[str]", size: int) -> range:
    """Empty when it lies behind the end."""
    first, last = asked.groups()
    if not first:
        return range(max(0, size - int(last)), size)
    return range(int(first), min(size, int(last) + 1) if last else size)
