"""What an alert would have done in the last seven days, by the code that watches it.

Sessions are looked at as they are stored now: what came late is in all looks."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Count
from django.db.models.functions import TruncHour
from django.utils import timezone

from projects.models import Project
from sessions.alerts.conditions import in_project_time
from sessions.alerts.measuring import MEASURE_TIMEOUT_MS, NumberEvent, advance, read_number
from sessions.alerts.wording import AlertWords
from sessions.models import Alert, AlertKind, Session
from sessions.query.compiling import compiled
from tracing.formatting import counted
from tracing.formatting import duration as written_duration
from tracing.lists.bounded import SUMMING_SETTINGS, TooLong, within

REHEARSED_TIME = timedelta(days=7)
REHEARSAL_SECONDS = 4.0  # for all looks together
LOOK_STEPS = tuple(timedelta(hours=hours) for hours in (1, 2, 4, 8, 12))  # the first for which there is time
HOURS_OF_BAR = 4
TOO_SLOW_TO_REHEARSE = "Looking back takes too long. The alert itself is looked at one time after the other."


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """Numbers look by look, or sessions bar by bar; `fired` are the looks from which and until which it would fire."""

    alert: Alert
    since: datetime
    step: timedelta
    values: Sequence[float | None]
    fired: Sequence[tuple[int, int]] = ()
    session_count: int = 0

    @property
    def is_number(self) -> bool:
        return self.alert.kind == AlertKind.CROSSES

    @property
    def words(self) -> str:
        """Return what would have happened, as a sentence."""
        if not self.is_number:
            return f"{counted(self.session_count, 'session')} of the last 7 days would have fired it."
        if not self.fired:
            return "Would not have fired in the last 7 days."
        together = sum((end - start for start, end in self.fired), 0) * self.step
        lasted = written_duration(together / timedelta(milliseconds=1))
        return f"Would have fired {counted(len(self.fired), 'time')} in the last 7 days, for {lasted} together."

    @property
    def how(self) -> str:
        """Return how it was looked at."""
        if not self.is_number:
            return "Those that match as they are now."
        hours = counted(self.step // timedelta(hours=1), "hour")
        known = [Decimal(str(value)) for value in self.values if value is not None]
        said = f"Looked at every {hours}; the alert itself is every 30 seconds."
        if not known:
            return f"{said} There was no data at any of the looks."
        words = AlertWords(self.alert)
        return f"{said} Between {words.number(min(known))} and {words.number(max(known))}; the bound is {words.bound}."


def rehearse(project: Project, alert: Alert) -> Rehearsal:
    """Look at the last seven days as an alert would have done. It is not stored. Raise TooLong, QueryError."""
    now = timezone.now()
    return _numbers(project, alert, now) if alert.kind == AlertKind.CROSSES else _sessions(project, alert, now)


def _sessions(project: Project, alert: Alert, now: datetime) -> Rehearsal:
    since, step = now - REHEARSED_TIME, timedelta(hours=HOURS_OF_BAR)
    with in_project_time(project, now), within(MEASURE_TIMEOUT_MS, **SUMMING_SETTINGS):
        began = Session.objects.for_project(project).filter(created_at__gt=since, created_at__lte=now)
        found = began.filter(compiled(alert.query_text, project.pk).condition).order_by()
        hours = found.values_list(TruncHour("created_at")).annotate(Count("session_id"))
        counts = [0] * (REHEARSED_TIME // step + 1)
        for hour, count in hours:
            counts[max(0, (hour - since) // step)] += count
    return Rehearsal(
        alert=alert, since=since, step=step, values=[float(one) for one in counts], session_count=sum(counts)
    )


def _numbers(project: Project, alert: Alert, now: datetime) -> Rehearsal:
    """Look at the number again and again, with the state in memory alone."""
    began = time.monotonic()
    _look(project, alert, now)  # says how long one takes
    took = time.monotonic() - began
    step = next((one for one in LOOK_STEPS if REHEARSED_TIME / one * took < REHEARSAL_SECONDS), LOOK_STEPS[-1])
    looks = REHEARSED_TIME // step
    alert.state, alert.good_since = "ok", None
    values: list[float | None] = []
    fired: list[tuple[int, int]] = []
    for place in range(looks):
        if time.monotonic() - began > 2 * REHEARSAL_SECONDS:
            raise TooLong
        event = _look(project, alert, now - (looks - 1 - place) * step)
        values.append(None if alert.value is None else float(alert.value))
        if event == NumberEvent.BEGAN:
            fired.append((place, looks))
        elif event == NumberEvent.ENDED:
            fired[-1] = (fired[-1][0], place)
    return Rehearsal(alert=alert, since=now - (looks - 1) * step, step=step, values=values, fired=fired)


def _look(project: Project, alert: Alert, at: datetime) -> NumberEvent:
    with in_project_time(project, at), within(MEASURE_TIMEOUT_MS, **SUMMING_SETTINGS):
        return advance(alert, read_number(project, alert, at), at)
