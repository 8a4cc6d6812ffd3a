"""End users: what each of them did, added up from the newest sessions that the list's filters let through.

A table of users would have to follow every trace. Sessions know their users already, so they are grouped when somebody
looks, at most MAX_GROUPED_SESSIONS: the page says from when on."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from django.db import connection
from django.http import QueryDict
from django.utils import timezone

from projects.models import Project
from projects.named_sql import named_sql
from projects.range_picker import RangePicker, range_picker
from projects.values import whole_number
from sessions.listing.listing import Listing
from sessions.listing.saved_views import PARAMETERS_NOT_SAVED
from sessions.models import Session
from tracing.lists.bounded import SUMMING_SETTINGS, TooLong, within
from tracing.lists.table import ListColumn, SortableHead, changed_query, sortable_head

MAX_GROUPED_SESSIONS = 50_000  # sessions: grouping them takes about a tenth of a second
LIMIT = 50
USERS_TIMEOUT_MS = 3_000  # ms for a statement of the list
FURTHEST = MAX_GROUPED_SESSIONS  # rows that can be skipped
USER_LIST_PARAMETERS = ("user", "by", "after")


@dataclass(frozen=True, kw_only=True)
class UserColumn(ListColumn):
    """A column of the list; `sql` sums up sessions, where `s` is a session beside one of its users."""

    sql: str


def _column(name: str, label: str, kind: str, sql: str) -> UserColumn:
    return UserColumn(name=name, label=label, kind=kind, sql=sql, sort=name)


USER_COLUMNS = (
    _column("sessions", "Sessions", "number", "count(*)"),
    _column("last_seen", "Last seen", "time", "max(s.updated_at)"),
    _column("first_seen", "First seen", "time", "min(s.created_at)"),
    _column("traces", "Traces", "number", "sum(s.trace_count)"),
    _column("tokens", "Tokens", "number", "sum(s.total_tokens)"),
    _column("cost", "Cost", "money", "sum(s.total_cost)"),
    _column("errors", "Errors", "number", "sum(s.error_count)"),
)
READ_FIELDS = (
    "user_ids", "trace_count", "total_tokens", "total_cost", "error_count", "created_at", "updated_at",
    "unmeasured_count", "unpriced_count",
)  # fmt: skip
USER_SUMS_BY_NAME = {column.name: column.sql for column in USER_COLUMNS}
GROUP_USERS_SQL = """
SELECT u.user_id, {sums}, sum(s.unmeasured_count), sum(s.unpriced_count), count(*) OVER ()
FROM ({newest}) s CROSS JOIN LATERAL unnest(s.user_ids) AS u(user_id)
WHERE u.user_id ILIKE %(part)s GROUP BY u.user_id ORDER BY {order}, u.user_id {direction}
LIMIT %(limit)s OFFSET %(skipped)s
"""
COUNT_DAYS_SQL = """
SELECT u.user_id, (s.created_at AT TIME ZONE %(zone)s)::date, count(*), count(*) FILTER (WHERE s.error_count > 0)
FROM ({recent}) s CROSS JOIN LATERAL unnest(s.user_ids) AS u(user_id)
WHERE u.user_id = ANY(%(users)s) GROUP BY 1, 2
"""
FIND_USERS_SQL = """
SELECT u.user_id FROM ({newest}) s CROSS JOIN LATERAL unnest(s.user_ids) AS u(user_id)
WHERE u.user_id ILIKE %(part)s GROUP BY u.user_id ORDER BY count(*) DESC, u.user_id LIMIT %(most)s
"""
SPARK_DAYS = 30
MAX_PALETTE_SESSIONS = 5_000  # the newest, among whose users the palette looks at each key


class UserDay(NamedTuple):
    """The sessions of a user that began on one day."""

    day: date
    sessions: int
    failed: int


@dataclass(frozen=True, slots=True)
class EndUser:
    user_id: str
    sessions: int
    last_seen: datetime
    first_seen: datetime
    traces: int
    tokens: int
    cost: Decimal
    errors: int
    unmeasured_count: int
    unpriced_count: int
    found: int  # users in all, the same on each


def containing(part: str) -> str:
    """Return the pattern of texts that contain `part`, for ILIKE."""
    escaped = part.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"


def find_user_ids(project: Project, part: str, most: int) -> list[str]:
    """Return users of the newest sessions whose id contains `part`, those with most sessions first. One query."""
    newest = Session.objects.for_project(project).exclude(user_ids=[]).order_by("-updated_at", "-session_id")
    inner, params = named_sql(newest.values("user_ids")[:MAX_PALETTE_SESSIONS], "session")
    with connection.cursor() as cursor:
        cursor.execute(FIND_USERS_SQL.format(newest=inner), params | {"part": containing(part), "most": most})
        return [user_id for (user_id,) in cursor.fetchall()]


class Users:
    """One answer to `params`: `user` is a part of the id, `by` the order; everything else filters sessions."""

    def __init__(self, project: Project, params: QueryDict) -> None:
        listed = params.copy()
        for name in (*USER_LIST_PARAMETERS, *PARAMETERS_NOT_SAVED, "sort"):
            listed.pop(name, None)
        self.params = params
        self.listing = Listing(project, listed)
        self.errors = self.listing.errors
        self.asked = params.get("user", "").replace("\x00", "").strip()
        by = params.get("by", "")
        self.by = by if by.removeprefix("-") in USER_SUMS_BY_NAME else "-last_seen"
        self.is_too_long = False
        self.start = min(whole_number(params.get("after", "")) or 0, FURTHEST)

    @property
    def rows(self) -> list[EndUser]:
        return self._read[0]

    @property
    def days(self) -> dict[str, list[UserDay]]:
        """Return the last SPARK_DAYS days of each user shown."""
        return self._read[1]

    @cached_property
    def _read(self) -> tuple[list[EndUser], dict[str, list[UserDay]]]:
        """Read the users and their days. Two queries."""
        if self.errors:
            return [], {}
        try:
            with within(USERS_TIMEOUT_MS, **SUMMING_SETTINGS):
                rows = self._summed()
                return rows, self._days([user.user_id for user in rows[:LIMIT]]) if rows else {}
        except TooLong:
            self.is_too_long = True
            return [], {}

    def _summed(self) -> list[EndUser]:
        newest = self.listing.matching.exclude(user_ids=[]).order_by("-updated_at", "-session_id")
        inner, params = named_sql(newest.values(*READ_FIELDS)[:MAX_GROUPED_SESSIONS], "session")
        name, is_falling = self.by.removeprefix("-"), self.by.startswith("-")
        sql = GROUP_USERS_SQL.format(
            sums=", ".join(USER_SUMS_BY_NAME.values()),
            newest=inner,
            order=f"{USER_SUMS_BY_NAME[name]} {'DESC' if is_falling else 'ASC'}",
            direction="DESC" if is_falling else "ASC",
        )
        params |= {"part": containing(self.asked), "limit": LIMIT + 1, "skipped": self.start}
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            return [EndUser(*row) for row in cursor.fetchall()]

    @property
    def shown(self) -> list[EndUser]:
        return self.rows[:LIMIT]

    def _days(self, names: list[str]) -> dict[str, list[UserDay]]:
        today = timezone.localdate()
        first = today - timedelta(days=SPARK_DAYS - 1)
        since = timezone.make_aware(datetime.combine(first, datetime.min.time()))
        recent = self.listing.matching.filter(created_at__gte=since, user_ids__overlap=names)
        fields = recent.order_by("-created_at").values("user_ids", "created_at", "error_count")
        inner, params = named_sql(fields[:MAX_GROUPED_SESSIONS], "session")
        counted: dict[tuple[str, date], tuple[int, int]] = {}
        with connection.cursor() as cursor:
            zone = timezone.get_current_timezone_name()
            cursor.execute(COUNT_DAYS_SQL.format(recent=inner), params | {"zone": zone, "users": names})
            for user_id, day, sessions, failed in cursor.fetchall():
                counted[user_id, day] = sessions, failed
        days = [first + timedelta(days=number) for number in range(SPARK_DAYS)]
        return {name: [UserDay(day, *counted.get((name, day), (0, 0))) for day in days] for name in names}

    @cached_property
    def exact(self) -> str:
        """Return the id that was asked for, if it is a user's whose sessions are all older than those read."""
        if self.shown or self.errors or not self.asked:
            return ""
        sessions = Session.objects.for_project(self.listing.project).filter(user_ids__contains=[self.asked])
        return self.asked if sessions.exists() else ""

    @property
    def picker(self) -> RangePicker:
        """The menu of times."""
        return range_picker(self.params)

    @property
    def count(self) -> int:
        return self.rows[0].found if self.rows else 0

    @property
    def next(self) -> str | None:
        return self.query(after=self.start + LIMIT) if len(self.rows) > LIMIT else None

    @property
    def previous(self) -> str | None:
        return self.query(after=max(0, self.start - LIMIT) or None) if self.start else None

    @property
    def heads(self) -> list[SortableHead[UserColumn]]:
        """The heads of the columns behind the user's id."""
        return [sortable_head(column, sort=self.by, link=lambda by: self.query(by=by)) for column in USER_COLUMNS]

    @property
    def kept(self) -> list[tuple[str, str]]:
        """The filters of sessions, for forms."""
        mine = (*USER_LIST_PARAMETERS, *PARAMETERS_NOT_SAVED, "sort")
        return [(name, v) for name, values in self.params.lists() if name not in mine for v in values if v]

    def query(self, **changes: Any) -> str:
        """Return the query of this list with changes, from its first page on; None removes a parameter."""
        return changed_query(self.params, changes, position="after")
