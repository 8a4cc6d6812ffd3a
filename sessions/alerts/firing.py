"""Firings: one time that an alert fired, the sessions that it is about, and its end."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from projects.models import Project
from projects.named_sql import named_sql
from sessions.alerts.schedule import due_at
from sessions.models import Alert, AlertFiring, AlertFiringSession, AlertMember, Session

MAX_FIRING_SESSIONS = 100_000  # that a firing keeps

KEEP_SESSIONS_SQL = """
INSERT INTO alert_firing_session (project_id, firing_id, session_id)
SELECT %(project)s, %(firing)s, session_id FROM ({sessions}) AS s ORDER BY session_id LIMIT %(most)s
ON CONFLICT DO NOTHING
"""


def fire_for_sessions(project: Project, alert: Alert, session_ids: Collection[str], now: datetime) -> AlertFiring:
    """Add sessions that have entered to the firing that is not told yet, or begin one."""
    is_muted = alert.is_muted(now)
    firings = AlertFiring.objects.for_project(project).filter(alert_id=alert.id)
    found = firings.filter(told_at=None, tell_at__isnull=is_muted, ended_at=None).order_by("-began_at").first()
    firing = found or begin(project, alert, now)
    AlertFiringSession.objects.bulk_create(
        (
            AlertFiringSession(project_id=project.pk, firing_id=firing.id, session_id=session_id)
            for session_id in sorted(session_ids)
        ),
        ignore_conflicts=True,
    )
    firing.session_count = AlertFiringSession.objects.for_project(project).filter(firing_id=firing.id).count()
    _row(firing).update(session_count=firing.session_count)
    return firing


def begin(
    project: Project,
    alert: Alert,
    now: datetime,
    *,
    value: Decimal | None = None,
    measured_count: int = 0,
) -> AlertFiring:
    """Begin a firing, which is told when it is due, or never if the alert is muted."""
    told = AlertFiring.objects.for_project(project).filter(alert_id=alert.id, told_at__isnull=False)
    last = told.order_by("-began_at").values_list("told_at", flat=True).first()
    firing = AlertFiring(project_id=project.pk, alert_id=alert.id, began_at=now, value=value, bound=alert.bound)
    firing.measured_count = measured_count
    firing.tell_at = None if alert.is_muted(now) else due_at(project, alert, now, last)
    firing.save(force_insert=True)
    return firing


def keep_sessions(firing: AlertFiring, sessions: QuerySet[Session]) -> None:
    """Keep the sessions that a firing is about, at most MAX_FIRING_SESSIONS of them."""
    text, params = named_sql(sessions.order_by().values_list("session_id"), "session")
    params |= {"project": firing.project_id, "firing": firing.id, "most": MAX_FIRING_SESSIONS}
    with connection.cursor() as cursor:
        cursor.execute(KEEP_SESSIONS_SQL.format(sessions=text), params)
        firing.session_count = cursor.rowcount
    _row(firing).update(session_count=firing.session_count)


def end_left(project: Project, alert: Alert, left: Collection[str], now: datetime) -> list[AlertFiring]:
    """End the firings of which every session has left, and return them."""
    ended = []
    for firing in _open_with(project, alert, left):
        if not AlertFiringSession.objects.for_project(project).filter(_inside(alert), firing_id=firing.id).exists():
            end(firing, now)
            ended.append(firing)
    return ended


def emptied(project: Project, alerts: Collection[Alert]) -> QuerySet[AlertFiring]:
    """Return the open firings of which every session was deleted."""
    sessions = AlertFiringSession.objects.for_project(project).filter(firing_id=OuterRef("id"))
    firings = AlertFiring.objects.for_project(project).filter(alert_id__in=[one.id for one in alerts], ended_at=None)
    found: QuerySet[AlertFiring] = firings.filter(~Exists(sessions))
    return found


def reopen(project: Project, alert: Alert, returned: Collection[str]) -> None:
    """Open the latest firings of sessions again that were out of the query for a short while only."""
    mine = _about(project, returned)
    firings = AlertFiring.objects.for_project(project).filter(alert_id=alert.id, ended_at__isnull=False)
    firings.filter(mine).update(ended_at=None)


def end(firing: AlertFiring, now: datetime) -> None:
    """End a firing. One that nobody was told of yet is not told any more, unless single sessions fired it."""
    firing.ended_at = now
    _row(firing).update(ended_at=now)


def _open_with(project: Project, alert: Alert, session_ids: Collection[str]) -> list[AlertFiring]:
    mine = _about(project, session_ids)
    return list(AlertFiring.objects.for_project(project).filter(mine, alert_id=alert.id, ended_at=None))


def _about(project: Project, session_ids: Collection[str]) -> Exists:
    """Whether a firing is about one of these sessions."""
    about = AlertFiringSession.objects.for_project(project).filter(session_id__in=list(session_ids))
    return Exists(about.filter(firing_id=OuterRef("id")))


def _inside(alert: Alert) -> Exists:
    members = AlertMember.objects.for_project(alert.project_id).filter(session_id=OuterRef("session_id"))
    return Exists(members.filter(watch_id=alert.watch_id, left_at=None))


def _row(firing: AlertFiring) -> QuerySet[AlertFiring]:
    rows: QuerySet[AlertFiring] = AlertFiring.objects.for_project(firing.project_id).filter(id=firing.id)
    return rows
