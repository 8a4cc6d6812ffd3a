"""The time that a list is about: sessions that were going on in it, whenever they began or ended.

Totals stay those of the whole session."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from projects.date_range import RANGE_PARAMETERS, DateRange, date_range
from sessions.query.values import now

TIMES = RANGE_PARAMETERS


@dataclass(frozen=True)
class Period(DateRange):
    """The time of a list, and the condition that it makes."""

    condition: Q = field(default_factory=Q)

    @property
    def until(self) -> datetime | None:
        return self.end.end if self.end else None


def period_of(params: Mapping[str, str]) -> Period:
    """Of `?range=7d` or `?from=...&to=...`; an end that is a day includes the day. Raise BadRange."""
    found = date_range(params, now())
    condition = Q(updated_at__gte=found.start.start) if found.start else Q()
    if found.end:
        is_instant = found.end.start == found.end.end
        condition &= Q(created_at__lte=found.end.end) if is_instant else Q(created_at__lt=found.end.end)
    return Period(found.words, found.start, found.end, condition)
