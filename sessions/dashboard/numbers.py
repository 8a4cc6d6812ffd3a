"""The numbers of the dashboard: one statement for each question, over the sessions that the list would show.

Exact up to COUNTED sessions; of more, the newest so many, which the page says."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count, F, Func, Q, Sum
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay, TruncDay, TruncHour
from django.utils import timezone

from sessions.listing import Listing
from sessions.models import Session
from sessions.summary.sums import Percentile, newest
from tracing.bounded import within

COUNTED = 200_000  # sessions
PATIENCE = 3_000  # ms for a statement
HOURLY = timedelta(hours=50)  # a shorter time is drawn by the hour


@dataclass(frozen=True)
class Step:
    """What the sessions that began in one hour or day come to. Durations in ms."""

    start: datetime
    session_count: int = 0
    failed: int = 0
    user_count: int = 0
    total_cost: Decimal = Decimal(0)
    total_tokens: int = 0
    median: float | None = None
    high: float | None = None


def _again(listing: Listing) -> Any:
    """The same rows, to group by."""
    rows = Session.objects.for_project(listing.project)
    return rows.filter(session_id__in=newest(listing, COUNTED).values("session_id"))


def steps_of(listing: Listing, first: datetime, last: datetime) -> list[Step]:
    """By hour or by day of the active zone, gaps included. Raises TooLong."""
    is_hourly = last - first < HOURLY
    starting = (TruncHour if is_hourly else TruncDay)("created_at")
    rows = _again(listing).filter(created_at__gte=first).annotate(start=starting)
    sums = rows.values("start").annotate(
        session_count=Count("session_id"),
        failed=Count("session_id", filter=Q(error_count__gt=0)),
        total_cost=Sum("total_cost"),
        total_tokens=Sum("total_tokens"),
        median=Percentile("duration_ms", share=0.5),
        high=Percentile("duration_ms", share=0.95),
    )
    with within(PATIENCE):
        found = {row["start"]: row for row in sums}
        people = _users_by_start(rows)
    return [
        Step(**{**found.get(start, {"start": start}), "user_count": people.get(start, 0)})
        for start in _starts(first, last, is_hourly=is_hourly)
    ]


def _users_by_start(rows: Any) -> dict[datetime, int]:
    """A user who comes twice in a step is one."""
    pairs = rows.annotate(user=Func(F("user_ids"), function="unnest")).values("start", "user").distinct()
    statement, params = pairs.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT start, count(*) FROM ({statement}) AS pair GROUP BY start", params)
        # The database cuts off hours and days on the clock of the zone.
        return {timezone.make_aware(start): number for start, number in cursor.fetchall()}


def active_users(listing: Listing) -> int:
    """Raises TooLong."""
    with within(PATIENCE):
        users = _again(listing).annotate(user=Func(F("user_ids"), function="unnest"))
        return int(users.values("user").distinct().count())


def by_hour_of_week(listing: Listing) -> list[list[int]]:
    """Sessions that began in each hour of each weekday, Monday first, in the active zone. Raises TooLong."""
    counts = [[0] * 24 for _ in range(7)]
    hours = _again(listing).annotate(day=ExtractIsoWeekDay("created_at"), hour=ExtractHour("created_at"))
    with within(PATIENCE):
        for row in hours.values("day", "hour").annotate(number=Count("session_id")):
            counts[row["day"] - 1][row["hour"]] = row["number"]
    return counts


def _starts(first: datetime, last: datetime, *, is_hourly: bool) -> list[datetime]:
    """Of the hours or days of the active zone, of which a change of the clocks makes one longer or shorter."""
    local = timezone.localtime(first)
    if is_hourly:
        start = local.replace(minute=0, second=0, microsecond=0)
        hours = int((last - start) / timedelta(hours=1)) + 1
        return [timezone.localtime(start.astimezone(UTC) + timedelta(hours=number)) for number in range(hours)]
    days = (timezone.localtime(last).date() - local.date()).days + 1
    return [_midnight(local.date() + timedelta(days=number)) for number in range(days)]


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=timezone.get_current_timezone())
