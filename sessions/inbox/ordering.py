"""Who gets summaries, and when: at eight in the morning of the reader, about whole days or weeks that are over."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.core import signing
from django.utils import timezone

from projects.models import Project, User
from sessions.models import SummaryOrder, SummaryPace

TOKEN_SALT = "summaries by mail"
SENT_AT = time(8)
SUMMARY_LENGTHS = {SummaryPace.DAILY: timedelta(days=1), SummaryPace.WEEKLY: timedelta(days=7)}


def order(project: Project, user: User, pace: str) -> None:
    """Let a member have summaries at this pace, or none for ""."""
    orders = SummaryOrder.objects.for_project(project).filter(user_id=user.pk)
    if pace not in SummaryPace.values:
        orders.delete()
    elif not orders.filter(pace=pace).exists():
        end = next_end(zone_of(project, user), SummaryPace(pace), timezone.now())
        SummaryOrder.objects.update_or_create(
            project_id=project.pk, user_id=user.pk, defaults={"pace": pace, **due(end, zone_of(project, user))}
        )


def pace_of(project: Project, user: User) -> str:
    """Return how often a member gets summaries of a project, "" for never."""
    found = SummaryOrder.objects.for_project(project).filter(user_id=user.pk)
    return found.values_list("pace", flat=True).first() or ""


def zone_of(project: Project, user: User) -> ZoneInfo:
    """Return the zone of the days of a summary: that of the reader, or of the project if they chose none."""
    return ZoneInfo(user.time_zone or project.time_zone)


def next_end(zone: ZoneInfo, pace: SummaryPace, after: datetime) -> datetime:
    """Return the first midnight after a moment, for a week that before a Monday."""
    day = after.astimezone(zone).date() + timedelta(days=1)
    if pace == SummaryPace.WEEKLY:
        day += timedelta(days=-day.weekday() % 7)
    return datetime.combine(day, time(), zone)


def due(end: datetime, zone: ZoneInfo) -> dict[str, object]:
    """Return the columns of an order whose next summary is about the time until `end`."""
    local = end.astimezone(zone)
    return {"period_end": end, "due_at": datetime.combine(local.date(), SENT_AT, zone), "attempt_count": 0}


def period_of(wanted: SummaryOrder, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the time that a summary is about, in whole days of the reader."""
    end = wanted.period_end.astimezone(zone)
    first_day = end.date() - SUMMARY_LENGTHS[SummaryPace(wanted.pace)]
    return datetime.combine(first_day, time(), zone), end


def token_of(wanted: SummaryOrder) -> str:
    """Return what ends the summaries of a person without signing in."""
    return signing.dumps([wanted.project_id, wanted.user_id], salt=TOKEN_SALT)


def orders_with(token: str) -> list[SummaryOrder]:
    """Return the order that a token ends, or nothing if it has ended. Raise BadSignature."""
    project_id, user_id = signing.loads(token, salt=TOKEN_SALT)
    return list(SummaryOrder.objects.for_project(project_id).filter(user_id=user_id))
