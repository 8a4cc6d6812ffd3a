"""What alerts learn by time rather than by marks: which sessions matched from the beginning, and which fell idle."""

import time
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from projects.models import Project
from sessions.alerts.watching import read_matches
from sessions.models import Alert, AlertKind, AlertMember, Session
from tracing.models import DirtyMark
from tracing.store import dirty

KNOWN_AT_ONCE = 500  # sessions
IDLE_AT_ONCE = 2_000  # sessions
SETTLING_TIME = timedelta(seconds=2)  # a recompute that did not see the alert has ended by then
TRY_AGAIN = timedelta(minutes=5)
READ_AGAIN = timedelta(seconds=30)  # after which a clock is looked at again


def know(project: Project, until: float) -> bool:
    """Read which earlier sessions match new alerts, which fire none. Return whether some are left to read."""
    new = Alert.objects.for_project(project).filter(is_new(timezone.now()))
    return any(know_sessions(project, alert, until) for alert in new.order_by("created_at", "id"))


def know_sessions(project: Project, alert: Alert, until: float) -> bool:
    """Read which earlier sessions match one alert. Return whether the time was up before the end."""
    while not alert.is_known and _know_batch(project, alert):
        if time.monotonic() >= until:
            return True
    return False


def is_new(now: datetime) -> Q:
    """Return the condition of alerts for which earlier sessions must be read. One that failed waits for a while."""
    is_well = Q(fault="") | Q(checked_at=None) | Q(checked_at__lt=now - TRY_AGAIN)
    return is_well & Q(is_on=True, kind=AlertKind.ENTERS, is_known=False, watched_from__lte=now - SETTLING_TIME)


def _know_batch(project: Project, alert: Alert) -> bool:
    """Read the next sessions. Return False if the alert cannot be evaluated; it says why."""
    earlier = Session.objects.for_project(project).filter(
        session_id__gt=alert.known_until, computed_at__lt=alert.watched_from
    )
    ids = list(earlier.order_by("session_id").values_list("session_id", flat=True)[:KNOWN_AT_ONCE])
    matching = read_matches(project, [alert], ids, alert.watched_from).get(alert) if ids else set()
    if matching is None:
        return False
    alert.known_until, alert.is_known = ids[-1] if ids else alert.known_until, len(ids) < KNOWN_AT_ONCE
    members = (
        AlertMember(
            project_id=project.pk, watch_id=alert.watch_id, session_id=session_id, entered_at=alert.watched_from
        )
        for session_id in sorted(matching)
    )
    with transaction.atomic():
        rows = Alert.objects.for_project(project).filter(id=alert.id, watch_id=alert.watch_id)
        if rows.update(known_until=alert.known_until, is_known=alert.is_known):
            AlertMember.objects.bulk_create(members, ignore_conflicts=True)
    return True


def mark_idle(project: Project, now: datetime) -> bool:
    """Mark the sessions that have fallen idle since the last look, for alerts whose queries ask for it.

    Sessions that are active again because the project's quiet time has grown are marked, too. Return whether some are
    left."""
    edge, is_left = now - project.quiet_time, False
    asking = Alert.objects.for_project(project).watching().filter(idle_until__isnull=False)
    for alert in asking.filter(checked_at__lt=now - READ_AGAIN).order_by("id"):
        assert alert.idle_until is not None
        low, high = sorted((alert.idle_until, edge))
        crossed = Session.objects.for_project(project).filter(updated_at__gt=low, updated_at__lte=high)
        found = list(crossed.order_by("updated_at").values_list("session_id", "updated_at")[:IDLE_AT_ONCE])
        is_whole = len(found) < IDLE_AT_ONCE or edge < alert.idle_until
        with transaction.atomic():
            dirty.mark(project.pk, {DirtyMark.Target.WATCH: {session_id for session_id, _ in found}}, now)
            changes = {"idle_until": edge, "checked_at": now} if is_whole else {"idle_until": found[-1][1]}
            Alert.objects.for_project(project).filter(id=alert.id, watch_id=alert.watch_id).update(**changes)
        is_left |= not is_whole
    return is_left
