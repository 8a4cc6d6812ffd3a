"""Why a whole request is refused, with the status that makes its client do the right thing.

Exporters repeat a request only after 429, 502, 503 or 504 (gRPC: UNAVAILABLE, or RESOURCE_EXHAUSTED with a delay); any
other failure is data lost, so a fault of ours is always `IngestUnavailable`, never a 500."""

from grpc import StatusCode

from tracing.records import Reason


class IngestRefused(Exception):
    """The text tells the person who configured the SDK what to do."""

    status = 400
    code = StatusCode.INVALID_ARGUMENT
    reason: Reason | None = None
    retry_after: int | None = None


class BadKey(IngestRefused):
    status = 401
    code = StatusCode.UNAUTHENTICATED


class Forbidden(IngestRefused):
    status = 403
    code = StatusCode.PERMISSION_DENIED


class NotFound(IngestRefused):
    status = 404
    code = StatusCode.NOT_FOUND


class WrongMethod(IngestRefused):
    status = 405
    code = StatusCode.UNIMPLEMENTED


class NotOffered(IngestRefused):
    status = 501
    code = StatusCode.UNIMPLEMENTED


class Invalid(IngestRefused):
    """Read, but not acceptable; already among the project's issues."""


class Erased(IngestRefused):
    """About something that was erased. Not to be repeated."""

    status = 410
    code = StatusCode.NOT_FOUND
    reason = Reason.ERASED


class LateRefusal(IngestRefused):
    """Read and found wanting only by the database or by Python; the status says how."""

    def __init__(self, text: str, *, status: int) -> None:
        super().__init__(text)
        self.status = status


class UnsupportedContent(IngestRefused):
    status = 415
    reason = Reason.UNSUPPORTED_CONTENT


class Unreadable(IngestRefused):
    reason = Reason.BODY_UNREADABLE


class BodyTooLarge(IngestRefused):
    status = 413
    reason = Reason.BODY_TOO_LARGE


class TooSlow(IngestRefused):
    status = 408
    code = StatusCode.DEADLINE_EXCEEDED


class IngestRateLimited(IngestRefused):
    status = 429
    code = StatusCode.RESOURCE_EXHAUSTED
    reason = Reason.RATE_LIMITED

    def __init__(self, text: str, *, retry_after: int) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class IngestQuotaExceeded(IngestRateLimited):
    reason = Reason.QUOTA_EXCEEDED


class IngestUnavailable(IngestRefused):
    status = 503
    code = StatusCode.UNAVAILABLE
    retry_after = 1  # InteractiveAI's SDK gives up a batch whose delay does not fit into its 5 seconds
