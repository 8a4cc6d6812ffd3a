"""Alerts and what they look at, for tests: sessions are stored through the real ingest path."""

import time
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from projects.models import Project, User
from sessions.alerts import knowing, making, watching
from sessions.alerts.tasks import alerts
from sessions.models import Alert, AlertFiring, AlertFiringSession
from sessions.rollup.recomputing import drain
from tests.tracing.reports import call, failed, in_session, span
from tracing.ingest.pipeline import ingest

SOON = 60.0  # seconds, which no slice of these tests needs


def an_alert(project: Project, by: User, query: str = "has:error", **fields: Any) -> Alert:
    """An alert that is watched, and knows the sessions of before."""
    given = {"name": f"Alert {Alert.objects.for_project(project).count() + 1}", "kind": "enters", "query": query}
    alert = making.create(project, given | fields, by=by)
    if alert.kind == "enters":
        knowing.know_sessions(project, alert, time.monotonic() + SOON)
    return Alert.objects.for_project(project).get(id=alert.id)


def store(project: Project, session_id: str, trace_id: str = "", *, fails: bool = False, **claims: Any) -> None:
    """One trace of a session, with a failed span if it `fails`."""
    trace_id = trace_id or f"trace of {session_id}"
    now = timezone.now()
    times = {"started_at": now - timedelta(seconds=2), "ended_at": now - timedelta(seconds=1)}
    make = failed if fails else call
    ingest(project.pk, [
        span(trace_id, "root", claims=in_session(session_id, **claims), **times),
        make(trace_id, "inner", "root", **times),
    ])  # fmt: skip
    drain(project.pk)


def look(project: Project) -> None:
    """Let the alerts look at what was marked."""
    watching.watch(project, time.monotonic() + SOON)


def work(project: Project) -> None:
    """Do all that the worker does for the alerts of a project."""
    while alerts.work(project.pk, time.monotonic() + SOON):
        pass


def fired(project: Project, alert: Alert) -> list[set[str]]:
    """The sessions of each firing, the oldest first."""
    firings = AlertFiring.objects.for_project(project).filter(alert_id=alert.id).order_by("began_at")
    kept = AlertFiringSession.objects.for_project(project)
    return [set(kept.filter(firing_id=one.id).values_list("session_id", flat=True)) for one in firings]


def everybody_fired(project: Project, alert: Alert) -> set[str]:
    return set().union(*fired(project, alert))


def later(project: Project, alert: Alert, by: timedelta) -> None:
    """Let everything that an alert remembers be older."""
    from sessions.models import AlertMember

    for member in AlertMember.objects.for_project(project).filter(watch_id=alert.watch_id):
        changes: dict[str, datetime] = {"entered_at": member.entered_at - by}
        if member.left_at:
            changes["left_at"] = member.left_at - by
        rows = AlertMember.objects.for_project(project).filter(watch_id=alert.watch_id, session_id=member.session_id)
        rows.update(**changes)
