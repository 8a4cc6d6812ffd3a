"""Times that a report may have, and what is kept of impossible ones, as clocks of strangers tell them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache

from tracing.records import Reason, SpanRecord

PAST_LIMIT = timedelta(days=3650)
FUTURE_LIMIT = timedelta(days=1)
FIRST_TOKEN_TOLERANCE = timedelta(milliseconds=50)
LONGEST_SPAN = timedelta(days=30)

Report = Callable[[Reason, str], None]


def fit_times(record: SpanRecord, report: Report, now: datetime) -> None:
    """Drop impossible times, but keep what they still say.

    That is the duration of a span whose clock is wrong altogether, and the end of one that seems to start years
    earlier."""
    start, end = record.started_at, record.ended_at
    earliest, latest = _possible_times(now)
    if start is not None and end is not None:
        if earliest <= start <= end <= latest and end - start <= LONGEST_SPAN and record.completion_started_at is None:
            return  # as nearly always
        if timedelta(0) <= end - start <= LONGEST_SPAN and _is_skewed(start, now) and _is_skewed(end, now):
            report(Reason.CLOCK_SKEW, f"{start.isoformat()} to {end.isoformat()}{_sender(record)}")
            record.started_at, record.ended_at, record.has_wrong_clock = now - (end - start), now, True
            first = record.completion_started_at
            record.completion_started_at = now - (end - first) if first and start <= first <= end else None
        elif end - start > LONGEST_SPAN and not (_is_skewed(start, now) or _is_skewed(end, now)):
            report(Reason.CLOCK_SKEW, f"{start.isoformat()} to {end.isoformat()}{_sender(record)}")
            wrong = "started_at" if abs(now - start) > abs(now - end) else "ended_at"
            setattr(record, wrong, None)
    for field in ("started_at", "ended_at", "completion_started_at"):
        setattr(record, field, fit_time(getattr(record, field), report, now))
    _fit_first_token(record, report)


def _fit_first_token(record: SpanRecord, report: Report) -> None:
    """Drop a first token outside of its span. One that is measured by another clock may be just outside."""
    start, first, end = record.started_at, record.completion_started_at, record.ended_at
    if first is None or start is None or end is None or start <= first <= end:
        return
    inside = min(max(first, start), end)
    if abs(first - inside) > FIRST_TOKEN_TOLERANCE:
        report(Reason.CLOCK_SKEW, f"first token at {first.isoformat()}, span until {end.isoformat()}{_sender(record)}")
        record.completion_started_at = None
    else:
        record.completion_started_at = inside


def _sender(record: SpanRecord) -> str:
    """Return who sent a time, as far as the resource says."""
    resource = (record.raw or {}).get("resource") or {}
    named = [f"{key} {str(resource[key])[:60]}" for key in ("service.name", "host.name") if resource.get(key)]
    return f" ({', '.join(named)})" if named else ""


def fit_time(at: datetime | None, report: Report, now: datetime) -> datetime | None:
    """Return a time, or None if it is impossible, which is reported."""
    if at is not None and _is_skewed(at, now):
        report(Reason.CLOCK_SKEW, at.isoformat())
        return None
    return at


def _is_skewed(at: datetime, now: datetime) -> bool:
    earliest, latest = _possible_times(now)
    return not earliest <= at <= latest


@lru_cache(maxsize=1)
def _possible_times(now: datetime) -> tuple[datetime, datetime]:
    """Return the first and last time that a report may have. All reports of a request come at the same time."""
    return now - PAST_LIMIT, now + FUTURE_LIMIT
