"""Short ways to say a span report in a test."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from tracing.records import Claims, Kind, Level, SpanRecord
from tracing.token_usage import Usage

NOON = datetime.combine(timezone.now().date(), datetime.min.time(), tzinfo=UTC) - timedelta(hours=12)


def at(seconds: float) -> datetime:
    """A moment of yesterday's noon, so that no clock check interferes."""
    return NOON + timedelta(seconds=seconds)


def span(trace_id: str, span_id: str, parent_id: str | None = None, **fields: Any) -> SpanRecord:
    """One second long, starting at noon, unless said otherwise."""
    return SpanRecord(trace_id, span_id, parent_id, **{"started_at": at(0), "ended_at": at(1)} | fields)


def call(
    trace_id: str, span_id: str, parent_id: str | None = None, tokens: tuple[int, int] = (100, 20), **fields: Any
) -> SpanRecord:
    """A model call of a priced model."""
    return span(
        trace_id, span_id, parent_id, **{"kind": Kind.GENERATION, "model": "gpt-4o", "usage": Usage(*tokens)} | fields
    )


def failed(trace_id: str, span_id: str, parent_id: str | None = None, **fields: Any) -> SpanRecord:
    return span(trace_id, span_id, parent_id, level=Level.ERROR, **fields)


def in_session(session_id: str, **claims: Any) -> Claims:
    return Claims(session_id=session_id, **claims)


def usd(amount: str) -> Decimal:
    return Decimal(amount)
