"""Common parts of both OTLP encodings: times, ids and the limit of nesting."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tracing.json_text import dump
from tracing.limits.table import ATTRIBUTE_LIMIT, FAULTS, NESTING, SPAN_LIMIT
from tracing.records import Issue, RawSpan, Reason
from tracing.wire.refusals import BodyTooLarge

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_EXACT_NANOSECONDS = 2**32 * 10**9  # until the year 2106, seconds as a float tell every microsecond
# Each issue with one of these reasons is one item of the request that was rejected.
REJECTING_REASONS = frozenset({Reason.INVALID_ID, Reason.INVALID_SPAN, Reason.TOO_MANY_SPANS})


def moment(nanoseconds: int) -> datetime | None:
    """Return the time of a `*_unix_nano` field, or None for zero, which means that it is not set.

    Raises OverflowError beyond the year 9999."""
    if 0 < nanoseconds < MAX_EXACT_NANOSECONDS:  # in a third of the time
        return datetime.fromtimestamp(nanoseconds // 1000 / 10**6, UTC)
    return EPOCH + timedelta(microseconds=nanoseconds // 1000) if nanoseconds else None


class Decoding:
    """State of one request that is being decoded: the spans so far, and what could not be taken as sent."""

    def __init__(self, issues: list[Issue]) -> None:
        self.spans: list[RawSpan] = []
        self.issues = issues
        self.span_id = ""  # of the span that is being decoded

    def report(self, reason: Reason, sample: str) -> None:
        """Note a fault. Raises BodyTooLarge if there are more than the limit."""
        if len(self.issues) >= FAULTS.value:
            raise BodyTooLarge(f"The request has more than {FAULTS.value:,} faults, such as {reason}: {sample[:80]}")
        self.issues.append(Issue(reason, sample[:200], self.span_id))

    def has_room(self, taken: int) -> bool:
        """Return whether one more item may be taken, and report the item otherwise."""
        if taken < SPAN_LIMIT.value:
            return True
        self.report(Reason.TOO_MANY_SPANS, f"more than {SPAN_LIMIT.value:,} in one request")
        return False

    def fitting(self, pairs: Any) -> Any:
        """Return at most as many attributes as the limit allows."""
        if len(pairs) <= ATTRIBUTE_LIMIT.value:
            return pairs
        self.report(Reason.ATTRIBUTES_CUT, f"{len(pairs):,} attributes, {ATTRIBUTE_LIMIT.value:,} kept")
        return pairs[: ATTRIBUTE_LIMIT.value]

    def shallow(self, value: Any, depth: int) -> Any:
        """Return `value`, or its JSON text if it is nested too deeply."""
        if depth != NESTING.value + 1:
            return value
        self.report(Reason.NESTED_TOO_DEEP, f"deeper than {NESTING.value} levels")
        return dump(value)
