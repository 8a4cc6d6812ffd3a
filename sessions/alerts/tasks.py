"""The sliced work of alerts: looking, telling, sending, and forgetting what is old.

It has no rules and may run twice or never: the rows are the truth."""

import time

from django.db.models import Q
from django.utils import timezone

from projects.jobs.jobs import job
from projects.jobs.slices import sliced
from projects.models import Project
from sessions.alerts import delivering, history, knowing, measuring, telling, watching
from sessions.models import Alert, AlertDelivery, AlertFiring
from tracing.models import DirtyMark
from tracing.store import dirty

LOOK_LEASE_SECONDS = 120


def waiting_projects() -> set[int]:
    """Return the ids of the projects in which alerts have something to look at, or firings to tell."""
    now = timezone.now()
    clocks = Q(is_on=True, idle_until__isnull=False, checked_at__lt=now - knowing.READ_AGAIN)
    found = {*dirty.waiting_projects([DirtyMark.Target.WATCH])}
    found |= {*Alert.objects.filter(measuring.is_due(now) | knowing.is_new(now) | clocks).project_ids()}
    return found | {*AlertFiring.objects.filter(telling.is_to_tell(now)).project_ids()}


@sliced("alerts", waiting=waiting_projects, lease_seconds=LOOK_LEASE_SECONDS)
def alerts(project_id: int, until: float) -> bool:
    """Look at what has changed in a project, and tell what has fired."""
    project = Project.objects.filter(pk=project_id, deleted_at=None).first()
    if project is None:
        return False
    is_left = telling.tell_due(project, timezone.now(), until)
    is_left |= knowing.know(project, until) or knowing.mark_idle(project, timezone.now())
    is_left |= watching.watch(project, until)
    return is_left | _measure(project, until)


def _measure(project: Project, until: float) -> bool:
    """Look at the numbers that are due, the longest waiting first. Return whether some are left."""
    due = Alert.objects.for_project(project).filter(measuring.is_due(timezone.now())).order_by("checked_at", "id")
    for alert in due:
        measuring.check(project, alert, timezone.now())
        if time.monotonic() >= until:
            return bool(due.exists())
    return False


@sliced(telling.DELIVERIES, waiting=AlertDelivery.objects.waiting_projects, lease_seconds=LOOK_LEASE_SECONDS)
def alert_deliveries(project_id: int, until: float) -> bool:
    """Send the messages of a project that are due."""
    return delivering.deliver(project_id, until)


@sliced("alert history", waiting=history.projects_with_alerts)
def alert_history(project_id: int, until: float) -> bool:
    """Forget what alerts need no longer."""
    with job("forget old alerts") as run:
        run.rows = history.forget_old(project_id)
    return False
