"""When an alert may tell: its days and hours, its pace, and what is muted. All in the project's time zone."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from projects.models import Project
from sessions.models import Alert, AlertPace

GATHERING_TIME = timedelta(seconds=10)  # in which sessions that enter together join one message
PAUSE = timedelta(seconds=60)  # between two messages of one alert, however often it fires
DIGEST_HOUR = 9
LONGEST_PAUSE = 8  # days to look ahead for the next hour in which an alert may tell


def due_at(project: Project, alert: Alert, now: datetime, last_told_at: datetime | None) -> datetime:
    """Return when a firing that begins now is told."""
    local = now.astimezone(ZoneInfo(project.time_zone))
    match alert.pace:
        case AlertPace.HOURLY:
            due = now + timedelta(hours=1) - timedelta(minutes=local.minute, seconds=local.second)
            due = due.replace(microsecond=0)
        case AlertPace.DAILY:
            due = _at_hour(local, DIGEST_HOUR)
            due = due if due > now else _at_hour(local + timedelta(days=1), DIGEST_HOUR)
        case _:
            due = max(now + GATHERING_TIME, last_told_at + PAUSE) if last_told_at else now + GATHERING_TIME
    return opening(project, alert, due)


def opening(project: Project, alert: Alert, moment: datetime) -> datetime:
    """Return the first moment from `moment` on at which the alert may tell."""
    local = moment.astimezone(ZoneInfo(project.time_zone))
    for ahead in range(LONGEST_PAUSE):
        day = local + timedelta(days=ahead)
        if alert.days and day.isoweekday() not in alert.days:
            continue
        opens, closes = _at_hour(day, alert.from_hour), _at_hour(day, alert.until_hour)
        if moment < closes:
            return max(moment, opens)
    return moment


def _at_hour(day: datetime, hour: int) -> datetime:
    """Return the hour of a local day; hour 24 is the beginning of the next day."""
    date = day.date() + timedelta(days=hour // 24)
    return datetime.combine(date, time(hour % 24), tzinfo=day.tzinfo)
