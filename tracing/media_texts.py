"""Takes base64 files out of texts before they are stored: a picture in a prompt is kept as a file, not as text."""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterable

from tracing.media import keep
from tracing.records import ScoreRecord, SpanRecord, TraceRecord

BASE64 = "[A-Za-z0-9+/]{64,}={0,2}"
TYPE = r"[a-zA-Z0-9.+-]+/[a-zA-Z0-9.+-]+"
# Each pattern has the groups `type` and `data`; what stands around `data` is kept.
DATA_URI = re.compile(rf"(?P<before>)data:(?P<type>{TYPE})(?:;[a-zA-Z0-9=.-]+)*;base64,(?P<data>{BASE64})(?P<after>)")
# Anthropic's and Vertex's parts, and the blobs of OpenTelemetry's messages.
PART = re.compile(
    rf'(?P<before>"(?:media_?type|mime_?type)":\s*"(?P<type>{TYPE})",\s*"(?:data|content)":\s*")'
    rf'(?P<data>{BASE64})(?P<after>")',
    re.IGNORECASE,
)


def take_files_out(project_id: int, records: Iterable[SpanRecord | TraceRecord | ScoreRecord]) -> None:
    """Replaces every file in the inputs and outputs of `records` by a reference to it."""
    for record in records:
        if isinstance(record, SpanRecord):
            record.input = without_files(project_id, record.trace_id, record.input)
            record.output = without_files(project_id, record.trace_id, record.output)
        if not isinstance(record, ScoreRecord):
            claims = record.claims
            claims.input = without_files(project_id, record.trace_id, claims.input)
            claims.output = without_files(project_id, record.trace_id, claims.output)


def without_files(project_id: int, trace_id: str, text: str | None) -> str | None:
    if text is None or ("base64," not in text and not _may_have_parts(text)):
        return text

    def kept(found: re.Match[str]) -> str:
        try:
            data = b64decode(found["data"], validate=True)
        except binascii.Error:
            return found[0]
        return found["before"] + keep(project_id, trace_id, data, found["type"].lower()) + found["after"]

    return PART.sub(kept, DATA_URI.sub(kept, text))


def _may_have_parts(text: str) -> bool:
    """Cheap, since every text is asked; few are longer than a file would be and name a type."""
    return len(text) > 100 and ("media_type" in text or "mime" in text or "mediaType" in text)
