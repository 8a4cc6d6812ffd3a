"""What is kept of alerts, and for how long."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from sessions.alerts.watching import REENTRY_REST
from sessions.models import Alert, AlertDelivery, AlertFiring, AlertFiringSession, AlertMember, Notice

HISTORY_TIME = timedelta(days=180)  # firings with their sessions and messages
FORGOTTEN_AT_ONCE = 5_000  # rows of one table


def projects_with_alerts() -> set[int]:
    """Return the ids of the projects of which something could be forgotten."""
    return {*Alert.objects.all().project_ids(), *AlertFiring.objects.all().project_ids()}


def forget_old(project_id: int) -> int:
    """Delete old firings, and sessions that no alert watches any more. Return the number of rows."""
    old = timezone.now() - HISTORY_TIME
    firings = AlertFiring.objects.for_project(project_id).filter(began_at__lt=old)
    ids = list(firings.order_by("began_at").values_list("id", flat=True)[:FORGOTTEN_AT_ONCE])
    rows = 0
    for model in (AlertFiringSession, AlertDelivery, Notice):
        rows += model.objects.for_project(project_id).filter(firing_id__in=ids).delete()[0]
    rows += AlertFiring.objects.for_project(project_id).filter(id__in=ids).delete()[0]
    tests = AlertDelivery.objects.for_project(project_id).filter(firing_id=None, created_at__lt=old)
    return int(rows + tests.delete()[0] + _forget_members(project_id))


def _forget_members(project_id: int) -> int:
    """Delete what was remembered for queries that are no longer watched, and what left longer ago than matters."""
    watched = list(Alert.objects.for_project(project_id).values_list("watch_id", flat=True))
    members = AlertMember.objects.for_project(project_id)
    stale = members.filter(~Q(watch_id__in=watched) | Q(left_at__lt=timezone.now() - REENTRY_REST))
    keys = list(stale.values_list("watch_id", "session_id")[:FORGOTTEN_AT_ONCE])
    rows = 0
    for watch_id in {watch_id for watch_id, _ in keys}:
        ids = [session_id for one, session_id in keys if one == watch_id]
        rows += members.filter(watch_id=watch_id, session_id__in=ids).delete()[0]
    return rows
