"""Alerts: what is watched, when it fired and for which sessions, and whom it told."""

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.http import QueryDict
from django.utils import timezone

from projects.tenancy import TenantQuerySet
from tracing.models import DirtyMark
from tracing.models.columns import IdField
from tracing.store import dirty

MAX_ALERT_NAME_CHARACTERS = 80


class AlertKind(models.TextChoices):
    """What an alert waits for."""

    ENTERS = "enters", "A session enters a query"
    CROSSES = "crosses", "A number crosses a bound"


class AlertState(models.TextChoices):
    """How an alert stands. One about single sessions is never firing: it has told, or not."""

    OK = "ok", "OK"
    FIRING = "firing", "Firing"
    NO_DATA = "no data", "No data"


class AlertPace(models.TextChoices):
    """How often an alert tells at most."""

    ONCE = "once", "when it fires"
    HOURLY = "hourly", "every hour, as a digest"
    DAILY = "daily", "every day at 09:00, as a digest"


class AlertQuerySet(TenantQuerySet):
    """Alerts of a tenant."""

    def watching(self) -> Self:
        """Return those that are switched on and wait for sessions."""
        return self.filter(is_on=True, kind=AlertKind.ENTERS)

    def measuring(self) -> Self:
        """Return those that are switched on and measure a number."""
        return self.filter(is_on=True, kind=AlertKind.CROSSES)


class Alert(models.Model):
    """A condition that is watched, whom it tells, and what it does to the sessions.

    `watch_id` names what is remembered of sessions: a new query begins a new watch. Sessions that were computed before
    `watched_from` are read once, in the order of their ids up to `known_until`, and do not fire."""

    pk = models.CompositePrimaryKey("project_id", "id")
    project_id = models.BigIntegerField()
    id = models.UUIDField(default=uuid.uuid4)
    name = models.CharField(max_length=MAX_ALERT_NAME_CHARACTERS)
    kind = models.CharField(max_length=8, choices=AlertKind)
    query_string = models.TextField(blank=True, help_text="The query as the list's address has it, without a '?'.")
    among_string = models.TextField(blank=True, help_text="Of a share: the query of the whole, in the same form.")
    measure = models.TextField(blank=True, help_text="share, one of MEASURES, or score:<name>.")
    window_minutes = models.IntegerField(default=60, help_text="The length of the time that is measured.")
    is_above = models.BooleanField(default=True, help_text="Whether it fires above the bound, or below it.")
    is_relative = models.BooleanField(default=False, help_text="Whether the bound is a change to the window before.")
    bound = models.DecimalField(max_digits=24, decimal_places=9, null=True, help_text="Shares and changes: 0.05 is 5%.")
    least_sessions = models.IntegerField(default=1, help_text="Fewer sessions are no data.")
    recovery_bound = models.DecimalField(max_digits=24, decimal_places=9, null=True, help_text="Null: the bound.")
    recovery_minutes = models.IntegerField(default=15, help_text="How long it must be on the good side to be over.")
    pace = models.CharField(max_length=8, choices=AlertPace, default=AlertPace.ONCE)
    tells_end = models.BooleanField(default=True, help_text="Whether it also tells that it is over.")
    quotes = models.BooleanField(default=False, help_text="Whether messages may contain what was said.")
    channel_ids = ArrayField(models.UUIDField(), default=list, blank=True)
    actions = models.JSONField(default=list, help_text='[{"action": name, "argument": text, "share": percent}]')
    days = ArrayField(models.IntegerField(), default=list, blank=True, help_text="1 is Monday; empty: every day.")
    from_hour = models.IntegerField(default=0, help_text="In the project's time zone.")
    until_hour = models.IntegerField(default=24)
    is_on = models.BooleanField(default=True)
    muted_until = models.DateTimeField(null=True)
    is_muted_until_over = models.BooleanField(default=False)
    owner_id = models.BigIntegerField(null=True, help_text="Who made it; null for a program.")
    owner = models.CharField(max_length=254, help_text="Their e-mail address at the time, or the public key.")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    watch_id = models.UUIDField(default=uuid.uuid4)
    watched_from = models.DateTimeField(default=timezone.now)
    known_until = models.TextField(blank=True)
    is_known = models.BooleanField(default=False, help_text="Whether all earlier sessions were read.")
    idle_until = models.DateTimeField(null=True, help_text="Sessions with later activity were active at the last look.")
    state = models.CharField(max_length=8, choices=AlertState, default=AlertState.OK)
    state_since = models.DateTimeField(default=timezone.now)
    value = models.DecimalField(max_digits=30, decimal_places=9, null=True, help_text="The number at the last look.")
    session_count = models.IntegerField(default=0, help_text="Sessions in the number at the last look.")
    good_since = models.DateTimeField(null=True, help_text="Since when a firing alert is on the good side.")
    checked_at = models.DateTimeField(null=True)
    fault = models.TextField(blank=True, help_text="Why it could not be evaluated at the last look.")
    missed_count = models.BigIntegerField(default=0, help_text="Changes of sessions that could not be evaluated.")

    objects = AlertQuerySet.as_manager()

    class Meta:
        db_table = "alert"
        constraints = [models.UniqueConstraint(fields=["project_id", "name"], name="alert_name_once")]
        indexes = [models.Index(fields=["project_id", "kind"], name="alert_on", condition=models.Q(is_on=True))]

    def __str__(self) -> str:
        return self.name

    @property
    def query_text(self) -> str:
        return QueryDict(self.query_string).get("q", "")

    @property
    def among_text(self) -> str:
        return QueryDict(self.among_string).get("q", "")

    @property
    def audited(self) -> str:
        """How the audit log names it, which keeps no names that people give."""
        return f"alert {self.id}"

    def is_muted(self, now: datetime) -> bool:
        """Return whether it tells nobody at present."""
        return self.is_muted_until_over or (self.muted_until is not None and self.muted_until > now)


