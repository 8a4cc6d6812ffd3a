"""Totals of the newest MAX_SUMMED_SESSIONS of a list, one statement for each."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Aggregate, Count, F, FloatField, Max, Min, Q, QuerySet, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.utils import timezone

from projects.named_sql import named_sql
from sessions.listing.listing import Count as Counted
from sessions.listing.listing import Listing
from sessions.models import Session
from sessions.models.properties import PropertyKind
from tracing.lists.bounded import within

BINNED = """
SELECT date_bin(%(step)s, created_at, %(start)s), count(*), count(*) FILTER (WHERE error_count > 0)
FROM newest GROUP BY 1"""
SET_VALUES_SQL = """
SELECT value, count(*) FROM newest, unnest(found) AS value GROUP BY value
ORDER BY count(*) DESC, value COLLATE "C" LIMIT %(limit)s"""
MAX_SUMMED_SESSIONS = 20_000  # sessions: a tenth of a second
SUMMARY_TIMEOUT_MS = 1_500  # ms for a statement
BUCKETS = 60  # bars of a series, at most
BUCKET_WIDTHS = tuple(
    timedelta(seconds=seconds)
    for seconds in (10, 60, 300, 900, 3_600, 10_800, 21_600, 43_200, 86_400, 604_800, 2_592_000, 31_536_000)
)


class Percentile(Aggregate):
    """Between two values where none is exactly there."""

    function = "percentile_cont"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()

    def __init__(self, expression: str, *, share: float) -> None:
        super().__init__(expression, share=share)


@dataclass(frozen=True)
class Strip:
    """`is_capped` when it is of the newest sessions only. Durations in ms, shares from 0 to 1."""

    session_count: int
    is_capped: bool
    turn_count: int
    total_cost: Decimal
    unmeasured_count: int
    unpriced_count: int
    total_tokens: int
    median: float | None
    high: float | None  # 95 of 100 sessions are no longer
    failed: int  # sessions with an error
    first: datetime | None  # when the first of them began, and the last
    last: datetime | None

    @property
    def count(self) -> Counted:
        return Counted(self.session_count, self.is_capped)

    @property
    def turns_each(self) -> float:
        return self.turn_count / self.session_count if self.session_count else 0.0


@dataclass(frozen=True)
class Bucket:
    """Sessions that began from `start` until just before `end`."""

    start: datetime
    end: datetime
    session_count: int
    failed: int


def newest(listing: Listing, most: int | None = None) -> QuerySet[Session]:
    return listing.shown.order_by("-updated_at", "-session_id")[: most or MAX_SUMMED_SESSIONS]


def strip(listing: Listing, most: int | None = None) -> Strip:
    """Sum up at most MAX_SUMMED_SESSIONS, or as many as the caller has time for. Raise TooLong."""
    with within(SUMMARY_TIMEOUT_MS):
        found: dict[str, Any] = newest(listing, most).aggregate(
            session_count=Count("*"),
            turn_count=Coalesce(Sum("turn_count"), 0),
            total_cost=Coalesce(Sum("total_cost"), Decimal(0)),
            unmeasured_count=Coalesce(Sum("unmeasured_count"), 0),
            unpriced_count=Coalesce(Sum("unpriced_count"), 0),
            total_tokens=Coalesce(Sum("total_tokens"), 0),
            median=Percentile("duration_ms", share=0.5),
            high=Percentile("duration_ms", share=0.95),
            failed=Count("session_id", filter=Q(error_count__gt=0)),
            first=Min("created_at"),
            last=Max("created_at"),
        )
    is_capped = found["session_count"] >= (most or MAX_SUMMED_SESSIONS) or listing.since is not None
    return Strip(is_capped=is_capped, **found)


def series(listing: Listing, summed: Strip) -> list[Bucket]:
    """Count the sessions over time in at most BUCKETS equal steps, including empty ones. Raise TooLong."""
    if summed.first is None or summed.last is None:
        return []
    step = _step(summed.last - summed.first)
    start = _origin(summed.first, step)
    rows = newest(listing).values("created_at", "error_count")
    by_start = {row[0]: row[1:] for row in _grouped(BINNED, rows, step=step, start=start)}
    buckets = []
    while start <= summed.last:
        buckets.append(Bucket(start, start + step, *by_start.get(start, (0, 0))))
        start += step
    return buckets


def facet_counts(listing: Listing, name: str, limit: int = 20, most: int | None = None) -> list[tuple[str, int]]:
    """Count the sessions with each value of a set property, the most frequent value first.

    Raise TooLong, or KeyError if the property is no set."""
    declared = listing.properties[name]
    if declared.kind != PropertyKind.SET:
        raise KeyError(name)
    return count_each(listing, F(declared.field), limit, most)


def count_each(listing: Listing, values: Combinable, limit: int = 20, most: int | None = None) -> list[tuple[str, int]]:
    """Count the sessions with each value of an array of texts, the most frequent value first. Raise TooLong."""
    rows = newest(listing, most).annotate(found=values).values("found")
    counted = _grouped(SET_VALUES_SQL, rows, limit=limit + 1)  # one of them may be nothing
    return [(value, number) for value, number in counted if value is not None][:limit]


def _grouped(sql: str, rows: QuerySet[Session, Any], **values: Any) -> list[tuple[Any, ...]]:
    """Run `sql`, which calls the rows `newest`. The ORM would look up each row again to group them."""
    try:
        inner, params = named_sql(rows, "newest")
    except EmptyResultSet:
        return []
    with within(SUMMARY_TIMEOUT_MS), connection.cursor() as cursor:
        cursor.execute(f"WITH newest AS ({inner}) {sql}", params | values)
        return list(cursor.fetchall())


def _step(length: timedelta) -> timedelta:
    return next((step for step in BUCKET_WIDTHS if length / step < BUCKETS - 1), length / (BUCKETS - 2))


def _origin(first: datetime, step: timedelta) -> datetime:
    """Return the start of the step that contains `first`, counted from midnight in the active zone."""
    midnight = timezone.localtime(first).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (first - midnight) // step * step if step <= timedelta(days=1) else midnight
