"""Looks which sessions have entered or left the queries of alerts, whenever sessions have changed.

Recompute, scores, comments, labels and the search index mark what has changed (`mark_watched`). Marks are taken in
batches. One reading of a batch says which sessions match each alert; what was remembered of them tells which have
entered. A session that was out of a query for a short while only does not enter it again."""

import time
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import DataError, transaction
from django.utils import timezone

from projects.models import Project
from sessions.alerts import acting, firing, telling
from sessions.alerts.conditions import WATCH_TIMEOUT_MS, ids_matching, in_project_time
from sessions.models import Alert, AlertMember
from sessions.query.compiling import Query, compiled
from sessions.query.grammar import QueryError
from tracing.lists.bounded import TooLong, within
from tracing.models import DirtyMark
from tracing.store import dirty
from tracing.store.erased import gone

MARKS_AT_ONCE = 500
WATCH_LEASE = timedelta(seconds=120)  # longer than all alerts of a project may take for a batch
# Looks of a project are apart by this for each rule beyond the free ones: 15 s with 100 rules.
FREE_RULES, REST_OF_A_RULE = 10, timedelta(seconds=15 / 90)
REENTRY_REST = timedelta(minutes=30)  # a session that comes back sooner has not entered again
TOO_SLOW = "The query takes too long to be watched. Add a condition that few sessions meet, such as a tag."

CANNOT_BE_READ = "The database refuses this query. Write it in another way."
FAULTS_OF_ONE = (TooLong, DataError)  # by which the query of one alert must not keep the others from looking

Matches = dict[Alert, set[str]]


class QueryChange(NamedTuple):
    """What a batch changed for one alert: ids of sessions."""

    entered: set[str]
    returned: set[str]
    left: set[str]


def watch(project: Project, until: float) -> bool:
    """Look at marked sessions until the time is up. Return whether many are left.

    A look costs as much for one session as for hundreds, so what comes meanwhile is left to the next sweep, and
    projects with many rules look less often."""
    target = DirtyMark.Target.WATCH
    rules = Alert.objects.for_project(project).watching().count()
    rest = max(0, rules - FREE_RULES) * REST_OF_A_RULE
    marks = DirtyMark.objects.for_project(project).filter(target=target)
    if rest and not marks.filter(marked_at__lte=timezone.now() - rest).exists():
        return False
    while claimed := dirty.claim(project.pk, target, limit=MARKS_AT_ONCE, lease=WATCH_LEASE):
        look_at(project, [item.key for item in claimed], timezone.now())
        dirty.release(project.pk, target, claimed)
        if len(claimed) < MARKS_AT_ONCE:
            return False
        if time.monotonic() >= until:
            return True
    return False


def look_at(project: Project, session_ids: Collection[str], now: datetime) -> None:
    """Let every alert that waits for sessions look at these.

    What a rule changes makes no rule act, so that no rules can drive each other in a circle; it does fire alerts."""
    alerts = list(Alert.objects.for_project(project).watching().order_by("id"))
    matches = read_matches(project, alerts, session_ids, now)
    changes = _changes(project, matches, session_ids, now)
    if not changes and not firing.emptied(project, alerts).exists():
        return
    with transaction.atomic():
        acted = _apply(project, changes, now, acts=True)
        if acted:
            matches = read_matches(project, alerts, acted, now)
            _apply(project, _changes(project, matches, acted, now), now, acts=False)
        _end_emptied(project, alerts, now)


def read_matches(project: Project, alerts: Collection[Alert], session_ids: Collection[str], now: datetime) -> Matches:
    """Return which of these sessions match each alert. One that cannot be evaluated is left out, and says why."""
    with in_project_time(project, now):
        conditions: dict[Alert, Query] = {}
        for alert in alerts:
            try:
                conditions[alert] = compiled(alert.query_text, project.pk)
            except QueryError as error:
                _miss(alert, str(error), len(session_ids))
        well = {alert: condition for alert, condition in conditions.items() if not alert.fault}
        try:
            found = _matching(project, well, session_ids)
        except FAULTS_OF_ONE:
            well, found = {}, {}
        for alert, condition in conditions.items():
            if alert not in well:
                found |= _matching_alone(project, alert, condition, session_ids)
        return found