class AlertMember(models.Model):
    """A session that matches what an alert watches, or did so a short while ago."""

    pk = models.CompositePrimaryKey("project_id", "watch_id", "session_id")
    project_id = models.BigIntegerField()
    watch_id = models.UUIDField()
    session_id = IdField()
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, help_text="When it ceased to match; null while it does.")

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "alert_member"
        indexes = [
            models.Index(fields=["project_id", "session_id"], name="alert_member_session"),
            models.Index(
                fields=["project_id", "left_at"], name="alert_member_left", condition=models.Q(left_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session_id} of {self.watch_id}"


class AlertFiring(models.Model):
    """One time that an alert fired. Until it is told, sessions that enter join it: one message for all of them."""

    pk = models.CompositePrimaryKey("project_id", "id")
    project_id = models.BigIntegerField()
    id = models.UUIDField(default=uuid.uuid4)
    alert_id = models.UUIDField()
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    tell_at = models.DateTimeField(null=True, help_text="When its message is due; null: nobody is told.")
    told_at = models.DateTimeField(null=True)
    value = models.DecimalField(max_digits=30, decimal_places=9, null=True)
    bound = models.DecimalField(max_digits=30, decimal_places=9, null=True)
    measured_count = models.IntegerField(default=0, help_text="Sessions in the number.")
    session_count = models.IntegerField(default=0, help_text="Sessions that it is about, also those deleted since.")

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "alert_firing"
        indexes = [
            models.Index("project_id", models.F("began_at").desc(), "id", name="alert_firing_newest"),
            models.Index("project_id", "alert_id", models.F("began_at").desc(), name="alert_firing_of_alert"),
            models.Index(
                fields=["project_id", "alert_id"],
                name="alert_firing_untold",
                condition=models.Q(told_at=None, tell_at__isnull=False),
            ),
            models.Index(
                fields=["project_id", "alert_id", "id"], name="alert_firing_open", condition=models.Q(ended_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.alert_id} at {self.began_at:%Y-%m-%d %H:%M}"


class AlertFiringSession(models.Model):
    """A session that a firing is about; it leaves when it is deleted."""

    pk = models.CompositePrimaryKey("project_id", "firing_id", "session_id")
    project_id = models.BigIntegerField()
    firing_id = models.UUIDField()
    session_id = IdField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "alert_firing_session"
        indexes = [models.Index(fields=["project_id", "session_id"], name="alert_firing_of_session")]

    def __str__(self) -> str:
        return f"{self.session_id} of {self.firing_id}"


def mark_watched(project_id: int, session_ids: Collection[str], now: datetime) -> None:
    """Mark sessions that have changed for the alerts that wait for sessions, if there are any.

    This must run inside the transaction of the change."""
    if session_ids and Alert.objects.for_project(project_id).watching().exists():
        dirty.mark(project_id, {DirtyMark.Target.WATCH: set(session_ids)}, now)
