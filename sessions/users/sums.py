"""What sessions of one user come to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from statistics import median

from sessions.models import Session


@dataclass(frozen=True)
class ProfileSums:
    """The sums of some sessions of a user. While calls lack costs or usage, sums are lower bounds."""

    sessions: Sequence[Session]

    @property
    def count(self) -> int:
        return len(self.sessions)

    @cached_property
    def cost(self) -> Decimal:
        return sum((one.total_cost for one in self.sessions), Decimal())

    @cached_property
    def unpriced(self) -> int:
        return sum(one.unpriced_count for one in self.sessions)

    @cached_property
    def tokens(self) -> int:
        return sum(one.total_tokens for one in self.sessions)

    @cached_property
    def unmeasured(self) -> int:
        return sum(one.unmeasured_count for one in self.sessions)

    @cached_property
    def traces(self) -> int:
        return sum(one.trace_count for one in self.sessions)

    @cached_property
    def turns(self) -> int:
        return sum(one.turn_count for one in self.sessions)

    @cached_property
    def failed(self) -> int:
        return sum(one.error_count > 0 for one in self.sessions)

    @property
    def failed_share(self) -> float | None:
        return self.failed / self.count if self.count else None

    @cached_property
    def duration(self) -> float | None:
        """Return the median duration."""
        return median(one.duration_ms for one in self.sessions) if self.sessions else None


@dataclass(frozen=True)
class ProfileBar:
    """The sessions that began from a day on until before the next bar."""

    first: date
    last: date
    sums: ProfileSums
    query: str  # of the list that shows them

    @property
    def sessions(self) -> int:
        return self.sums.count

    @property
    def failed(self) -> int:
        return self.sums.failed