def _matching(project: Project, conditions: Mapping[Alert, Query], session_ids: Collection[str]) -> Matches:
    with within(WATCH_TIMEOUT_MS):
        found = ids_matching(project, list(conditions.values()), session_ids)
    return dict(zip(conditions, found, strict=True))


def _matching_alone(project: Project, alert: Alert, condition: Query, session_ids: Collection[str]) -> Matches:
    """Return the matches of an alert, and none if it cannot be evaluated."""
    try:
        return _matching(project, {alert: condition}, session_ids)
    except FAULTS_OF_ONE as error:
        _miss(alert, TOO_SLOW if isinstance(error, TooLong) else CANNOT_BE_READ, len(session_ids))
        return {}


def _miss(alert: Alert, fault: str, count: int) -> None:
    """Note that an alert could not look at sessions."""
    alert.fault, alert.missed_count = fault, alert.missed_count + count
    rows = Alert.objects.for_project(alert.project_id).filter(id=alert.id, watch_id=alert.watch_id)
    rows.update(fault=fault, missed_count=alert.missed_count, checked_at=timezone.now())


def _changes(
    project: Project, matches: Matches, session_ids: Collection[str], now: datetime
) -> list[tuple[Alert, QueryChange]]:
    """Compare what matches with what was remembered. Alerts for which nothing has changed are left out."""
    remembered: dict[object, dict[str, AlertMember]] = {}
    members = AlertMember.objects.for_project(project).filter(session_id__in=list(session_ids))
    for member in members:
        remembered.setdefault(member.watch_id, {})[member.session_id] = member
    found = [(alert, _change(matching, remembered.get(alert.watch_id, {}), now)) for alert, matching in matches.items()]
    return [(alert, change) for alert, change in found if any(change)]


def _change(matching: set[str], known: Mapping[str, AlertMember], now: datetime) -> QueryChange:
    inside = {session_id for session_id, member in known.items() if member.left_at is None}
    resting = {
        session_id
        for session_id, member in known.items()
        if member.left_at is not None and member.left_at > now - REENTRY_REST
    }
    return QueryChange(matching - inside - resting, matching & resting, inside - matching)


def _apply(project: Project, changes: list[tuple[Alert, QueryChange]], now: datetime, *, acts: bool) -> set[str]:
    """Remember and tell changes. Return the sessions that rules have changed."""
    ids = [alert.id for alert, _ in changes]
    locked = Alert.objects.for_project(project).watching().filter(id__in=ids).order_by("id").select_for_update()
    current: dict[object, Alert] = {alert.watch_id: alert for alert in locked}
    erased = gone(project.pk, session_ids={session_id for _, change in changes for session_id in change.entered})
    acted: set[str] = set()
    for seen, change in changes:
        if alert := current.get(seen.watch_id):  # neither switched off nor changed meanwhile
            entered = change.entered - erased
            if alert.fault:
                Alert.objects.for_project(project).filter(id=alert.id).update(fault="")
            _remember(alert, change._replace(entered=entered), now)
            if change.returned:
                firing.reopen(project, alert, change.returned)
            if entered:
                firing.fire_for_sessions(project, alert, entered, now)
                acted |= acting.act(project, alert, entered) if acts else set()
            for ended in firing.end_left(project, alert, change.left, now) if change.left else ():
                telling.tell_end(project, alert, ended, now)
    return acted


def _end_emptied(project: Project, alerts: Collection[Alert], now: datetime) -> None:
    by_id = {alert.id: alert for alert in alerts}
    for over in firing.emptied(project, alerts).select_for_update():
        firing.end(over, now)
        telling.tell_end(project, by_id[over.alert_id], over, now)


def _remember(alert: Alert, change: QueryChange, now: datetime) -> None:
    members = AlertMember.objects.for_project(alert.project_id).filter(watch_id=alert.watch_id)
    remember(alert, change.entered, now)
    members.filter(session_id__in=list(change.returned)).update(left_at=None)
    members.filter(session_id__in=list(change.left)).update(left_at=now)


def remember(alert: Alert, session_ids: Collection[str], now: datetime) -> None:
    """Remember sessions as matching since now."""
    AlertMember.objects.bulk_create(
        (
            AlertMember(project_id=alert.project_id, watch_id=alert.watch_id, session_id=session_id, entered_at=now)
            for session_id in sorted(session_ids)
        ),
        update_conflicts=True,
        unique_fields=["project_id", "watch_id", "session_id"],
        update_fields=["entered_at", "left_at"],
    )
