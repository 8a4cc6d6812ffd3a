"""What both spellings of OTLP share: moments, ids and the bound on nesting."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tracing.json_text import dump
from tracing.limits.table import ATTRIBUTE_LIMIT, FAULTS, NESTING, SPAN_LIMIT
from tracing.records import Issue, RawSpan, Reason
from tracing.wire.refusals import BodyTooLarge

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Each issue with one of these reasons stands for one item of the request that was not taken at all.
REJECTING = frozenset({Reason.INVALID_ID, Reason.INVALID_SPAN, Reason.TOO_MANY_SPANS})


def moment(nanoseconds: int) -> datetime | None:
    """The time of `*_unix_nano`; zero means that it was not said. Raises OverflowError beyond the year 9999."""
    return EPOCH + timedelta(microseconds=nanoseconds // 1000) if nanoseconds else None


class Decoding:
    """One request being decoded: the spans so far, and what was not taken as sent."""

    def __init__(self, issues: list[Issue]) -> None:
        self.spans: list[RawSpan] = []
        self.issues = issues
        self.span_id = ""  # of the span at hand

    def report(self, reason: Reason, sample: str) -> None:
        """Note a fault. Raise BodyTooLarge when there are more than anybody reads."""
        if len(self.issues) >= FAULTS.value:
            raise BodyTooLarge(f"The request has more than {FAULTS.value:,} faults, such as {reason}: {sample[:80]}")
        self.issues.append(Issue(reason, sample[:200], self.span_id))

    def has_room(self, taken: int) -> bool:
        """Whether one more item may be taken; reports the item otherwise."""
        if taken < SPAN_LIMIT.value:
            return True
        self.report(Reason.TOO_MANY_SPANS, f"more than {SPAN_LIMIT.value:,} in one request")
        return False

    def fitting(self, pairs: Any) -> Any:
        """At most as many attributes as the limit allows."""
        if len(pairs) <= ATTRIBUTE_LIMIT.value:
            return pairs
        self.report(Reason.ATTRIBUTES_CUT, f"{len(pairs):,} attributes, {ATTRIBUTE_LIMIT.value:,} kept")
        return pairs[: ATTRIBUTE_LIMIT.value]

    def shallow(self, value: Any, depth: int) -> Any:
        """`value` itself, or its JSON text where it begins to nest deeper than anybody reads."""
        if depth != NESTING.value + 1:
            return value
        self.report(Reason.NESTED_TOO_DEEP, f"deeper than {NESTING.value} levels")
        return dump(value)
