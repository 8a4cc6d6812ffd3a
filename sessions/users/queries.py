"""What the list of users reads: sums of sessions by user, their days, and how their newest sessions begin."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from projects.models import Project
from projects.named_sql import named_sql
from sessions.models import Session
from tracing.lists.table import ListColumn

MAX_GROUPED_SESSIONS = 50_000  # sessions: grouping them takes about a tenth of a second
MAX_PALETTE_SESSIONS = 5_000  # the newest, among whose users the palette looks at each key
MAX_OPENINGS = 3  # of a user, by which the languages are told
READ_FIELDS = (
    "session_id", "user_ids", "trace_count", "total_tokens", "total_cost", "error_count", "created_at", "updated_at",
    "unmeasured_count", "unpriced_count",
)  # fmt: skip


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
    _column("score", "Score", "number", "avg(c.mean)"),
)
USER_SUMS_BY_NAME = {column.name: column.sql for column in USER_COLUMNS}
GROUP_USERS_SQL = """
SELECT u.user_id, {sums}, sum(s.unmeasured_count), sum(s.unpriced_count), count(*) OVER ()
FROM ({newest}) s CROSS JOIN LATERAL unnest(s.user_ids) AS u(user_id)
LEFT JOIN session_score c ON c.project_id = %(project)s AND c.session_id = s.session_id AND c.name = %(score)s
WHERE u.user_id ILIKE ALL(%(parts)s::text[]) AND NOT u.user_id ILIKE ANY(%(lacked)s::text[])
GROUP BY u.user_id ORDER BY {order} NULLS LAST, u.user_id {direction}
LIMIT %(limit)s OFFSET %(skipped)s
"""
COUNT_DAYS_SQL = """
SELECT u.user_id, (s.created_at AT TIME ZONE %(zone)s)::date, count(*), count(*) FILTER (WHERE s.error_count > 0)
FROM ({recent}) s CROSS JOIN LATERAL unnest(s.user_ids) AS u(user_id)
WHERE u.user_id = ANY(%(users)s) GROUP BY 1, 2
"""
OPENINGS_SQL = """
SELECT user_id, first_input FROM (
    SELECT u.user_id, s.first_input, row_number() OVER (PARTITION BY u.user_id ORDER BY s.updated_at DESC) AS place
    FROM ({newest}) s CROSS JOIN LATERAL unnest(s.user_ids) AS u(user_id) WHERE u.user_id = ANY(%(users)s)) o
WHERE place <= %(most)s
"""
FIND_USERS_SQL = """
SELECT u.user_id FROM ({newest}) s CROSS JOIN LATERAL unnest(s.user_ids) AS u(user_id)
WHERE u.user_id ILIKE %(part)s GROUP BY u.user_id ORDER BY count(*) DESC, u.user_id LIMIT %(most)s
"""
Sessions = QuerySet[Session]


@dataclass(frozen=True, slots=True)
class EndUser:
    """A user with the sums of the sessions that were read. `score` is the mean of the sessions' means."""

    user_id: str
    sessions: int
    last_seen: datetime
    first_seen: datetime
    traces: int
    tokens: int
    cost: Decimal
    errors: int
    score: Decimal | None
    unmeasured_count: int
    unpriced_count: int
    found: int  # users in all, the same on each


class DayCount(NamedTuple):
    """The sessions of a user that began on a day, and those of them that failed."""

    user_id: str
    day: date
    sessions: int
    failed: int


@dataclass(frozen=True, kw_only=True)
class UserOrder:
    """Which users are read: the column that orders them, the direction, and the place of the page."""

    column: str
    is_falling: bool
    skipped: int
    limit: int


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


def has_more_than_grouped(sessions: Sessions) -> bool:
    """Return whether `sum_up` leaves out the oldest of these sessions."""
    return sessions.exclude(user_ids=[]).order_by()[MAX_GROUPED_SESSIONS : MAX_GROUPED_SESSIONS + 1].count() > 0


def sum_up(
    project: Project, sessions: Sessions, order: UserOrder, *, parts: list[str], lacked: list[str], score: str
) -> list[EndUser]:
    """Return the users of the newest of these sessions whose ids contain all of `parts` and none of `lacked`."""
    newest = sessions.exclude(user_ids=[]).order_by("-updated_at", "-session_id")
    inner, params = named_sql(newest.values(*READ_FIELDS)[:MAX_GROUPED_SESSIONS], "session")
    direction = "DESC" if order.is_falling else "ASC"
    sql = GROUP_USERS_SQL.format(
        sums=", ".join(USER_SUMS_BY_NAME.values()),
        newest=inner,
        order=f"{USER_SUMS_BY_NAME[order.column]} {direction}",
        direction=direction,
    )
    params |= {
        "project": project.pk, "score": score, "limit": order.limit, "skipped": order.skipped,
        "parts": [containing(part) for part in parts], "lacked": [containing(part) for part in lacked],
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [EndUser(*row) for row in cursor.fetchall()]


def count_days(sessions: Sessions, user_ids: list[str], since: datetime) -> list[DayCount]:
    """Return the sessions of these users by the reader's day, for days that have any."""
    recent = sessions.filter(created_at__gte=since, user_ids__overlap=user_ids).order_by("-created_at")
    inner, params = named_sql(recent.values("user_ids", "created_at", "error_count")[:MAX_GROUPED_SESSIONS], "session")
    params |= {"zone": timezone.get_current_timezone_name(), "users": user_ids}
    with connection.cursor() as cursor:
        cursor.execute(COUNT_DAYS_SQL.format(recent=inner), params)
        return [DayCount(*row) for row in cursor.fetchall()]


def read_openings(sessions: Sessions, user_ids: list[str], most: int) -> list[tuple[str, str]]:
    """Return users with the first input of up to MAX_OPENINGS sessions each, among the `most` newest of them."""
    newest = sessions.filter(user_ids__overlap=user_ids).order_by("-updated_at", "-session_id")
    inner, params = named_sql(newest.values("user_ids", "first_input", "updated_at")[:most], "session")
    with connection.cursor() as cursor:
        cursor.execute(OPENINGS_SQL.format(newest=inner), params | {"users": user_ids, "most": MAX_OPENINGS})
        rows: list[tuple[str, str]] = cursor.fetchall()
        return rows
