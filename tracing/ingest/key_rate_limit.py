"""Rate limit of API keys, in windows so short that clients can wait for the next one within their own deadlines."""

from django.conf import settings
from django.http import HttpRequest

from projects.rate_limits import Rate, count
from tracing.limits.table import RATE_WINDOW_SECONDS
from tracing.wire.refusals import IngestRateLimited


def admit(key_id: int, request: HttpRequest | None = None) -> None:
    """Count one request of an API key. Raises IngestRateLimited beyond the limit."""
    most = settings.REQUESTS_PER_SECOND * RATE_WINDOW_SECONDS
    if not most:
        return
    standing = count(Rate("key", most, RATE_WINDOW_SECONDS), key_id, request)
    if standing and standing.is_exceeded:
        raise IngestRateLimited(
            f"More than {settings.REQUESTS_PER_SECOND} requests a second with one key. Send larger batches.",
            retry_after=standing.seconds_left,
        )
