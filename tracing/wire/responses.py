"""Builds responses in the shapes that SDKs parse, always in the request's own content type, never as HTML."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from tracing.limits.fitting import clean
from tracing.records import Issue, Reason
from tracing.wire.refusals import IngestRefused
from tracing.wire.values import REJECTING_REASONS

# What is ignored on purpose, or kept all the same.
IGNORED_REASONS = frozenset(
    {
        *(Reason.LOG_IGNORED, Reason.METRICS_IGNORED, Reason.UNREAD_COST, Reason.TEXT_REPAIRED),
        Reason.SESSION_ID_OF_RESPONSE,
    }
)
RETRY_INFO_TYPE = "type.googleapis.com/google.rpc.RetryInfo"


class Outcome(NamedTuple):
    """Result of an accepted request: how many items were rejected, and why, in words."""

    rejected: int
    message: str


def count_rejected(issues: Sequence[Issue]) -> int:
    """Return how many items of a decoded request were rejected."""
    return sum(issue.reason in REJECTING_REASONS for issue in issues)


def describe(issues: Sequence[Issue]) -> str:
    """Return every reason with its count and a sample, or "" if everything was stored as sent.

    What is ignored on purpose is only counted on the issues page: a warning for every export would help nobody."""
    counts = Counter(issue.reason for issue in issues if issue.reason not in IGNORED_REASONS)
    samples = {issue.reason: issue.sample for issue in reversed(issues)}
    return clean("; ".join(f"{reason}: {count} ({samples[reason]})" for reason, count in counts.items()))


def export_response(outcome: Outcome) -> ExportTraceServiceResponse:
    """Return the response of an export, empty if everything was stored as sent, as clients expect.

    A mere warning rejects nothing. The responses of logs and metrics have the same fields under other names, so their
    bytes are the same."""
    response = ExportTraceServiceResponse()
    if outcome.message:
        response.partial_success.rejected_spans = outcome.rejected
        response.partial_success.error_message = outcome.message
    return response


def partial_success(outcome: Outcome, *, items: str) -> dict[str, object]:
    """Return `export_response` as JSON; `items` is what the signal calls its parts."""
    partial = {f"rejected{items}": str(outcome.rejected), "errorMessage": outcome.message}
    return {"partialSuccess": partial} if outcome.message else {}


def status_json(refused: IngestRefused) -> dict[str, object]:
    """Return a google.rpc.Status with the keys that Langfuse's, InteractiveAI's and Laminar's SDKs show."""
    message = str(refused)
    return {"success": False, "code": refused.code.value[0], "message": message, "error": message}


def status_message(code: int, message: str, *, retry_after: int | None = None) -> bytes:
    """Return google.rpc.Status {int32 code = 1; string message = 2; repeated Any details = 3} as bytes."""
    status = b"\x08" + _varint(code) + _field(2, message.encode("utf-8", "replace"))
    if retry_after is None:
        return status
    return status + _field(3, _field(1, RETRY_INFO_TYPE.encode()) + _field(2, retry_info(retry_after)))


def retry_info(seconds: int) -> bytes:
    """Return google.rpc.RetryInfo {Duration retry_delay = 1 {int64 seconds = 1}} as bytes."""
    return _field(1, b"\x08" + _varint(seconds))


def _field(number: int, data: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
