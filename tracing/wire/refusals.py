"""Reasons to refuse a whole request, each with the status that makes its client react correctly.

Exporters repeat a request only after 429, 502, 503 or 504 (gRPC: UNAVAILABLE, or RESOURCE_EXHAUSTED with a delay).
After other failures, data is lost, so a fault of ours is always `IngestUnavailable` and never a 500."""

from grpc import StatusCode

from tracing.records import Reason


class IngestRefused(Exception):
    """A refused request. The text tells the person who configured the SDK what to do."""

    status = 400
    code = StatusCode.INVALID_ARGUMENT
    reason: Reason | None = None
    retry_after: int | None = None


class BadKey(IngestRefused):
    """The request has no valid key."""

    status = 401
    code = StatusCode.UNAUTHENTICATED


class Forbidden(IngestRefused):
    """The key is valid, but not for this."""

    status = 403
    code = StatusCode.PERMISSION_DENIED


class NotFound(IngestRefused):
    """What the request is about does not exist."""

    status = 404
    code = StatusCode.NOT_FOUND


class WrongMethod(IngestRefused):
    """The address exists, but not for this method."""

    status = 405
    code = StatusCode.UNIMPLEMENTED


class NotOffered(NotFound):
    """The API of the original platform has this, and Confab does not. Clients would ask again after a 501."""


class Invalid(IngestRefused):
    """The request was read, but is not acceptable. It is counted among the project's issues already."""


class Erased(IngestRefused):
    """The request is about something that was erased, and must not be repeated."""

    status = 410
    code = StatusCode.NOT_FOUND
    reason = Reason.ERASED


class LateRefusal(IngestRefused):
    """The request turned out to be at fault only in the database or in Python. The status says how."""

    def __init__(self, text: str, *, status: int) -> None:
        super().__init__(text)
        self.status = status


class UnsupportedContent(IngestRefused):
    """The content type or encoding is not supported."""

    status = 415
    reason = Reason.UNSUPPORTED_CONTENT


class Unreadable(IngestRefused):
    """The body cannot be decoded."""

    reason = Reason.BODY_UNREADABLE


class BodyTooLarge(IngestRefused):
    """The body is larger than allowed."""

    status = 413
    reason = Reason.BODY_TOO_LARGE


class TooSlow(IngestRefused):
    """The body did not arrive in time."""

    status = 408
    code = StatusCode.DEADLINE_EXCEEDED


class IngestRateLimited(IngestRefused):
    """The key sends too many requests."""

    status = 429
    code = StatusCode.RESOURCE_EXHAUSTED
    reason = Reason.RATE_LIMITED

    def __init__(self, text: str, *, retry_after: int) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class IngestQuotaExceeded(IngestRateLimited):
    """The project has used its monthly quota."""

    reason = Reason.QUOTA_EXCEEDED


class IngestUnavailable(IngestRefused):
    """The server cannot store data at present. The client should try again."""

    status = 503
    code = StatusCode.UNAVAILABLE
    retry_after = 1  # InteractiveAI's SDK drops a batch if the delay does not fit into its 5 seconds
