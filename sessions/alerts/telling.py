"""Whom a firing is told: one delivery for each channel, made in the transaction that says so."""

import time
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from projects.access import people_of
from projects.jobs.slices import wake
from projects.models import NoticeKind, Project
from sessions.alerts.schedule import opening
from sessions.models import Alert, AlertChannel, AlertDelivery, AlertFiring
from sessions.noticing import tell

DELIVERIES = "alert deliveries"  # the kind of sliced work
TOLD_AT_ONCE = 50  # firings


def is_to_tell(now: datetime) -> Q:
    """Return the condition of firings whose message is due."""
    return Q(told_at=None, tell_at__lte=now)


def tell_due(project: Project, now: datetime, until: float) -> bool:
    """Tell the firings that are due until the time is up. Return whether some are left."""
    due = AlertFiring.objects.for_project(project).filter(is_to_tell(now)).order_by("tell_at", "id")
    for found in due[:TOLD_AT_ONCE]:
        with transaction.atomic():
            firing = due.filter(id=found.id).select_for_update().first()
            alert = Alert.objects.for_project(project).filter(id=found.alert_id).first()
            if firing is not None:
                _tell(project, alert, firing, now)
        if time.monotonic() >= until:
            break
    return due.exists()


def tell_end(project: Project, alert: Alert, firing: AlertFiring, now: datetime) -> None:
    """Tell that a firing is over, to those who heard that it began."""
    if firing.told_at is None:
        return
    if alert.tells_end and not alert.is_muted(now):
        add_deliveries(project, alert, firing, AlertDelivery.Event.ENDED, opening(project, alert, now))


def _tell(project: Project, alert: Alert | None, firing: AlertFiring, now: datetime) -> None:
    is_news = alert is not None and not (firing.ended_at and alert.bound is not None)
    if alert is not None and is_news and not alert.is_muted(now):
        add_deliveries(project, alert, firing, AlertDelivery.Event.FIRED, now)
        told: dict[str, datetime | None] = {"told_at": now}
    else:
        told = {"tell_at": None}  # it is over, muted or deleted: the history alone says it
    AlertFiring.objects.for_project(project).filter(id=firing.id).update(**told)


def add_deliveries(
    project: Project, alert: Alert, firing: AlertFiring, event: AlertDelivery.Event, due_at: datetime
) -> None:
    """Add a delivery for each channel of an alert, and for each reader of its mail, whose inbox has a firing, too."""
    channels = AlertChannel.objects.for_project(project).filter(id__in=alert.channel_ids)
    told = [(channel, recipient_id) for channel in channels for recipient_id in recipients(project, channel)]
    AlertDelivery.objects.bulk_create(
        AlertDelivery(
            project_id=project.pk,
            firing_id=firing.id,
            channel_id=channel.id,
            event=event,
            recipient_id=recipient_id,
            due_at=due_at,
            created_at=due_at,
        )
        for channel, recipient_id in told
    )
    if event == AlertDelivery.Event.FIRED:
        people = {recipient_id for _, recipient_id in told if recipient_id is not None}
        about = {"firing_id": firing.id, "session_count": firing.session_count}
        tell(project.pk, NoticeKind.ALERT, people, by=f"alert {alert.id}", **about)
    transaction.on_commit(lambda: wake(DELIVERIES, project.pk), robust=True)


def recipients(project: Project, channel: AlertChannel) -> Iterable[int | None]:
    """Return the members whom a channel reaches one by one, or [None] for a channel that is one receiver."""
    if channel.kind != AlertChannel.Kind.MAIL:
        return [None]
    people = people_of(project.pk)
    if channel.user_ids:
        people = people.filter(pk__in=channel.user_ids)
    return list(people.values_list("pk", flat=True))
