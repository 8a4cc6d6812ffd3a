"""Takes base64 files out of texts before they are stored: an image in a prompt is kept as a file, not as text.

Texts come from strangers. The cost of a request is bounded by its length, by the number of places that look like a file
and are examined, and by the number of files taken. Everything beyond stays in the text."""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator
from typing import NamedTuple

from tracing.limits.fitting import valid_id
from tracing.limits.table import FILE_SMALLEST, FILES_OF_REQUEST, FILES_OF_SPAN, FILES_SIZE
from tracing.records import Issue, Reason, ScoreRecord, SpanRecord, TraceRecord
from tracing.store.media import File

EXAMINED_PER_REQUEST = 100_000
HEAD_LENGTH = 250  # characters before the base64 of a data URI
MEDIA_TYPE = r"([a-zA-Z0-9.+-]{1,50}/[a-zA-Z0-9.+-]{1,49})"
URI_HEAD = re.compile(rf"data:{MEDIA_TYPE}(?:;[a-zA-Z0-9=.-]{{1,99}}){{0,4}}")
URI_MARK = ";base64,"
# Anthropic's and Vertex's parts, and the blobs of OpenTelemetry's messages. Every repetition is bounded, so that a near
# match costs no more than its own length.
PART_HEAD = re.compile(
    rf'"(?:media_?type|mime_?type)":\s{{0,99}}"{MEDIA_TYPE}",\s{{0,99}}"(?:data|content)":\s{{0,99}}"', re.IGNORECASE
)
PART_MARK = re.compile(r'"(?:media|mime)(?:_t|T|t)ype":')
BASE64 = re.compile(rf"[A-Za-z0-9+/]{{{-(-FILE_SMALLEST.value * 4 // 3)},}}={{0,2}}")


class MediaLocation(NamedTuple):
    """The place of a file in a text. The reference replaces everything from `start` to `end`."""

    start: int
    end: int
    content_type: str
    base64: str


class FilesInTexts:
    """The files of one request, taken out of the texts of its records one after the other."""

    def __init__(self, issues: list[Issue]) -> None:
        self._issues = issues
        self._files: dict[tuple[str, str], File] = {}
        self._size = 0
        self._examined = 0

    @property
    def files(self) -> list[File]:
        return list(self._files.values())

    def take_out(self, record: SpanRecord | TraceRecord | ScoreRecord) -> None:
        """Replace the files in the inputs and outputs of `record` by references."""
        if isinstance(record, ScoreRecord) or not valid_id(record.trace_id):
            return
        taken = _Taken()
        for texts in (record, record.claims) if isinstance(record, SpanRecord) else (record.claims,):
            texts.input = self._without(texts.input, record.trace_id, taken)
            texts.output = self._without(texts.output, record.trace_id, taken)
        if taken.left:
            sample = f"{taken.left:,} files stay in the texts of one span, {taken.count:,} were taken out"
            self._issues.append(Issue(Reason.FILES_LEFT_IN_TEXT, sample, getattr(record, "span_id", "")))

    def _without(self, text: str | None, trace_id: str, taken: "_Taken") -> str | None:
        if text is None or len(text) < FILE_SMALLEST.value:
            return text
        for find in (_data_uris, _parts):
            text = self._replaced(text, find(text), trace_id, taken)
        return text

    def _replaced(self, text: str, places: Iterator[MediaLocation | None], trace_id: str, taken: "_Taken") -> str:
        pieces, end = [], 0
        for place in places:
            self._examined += 1
            if self._examined > EXAMINED_PER_REQUEST:
                taken.left += 1
                break
            file = place and self._file(place, trace_id, taken)
            if place and file:
                pieces += [text[end : place.start], file.reference]
                end = place.end
        return "".join([*pieces, text[end:]]) if pieces else text

    def _file(self, place: MediaLocation, trace_id: str, taken: "_Taken") -> File | None:
        """Return the file at `place`, or None if it is not a file or there are too many."""
        if taken.count >= FILES_OF_SPAN.value or self._size + len(place.base64) * 3 // 4 > FILES_SIZE.value:
            taken.left += 1
            return None
        try:
            file = File(trace_id, place.content_type.lower(), b64decode(place.base64, validate=True))
        except binascii.Error:
            return None
        key = (trace_id, file.media_id)
        if key not in self._files:
            if len(self._files) >= FILES_OF_REQUEST.value:
                taken.left += 1
                return None
            self._files[key] = file
            self._size += len(file.data)
        taken.count += 1
        return self._files[key]


class _Taken:
    """Numbers of files of one record that were taken out of its texts, and that had to stay."""

    def __init__(self) -> None:
        self.count = self.left = 0


def _data_uris(text: str) -> Iterator[MediaLocation | None]:
    """Yield the file or None for each mark in `text` that looks like that of a data URI."""
    mark = text.find(URI_MARK)
    while mark >= 0:
        data = BASE64.match(text, mark + len(URI_MARK))
        start = text.rfind("data:", max(0, mark - HEAD_LENGTH), mark) if data else -1
        head = URI_HEAD.fullmatch(text, start, mark) if start >= 0 else None
        yield MediaLocation(start, data.end(), head[1], data[0]) if data and head else None
        mark = text.find(URI_MARK, data.end() if data else mark + 1)


def _parts(text: str) -> Iterator[MediaLocation | None]:
    """Yield the file or None for each key in `text` that names a type."""
    for mark in PART_MARK.finditer(text):
        head = PART_HEAD.match(text, mark.start())
        data = BASE64.match(text, head.end()) if head else None
        is_whole = data is not None and text.startswith('"', data.end())
        yield MediaLocation(data.start(), data.end(), head[1], data[0]) if head and data and is_whole else None
