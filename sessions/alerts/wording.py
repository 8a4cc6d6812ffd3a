"""What alerts say, in words: their conditions, their numbers, and what a firing is about."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from django.conf import settings
from django.urls import reverse

from projects.models import Project
from sessions.alerts.measuring import measure_of
from sessions.charts.units import ChartUnit, written
from sessions.dashboard.measures import SessionMeasure
from sessions.models import Alert, AlertFiring, AlertKind
from tracing.formatting import counted

MEASURED_SESSIONS = "Sessions"  # the beginning of what is measured, where it is a number of them
WINDOW_UNITS = ((7 * 24 * 60, "week"), (24 * 60, "day"), (60, "hour"), (1, "minute"))


def measured(measure: SessionMeasure) -> str:
    """Return what is measured "of sessions"."""
    return (
        f"Number{measure.label.removeprefix(MEASURED_SESSIONS)}"
        if measure.label.startswith(MEASURED_SESSIONS)
        else measure.label
    )


@dataclass(frozen=True)
class AlertWords:
    """An alert in words."""

    alert: Alert

    @cached_property
    def unit(self) -> ChartUnit:
        measure = measure_of(self.alert)
        return measure.unit if measure else ChartUnit.SHARE

    @cached_property
    def lead(self) -> str:
        """Return what comes before the query."""
        if self.alert.kind == AlertKind.ENTERS:
            return "A session enters"
        measure = measure_of(self.alert)
        if measure is None:
            return "Share of sessions with"
        return f"{measured(measure)} of {'sessions with' if self.alert.query_string else 'all sessions'}"

    @cached_property
    def tail(self) -> str:
        """Return what comes behind the query."""
        if self.alert.kind == AlertKind.ENTERS:
            return "" if self.alert.query_string else "the project"
        side = "above" if self.alert.is_above else "below"
        among = f" among {self.alert.among_text}" if self.alert.among_text else ""
        before = " the same time before" if self.alert.is_relative else ""
        return f"{among} over {window_words(self.alert.window_minutes)} is {self.bound} {side}{before}".lstrip() if (
            self.alert.is_relative
        ) else f"{among} over {window_words(self.alert.window_minutes)} is {side} {self.bound}".lstrip()  # fmt: skip

    @property
    def condition(self) -> str:
        """Return the whole condition as a sentence without its end."""
        return " ".join(part for part in (self.lead, self.alert.query_text, self.tail) if part)

    @property
    def bound(self) -> str:
        return self.number(self.alert.bound)

    @property
    def value(self) -> str:
        """Return the number at the last look, or nothing where it is not known."""
        return self.number(self.alert.value)

    def number(self, value: Decimal | None) -> str:
        """Return a value of the alert's number; one that is relative is a change."""
        if value is None:
            return ""
        if self.alert.is_relative:
            return f"{float(value) * 100:.1f}".removesuffix(".0") + "%"
        return written(value, self.unit)


def window_words(minutes: int) -> str:
    """Return a length of time as `15 minutes`, `1 hour` or `7 days`."""
    length, unit = next((length, unit) for length, unit in WINDOW_UNITS if minutes % length == 0)
    return counted(minutes // length, unit)


def firing_words(alert: Alert, firing: AlertFiring) -> str:
    """Return what a firing is about, in one line."""
    if alert.kind == AlertKind.ENTERS:
        return f"{counted(firing.session_count, 'session')} entered"
    words = AlertWords(alert)
    side = "above" if alert.is_above else "below"
    return f"{words.number(firing.value)} of {counted(firing.measured_count, 'session')}, {side} {words.bound}"


def firing_address(project: Project, firing: AlertFiring) -> str:
    """Return the address of exactly the sessions of a firing."""
    return f"{settings.BASE_URL}{reverse('sessions', args=[project.pk])}?firing={firing.id}"


def alerts_address(project: Project) -> str:
    """Return the address of the page of alerts."""
    return f"{settings.BASE_URL}{reverse('alerts', args=[project.pk])}"
