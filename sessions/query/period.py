"""The time that a list is about: sessions that were going on in it, whenever they began or ended.

Totals stay those of the whole session."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q

from sessions.query.values import Moment, NoValue, moment, now

TIMES = ("range", "from", "to")
RANGES = {
    "1h": ("Last hour", timedelta(hours=1)),
    "24h": ("Last 24 hours", timedelta(hours=24)),
    "7d": ("Last 7 days", timedelta(days=7)),
    "30d": ("Last 30 days", timedelta(days=30)),
    "90d": ("Last 90 days", timedelta(days=90)),
}
ALL = "all"


class BadPeriod(ValueError):
    """`name` is the parameter at fault."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(reason)
        self.name = name


@dataclass(frozen=True)
class Period:
    """`words` say it to people; both are empty when it is all of time."""

    words: str = ""
    start: Moment | None = None
    end: Moment | None = None
    condition: Q = field(default_factory=Q)

    @property
    def until(self) -> datetime | None:
        return self.end.end if self.end else None


def period_of(range_: str, start: str, end: str) -> Period:
    """Of `?range=7d` or `?from=...&to=...`, days meant in the active zone and both included. Raises BadPeriod."""
    if range_ and (start or end):
        raise BadPeriod("range", "Give a range, or from and to, but not both.")
    if range_ in ("", ALL) and not (start or end):
        return Period()
    if range_:
        if range_ not in RANGES:
            raise BadPeriod("range", f"A range is one of {', '.join(RANGES)} or {ALL}.")
        since = now() - RANGES[range_][1]
        return Period(RANGES[range_][0], Moment(since, since), None, Q(updated_at__gte=since))
    first, last = _moment("from", start), _moment("to", end)
    condition, words = Q(), list[str]()
    if first:
        condition, words = Q(updated_at__gte=first.start), [f"from {start}"]
    if last:
        is_instant = last.start == last.end
        condition &= Q(created_at__lte=last.end) if is_instant else Q(created_at__lt=last.end)
        words.append(f"to {end}")
    if first and last and first.start > last.end:
        raise BadPeriod("from", "The time ends before it starts: swap from and to.")
    return Period(" ".join(words), first, last, condition)


def _moment(name: str, text: str) -> Moment | None:
    try:
        return moment(text) if text else None
    except NoValue as error:
        raise BadPeriod(name, f"“{text}” is not {error}.") from None
