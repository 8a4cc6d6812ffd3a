"""The page of alerts: how each stands, and when it fired."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from projects.models import Project
from sessions.alerts.acting import RULE_ACTIONS
from sessions.alerts.wording import AlertWords, firing_words
from sessions.models import Alert, AlertChannel, AlertDelivery, AlertFiring, AlertKind, AlertState

SHOWN_FIRINGS = 50
SHOWN_TIME = timedelta(days=30)
BADGE_BY_STATE = {AlertState.FIRING: "error", AlertState.NO_DATA: "warning"}
KIND_ICONS = {
    AlertChannel.Kind.MAIL: "mail",
    AlertChannel.Kind.WEBHOOK: "link",
    AlertChannel.Kind.SLACK: "hash",
    AlertChannel.Kind.TEAMS: "people",
}


@dataclass(frozen=True)
class ShownAlert:
    """An alert as a row of the page."""

    alert: Alert
    channels: list[AlertChannel]
    now: datetime
    last_at: datetime | None
    fired_count: int
    fired_by_day: list[float]  # of SHOWN_TIME, the last is today

    @cached_property
    def words(self) -> AlertWords:
        return AlertWords(self.alert)

    @property
    def is_muted(self) -> bool:
        return self.alert.is_muted(self.now)

    @property
    def state(self) -> str:
        """Return the state in one or two words."""
        if not self.alert.is_on:
            return "Off"
        if self.alert.fault:
            return "Fault"
        return "Muted" if self.is_muted else self.alert.get_state_display()

    @property
    def badge(self) -> str:
        """Return the class of the state's badge."""
        if self.alert.fault and self.alert.is_on:
            return "warning"
        return "bare" if self.is_muted or not self.alert.is_on else BADGE_BY_STATE.get(self._state, "bare")

    @property
    def _state(self) -> AlertState:
        return AlertState(self.alert.state)

    @property
    def tells(self) -> list[tuple[str, str]]:
        """Return icon and words of each channel and action."""
        told = [(KIND_ICONS[AlertChannel.Kind(one.kind)], one.name) for one in self.channels]
        labels = [RULE_ACTIONS[one["action"]].label for one in self.alert.actions if one["action"] in RULE_ACTIONS]
        return [*told, *(("check", label) for label in labels)]


@dataclass(frozen=True)
class ShownFiring:
    """A firing as a row of the history."""

    firing: AlertFiring
    alert: Alert | None
    deliveries: dict[str, int]  # by sent, waiting and failed

    @property
    def words(self) -> str:
        return firing_words(self.alert, self.firing) if self.alert else ""

    @property
    def told(self) -> list[tuple[str, str]]:
        """Return icon and words of what became of its messages."""
        icons = {"sent": "check", "waiting": "clock", "failed": "error"}
        found = [(icons[name], f"{count} {name}") for name, count in self.deliveries.items() if count]
        if found:
            return found
        if self.firing.tell_at is None:
            return [("mute", "nobody")]
        return [("clock", "soon")] if self.firing.told_at is None else []

    @property
    def is_open(self) -> bool:
        """Whether a number is still beyond its bound."""
        return self.firing.ended_at is None and self.alert is not None and self.alert.kind == AlertKind.CROSSES


@dataclass(frozen=True)
class AlertsPage:
    """All alerts of a project, and what fired lately."""

    project: Project
    now: datetime
    only: str = ""

    @cached_property
    def alerts(self) -> list[ShownAlert]:
        found = list(Alert.objects.for_project(self.project).order_by("name"))
        order = {AlertState.FIRING: 0, AlertState.NO_DATA: 1, AlertState.OK: 2}
        found.sort(key=lambda one: (not one.is_on, order[AlertState(one.state)], one.name.lower()))
        channels = {one.id: one for one in AlertChannel.objects.for_project(self.project)}
        lately = AlertFiring.objects.for_project(self.project).filter(began_at__gte=self.now - SHOWN_TIME)
        counted = {
            alert_id: (last, count)
            for alert_id, last, count in lately.order_by()
            .values_list("alert_id")
            .annotate(last=Max("began_at"), times=Count("id"))
        }
        days = self._fired_by_day(lately)
        return [
            ShownAlert(
                one, [channels[key] for key in one.channel_ids if key in channels], self.now,
                *counted.get(one.id, (None, 0)), days.get(one.id, []),
            )
            for one in found
        ]  # fmt: skip

    def _fired_by_day(self, lately: QuerySet[AlertFiring]) -> dict[UUID, list[float]]:
        """Return how often each alert fired on each day."""
        found: dict[UUID, list[float]] = {}
        today = timezone.localdate(self.now)
        days = lately.order_by().values_list("alert_id", TruncDate("began_at")).annotate(Count("id"))
        for alert_id, day, count in days:
            place = SHOWN_TIME.days - 1 - (today - day).days
            found.setdefault(alert_id, [0.0] * SHOWN_TIME.days)[max(0, place)] += count
        return found

    @property
    def firing_count(self) -> int:
        return sum(one.alert.state == AlertState.FIRING and one.alert.is_on for one in self.alerts)

    @cached_property
    def open_firings(self) -> list[ShownFiring]:
        """Return the firings of numbers that are still beyond their bounds."""
        return [one for one in self.firings if one.is_open]

    @cached_property
    def firings(self) -> list[ShownFiring]:
        """Return the latest firings, the newest first."""
        rows = AlertFiring.objects.for_project(self.project).order_by("-began_at", "id")
        if self.only == "failed":
            dead = AlertDelivery.objects.for_project(self.project).filter(is_dead=True)
            rows = rows.filter(id__in=dead.values("firing_id"))
        found = list(rows[:SHOWN_FIRINGS])
        alerts = {one.alert.id: one.alert for one in self.alerts}
        deliveries = AlertDelivery.objects.for_project(self.project).filter(firing_id__in=[one.id for one in found])
        counted = deliveries.order_by().values_list("firing_id").annotate(
            sent=Count("id", filter=Q(finished_at__isnull=False, is_dead=False)),
            waiting=Count("id", filter=Q(finished_at=None)),
            failed=Count("id", filter=Q(is_dead=True)),
        )  # fmt: skip
        told = {row[0]: dict(zip(("sent", "waiting", "failed"), row[1:], strict=True)) for row in counted}
        return [ShownFiring(one, alerts.get(one.alert_id), told.get(one.id, {})) for one in found]

    @cached_property
    def failed_count(self) -> int:
        return AlertDelivery.objects.for_project(self.project).filter(is_dead=True).count()


def page_of(project: Project, only: str) -> AlertsPage:
    """Return the page of a project."""
    return AlertsPage(project, timezone.now(), only)
