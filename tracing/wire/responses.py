"""Answers in the shapes that SDKs parse, whichever transport carries them."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from tracing.limits.fitting import clean
from tracing.records import Issue, Reason
from tracing.wire.refusals import IngestRefused
from tracing.wire.values import REJECTING

IGNORED = frozenset({Reason.LOG_IGNORED, Reason.METRICS_IGNORED})
RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo"


class Outcome(NamedTuple):
    """What became of a request that was taken: how many items were not, and why, in words."""

    rejected: int
    message: str


def count_rejected(issues: Sequence[Issue]) -> int:
    """How many items of a decoded request were not taken at all."""
    return sum(issue.reason in REJECTING for issue in issues)


def describe(issues: Sequence[Issue]) -> str:
    """Every reason with its count and a sample; empty when everything was taken as sent. What is ignored by intent is
    counted on the issues page alone: a warning for every export would help nobody."""
    counts = Counter(issue.reason for issue in issues if issue.reason not in IGNORED)
    samples = {issue.reason: issue.sample for issue in reversed(issues)}
    return clean("; ".join(f"{reason}: {count} ({samples[reason]})" for reason, count in counts.items()))


def export_response(outcome: Outcome) -> ExportTraceServiceResponse:
    """Empty when everything was taken as sent, as clients expect; a mere warning rejects nothing. The responses of logs
    and metrics have the same fields under other names, so their bytes are the same."""
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
    """google.rpc.Status {int32 code = 1; string message = 2; repeated Any details = 3}, made by hand."""
    status = b"\x08" + _varint(code) + _field(2, message.encode("utf-8", "replace"))
    if retry_after is None:
        return status
    return status + _field(3, _field(1, RETRY_INFO.encode()) + _field(2, retry_info(retry_after)))


def retry_info(seconds: int) -> bytes:
    """google.rpc.RetryInfo {Duration retry_delay = 1 {int64 seconds = 1}}."""
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
