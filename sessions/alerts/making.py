"""Makes, changes, mutes and deletes alerts. Members may; everything is audited."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from projects.audit import Action, Actor, actor_name, person_of, record
from projects.models import Project
from sessions.alerts.acting import checked_actions
from sessions.alerts.conditions import read_watched, watches_quiet
from sessions.alerts.measuring import SHARE_MEASURE
from sessions.alerts.refusals import AlertRefused
from sessions.boards.specs import SCORE_PREFIX
from sessions.dashboard.measures import MEASURES
from sessions.models import Alert, AlertChannel, AlertKind, AlertPace, AlertState
from sessions.models.alerts import MAX_ALERT_NAME_CHARACTERS
from sessions.models.boards import query_string_of
from sessions.query.people import naming_me

MAX_ALERTS = 100  # of one project
WINDOW_MINUTES = range(5, 31 * 24 * 60 + 1)
RECOVERY_MINUTES = range(24 * 60 + 1)
LEAST_SESSIONS = range(1, 1_000_001)
# What begins a new watch, or a new state of the number.
WATCHED_FIELDS = (
    "kind", "query_string", "among_string", "measure", "window_minutes", "is_above", "is_relative", "bound",
    "least_sessions", "is_on",
)  # fmt: skip


def create(project: Project, fields: Mapping[str, Any], *, by: Actor) -> Alert:
    """Create an alert and audit it. Raise AlertRefused."""
    if Alert.objects.for_project(project).count() >= MAX_ALERTS:
        raise AlertRefused(f"A project can have {MAX_ALERTS} alerts. Delete one first.")
    person = person_of(by)
    alert = Alert(project_id=project.pk, owner_id=person.pk if person else None, owner=actor_name(by))
    _set(alert, fields, by)
    _check(project, alert)
    _begin(project, alert)
    _save(project, alert, Action.ALERT_CREATED, by)
    return alert


def draft(project: Project, fields: Mapping[str, Any], *, by: Actor) -> Alert:
    """Return an alert that is stored nowhere, to try it. Raise AlertRefused."""
    alert = Alert(project_id=project.pk)
    _set(alert, fields, by)
    _check(project, alert)
    return alert


def change(project: Project, alert: Alert, fields: Mapping[str, Any], *, by: Actor) -> None:
    """Change an alert and audit it. A new condition begins to be watched anew. Raise AlertRefused."""
    before = [getattr(alert, name) for name in WATCHED_FIELDS]
    _set(alert, fields, by)
    _check(project, alert)
    if before != [getattr(alert, name) for name in WATCHED_FIELDS]:
        _begin(project, alert)
    alert.updated_at = timezone.now()
    _save(project, alert, Action.ALERT_CHANGED, by)


def mute(project: Project, alert: Alert, *, by: Actor, until: datetime | None = None, until_over: bool = False) -> None:
    """Let an alert tell nobody until a moment, until it is over, or no longer."""
    with transaction.atomic():
        rows = Alert.objects.for_project(project).filter(id=alert.id)
        rows.update(muted_until=until, is_muted_until_over=until_over)
        said = "until it is over" if until_over else until.isoformat(timespec="minutes") if until else "no longer"
        record(Action.ALERT_MUTED, project, actor=by, target=alert.audited, until=said)
    alert.muted_until, alert.is_muted_until_over = until, until_over


def delete(project: Project, alert: Alert, *, by: Actor) -> None:
    """Delete an alert. Its history stays until it is old."""
    with transaction.atomic():
        Alert.objects.for_project(project).filter(id=alert.id).delete()
        record(Action.ALERT_DELETED, project, actor=by, target=alert.audited)


def _set(alert: Alert, fields: Mapping[str, Any], by: Actor) -> None:
    person = person_of(by)
    for name, value in fields.items():
        if name in ("query", "among"):
            string = query_string_of(str(value).strip())
            setattr(alert, f"{name}_string", naming_me(string, person) if person else string)
        else:
            setattr(alert, name, value)


def _check(project: Project, alert: Alert) -> None:
    alert.name = " ".join(alert.name.split())
    if not 1 <= len(alert.name) <= MAX_ALERT_NAME_CHARACTERS or "\x00" in alert.name:
        raise AlertRefused(f"An alert needs a name of at most {MAX_ALERT_NAME_CHARACTERS} characters.", "name")
    if alert.kind not in AlertKind.values:
        raise AlertRefused(f"The kind is one of {', '.join(AlertKind.values)}.", "kind")
    if alert.pace not in AlertPace.values:
        raise AlertRefused(f"The pace is one of {', '.join(AlertPace.values)}.", "pace")
    read_watched(project, alert.query_text)
    if alert.kind == AlertKind.CROSSES:
        _check_number(project, alert)
    alert.actions = checked_actions(project, alert.actions)
    if alert.actions and alert.kind == AlertKind.CROSSES:
        raise AlertRefused("Only an alert about single sessions can do something to them.", "actions")
    _check_times(alert)
    known = set(AlertChannel.objects.for_project(project).values_list("id", flat=True))
    if missing := set(alert.channel_ids) - known:
        raise AlertRefused(f"There is no channel {', '.join(sorted(map(str, missing)))}.", "channel_ids")


def _check_number(project: Project, alert: Alert) -> None:
    measure = alert.measure
    is_score = measure.startswith(SCORE_PREFIX) and measure != SCORE_PREFIX
    if measure != SHARE_MEASURE and measure not in MEASURES and not is_score:
        known = ", ".join([SHARE_MEASURE, *MEASURES, f"{SCORE_PREFIX}NAME"])
        raise AlertRefused(f"There is no measure “{measure}”. Known are {known}.", "measure")
    read_watched(project, alert.among_text, "among")
    if measure != SHARE_MEASURE:
        alert.among_string = ""
    if alert.bound is None:
        raise AlertRefused("A bound is missing: the number at which the alert fires.", "bound")
    for name, allowed in (
        ("window_minutes", WINDOW_MINUTES),
        ("recovery_minutes", RECOVERY_MINUTES),
        ("least_sessions", LEAST_SESSIONS),
    ):
        if getattr(alert, name) not in allowed:
            raise AlertRefused(f"{name} is a whole number from {allowed.start} to {allowed.stop - 1:,}.", name)
    recovered = alert.bound if alert.recovery_bound is None else alert.recovery_bound
    if recovered != alert.bound and (recovered > alert.bound) == alert.is_above:
        raise AlertRefused("The recovery bound must be on the good side of the bound.", "recovery_bound")


def _check_times(alert: Alert) -> None:
    if not set(alert.days) <= set(range(1, 8)):
        raise AlertRefused("Days are numbers from 1 for Monday to 7 for Sunday.", "days")
    alert.days = sorted(set(alert.days)) if len(set(alert.days)) < 7 else []
    if not 0 <= alert.from_hour < alert.until_hour <= 24:
        raise AlertRefused("The hours begin at 0 to 23 and end later, at 24 at most.", "from_hour")


def _begin(project: Project, alert: Alert) -> None:
    """Watch from now on as if nothing had been watched before."""
    now = timezone.now()
    alert.watch_id, alert.watched_from, alert.known_until, alert.is_known = uuid.uuid4(), now, "", False
    is_clocked = alert.kind == AlertKind.ENTERS and watches_quiet(alert.query_text, project)
    alert.idle_until = now - project.quiet_time if is_clocked else None
    alert.state, alert.state_since, alert.value, alert.good_since = AlertState.OK, now, None, None
    alert.checked_at, alert.fault, alert.missed_count = (now if is_clocked else None), "", 0


def _save(project: Project, alert: Alert, action: Action, by: Actor) -> None:
    is_new = action == Action.ALERT_CREATED
    try:
        with transaction.atomic():
            alert.save(force_insert=is_new, force_update=not is_new)
            record(action, project, actor=by, target=alert.audited)
    except IntegrityError as error:
        raise AlertRefused(f"There is already an alert “{alert.name}”.", "name") from error
