"""Numbers that are watched: what is measured of the sessions that began within a window, and when it fires.

A number is computed from stored sessions at every look, so late traces move it right."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from projects.models import Project
from sessions.alerts import firing, telling
from sessions.alerts.conditions import in_project_time
from sessions.boards.queries import TileRows, tile_statement
from sessions.boards.specs import TileSpec, typed
from sessions.dashboard.measures import SessionMeasure
from sessions.models import Alert, AlertFiring, AlertKind, AlertState, Session
from sessions.query.compiling import compiled, condition_in
from sessions.query.grammar import QueryError
from tracing.lists.bounded import SUMMING_SETTINGS, TooLong, within

SHARE_MEASURE = "share"  # the measure that is no measure of sessions: how many of some are others
CHECK_EVERY = timedelta(seconds=30)
MEASURE_TIMEOUT_MS = 5_000  # ms for a statement
TOO_SLOW_TO_MEASURE = "Measuring takes too long. Choose a shorter window, or add a condition."
PLACES = Decimal("1e-9")


class NumberEvent(StrEnum):
    """What a look at a number changes."""

    NOTHING = ""
    BEGAN = "began"
    ENDED = "ended"


@dataclass(frozen=True)
class WindowNumber:
    """What was measured in a window: None where there is no value, or only a part of it is known.

    `count` is the number of sessions that were measured, `sessions` those that the number is about."""

    value: Decimal | None
    count: int
    sessions: QuerySet[Session]


def measure_of(alert: Alert) -> SessionMeasure | None:
    """Return what is measured of sessions; None for a share."""
    return None if alert.measure == SHARE_MEASURE else typed(TileSpec(measure=alert.measure), alert.project_id).measured


def is_due(now: datetime) -> Q:
    """Return the condition of alerts whose number must be looked at."""
    is_late = Q(checked_at=None) | Q(checked_at__lte=now - CHECK_EVERY)
    return is_late & Q(is_on=True, kind=AlertKind.CROSSES)


def check(project: Project, alert: Alert, now: datetime) -> None:
    """Look at the number of an alert, and fire or end what it fires."""
    try:
        with in_project_time(project, now), within(MEASURE_TIMEOUT_MS, **SUMMING_SETTINGS):
            found = read_number(project, alert, now)
    except (TooLong, QueryError) as error:
        fault = TOO_SLOW_TO_MEASURE if isinstance(error, TooLong) else str(error)
        Alert.objects.for_project(project).filter(id=alert.id).update(fault=fault, checked_at=now)
        return
    with transaction.atomic():
        locked = Alert.objects.for_project(project).filter(id=alert.id, updated_at=alert.updated_at, is_on=True)
        if current := locked.select_for_update().first():
            _settle(project, current, found, now)


def read_number(project: Project, alert: Alert, now: datetime) -> WindowNumber:
    """Measure the window that ends now; a relative alert measures the change to the window before."""
    window = timedelta(minutes=alert.window_minutes)
    found = _in_window(project, alert, now - window, now)
    if not alert.is_relative:
        return found
    before = _in_window(project, alert, now - 2 * window, now - window)
    if found.value is None or not before.value or before.count < alert.least_sessions:
        return replace(found, value=None)
    return replace(found, value=(found.value / before.value - 1).quantize(PLACES))


def _in_window(project: Project, alert: Alert, since: datetime, until: datetime) -> WindowNumber:
    began: QuerySet[Session] = Session.objects.for_project(project).filter(created_at__gt=since, created_at__lte=until)
    rows = began.filter(compiled(alert.query_text, project.pk).condition)
    measure = measure_of(alert)
    if measure is None:
        whole = began.filter(compiled(alert.among_text, project.pk).condition)
        part = rows.filter(compiled(alert.among_text, project.pk).condition)
        count = whole.count()
        return WindowNumber((Decimal(part.count()) / count).quantize(PLACES) if count else None, count, part)
    spec = TileSpec(measure=alert.measure)
    about = rows.filter(condition_in(measure.condition, project.pk, "session")) if measure.condition else rows
    count = (about if spec.score else rows).count()
    value, unknown = _computed(TileRows(project_id=project.pk, rows=rows, starts=[], score=spec.score,
                                        over_users=measure.over_users), measure)  # fmt: skip
    if value is None and measure.is_additive and not unknown:
        value = Decimal(0)
    is_known = value is not None and not (unknown and (not value or not alert.is_above or alert.is_relative))
    return WindowNumber(Decimal(str(value)).quantize(PLACES) if is_known else None, count, about)


def _computed(rows: TileRows, measure: SessionMeasure) -> tuple[Any, int]:
    """Return the value, and how many parts of it are unknown."""
    try:
        statement, params = tile_statement(rows, measure, most=1)
    except EmptyResultSet:
        return None, 0
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        totals = [row for row in cursor.fetchall() if row[0]]
    return (totals[0][3], int(totals[0][4] or 0)) if totals else (None, 0)


def advance(alert: Alert, found: WindowNumber, now: datetime) -> NumberEvent:
    """Let the state of an alert follow its number: nothing is stored, and nobody hears of it."""
    alert.value, alert.session_count, alert.checked_at, alert.fault = found.value, found.count, now, ""
    has_data = found.value is not None and found.count >= alert.least_sessions
    if not has_data:
        alert.value = None
    is_bad = has_data and _is_beyond(alert, found.value, alert.bound)
    if alert.state != AlertState.FIRING:
        _enter(alert, AlertState.FIRING if is_bad else AlertState.OK if has_data else AlertState.NO_DATA, now)
        return NumberEvent.BEGAN if is_bad else NumberEvent.NOTHING
    return NumberEvent.ENDED if _has_recovered(alert, now, has_data=has_data) else NumberEvent.NOTHING


def _settle(project: Project, alert: Alert, found: WindowNumber, now: datetime) -> None:
    """Fire, recover, or stay."""
    event = advance(alert, found, now)
    if event == NumberEvent.BEGAN:
        begun = firing.begin(project, alert, now, value=found.value, measured_count=found.count)
        firing.keep_sessions(begun, found.sessions)
    elif event == NumberEvent.ENDED:
        for open_firing in AlertFiring.objects.for_project(project).filter(alert_id=alert.id, ended_at=None):
            firing.end(open_firing, now)
            telling.tell_end(project, alert, open_firing, now)
        alert.is_muted_until_over = False
    alert.save(
        update_fields=["value", "session_count", "checked_at", "fault", "state", "state_since", "good_since",
                       "is_muted_until_over"],
    )  # fmt: skip


def _has_recovered(alert: Alert, now: datetime, *, has_data: bool) -> bool:
    """Return whether the number has been on the good side, or there was none, for long enough; then it is over."""
    bound = alert.bound if alert.recovery_bound is None else alert.recovery_bound
    if has_data and _is_beyond(alert, alert.value, bound):
        alert.good_since = None
        return False
    alert.good_since = alert.good_since or now
    if now - alert.good_since < timedelta(minutes=alert.recovery_minutes):
        return False
    _enter(alert, AlertState.OK if has_data else AlertState.NO_DATA, now)
    return True


def _enter(alert: Alert, state: AlertState, now: datetime) -> None:
    if alert.state != state:
        alert.state, alert.state_since, alert.good_since = state, now, None


def _is_beyond(alert: Alert, value: Decimal | None, bound: Decimal | None) -> bool:
    """Return whether a value is on the bad side of a bound. Of a fall, the bound says how far."""
    if value is None or bound is None:
        return False
    if alert.is_above:
        return value > bound
    return value < (-bound if alert.is_relative else bound)
