"""Whom alerts tell: channels, and each message that was sent to one."""

import uuid
from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from projects.jobs.leases import Leased
from projects.tenancy import TenantQuerySet
from sessions.models.alerts import MAX_ALERT_NAME_CHARACTERS


class AlertChannel(models.Model):
    """A way to tell people or programs. Its address and its secret are encrypted: an address may be a secret itself."""

    class Kind(models.TextChoices):
        MAIL = "mail", "E-mail"
        WEBHOOK = "webhook", "Webhook, signed"
        SLACK = "slack", "Slack"
        TEAMS = "teams", "Teams"

    pk = models.CompositePrimaryKey("project_id", "id")
    project_id = models.BigIntegerField()
    id = models.UUIDField(default=uuid.uuid4)
    name = models.CharField(max_length=MAX_ALERT_NAME_CHARACTERS)
    kind = models.CharField(max_length=8, choices=Kind)
    user_ids = ArrayField(models.BigIntegerField(), default=list, blank=True, help_text="Members; empty: everybody.")
    host = models.TextField(blank=True, help_text="Of the address, for people.")
    encrypted_url = models.TextField(blank=True)
    encrypted_secret = models.TextField(blank=True, help_text="Of a webhook: what its messages are signed with.")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "alert_channel"
        constraints = [models.UniqueConstraint(fields=["project_id", "name"], name="alert_channel_name_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def audited(self) -> str:
        """How the audit log names it, which keeps no names that people give."""
        return f"channel {self.id}"


class AlertDelivery(Leased):
    """A message of a firing to a channel, with all attempts. What it says is made when it is sent."""

    LEASE = timedelta(seconds=30)  # longer than an attempt may take

    class Event(models.TextChoices):
        FIRED = "fired", "Fired"
        ENDED = "ended", "Over"
        TEST = "test", "Test"

    pk = models.CompositePrimaryKey("project_id", "id")
    id = models.UUIDField(default=uuid.uuid4)
    firing_id = models.UUIDField(null=True, help_text="Null for a test.")
    channel_id = models.UUIDField()
    event = models.CharField(max_length=8, choices=Event)
    recipient_id = models.BigIntegerField(null=True, help_text="Of a mail: the member.")
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now, help_text="When it is tried next.")
    attempts = models.JSONField(default=list, help_text='[{"at": time, "status": number, "error": text}]')
    is_dead = models.BooleanField(default=False, help_text="Whether it was given up; people can send it again.")

    class Meta:
        db_table = "alert_delivery"
        indexes = [
            models.Index("project_id", models.F("created_at").desc(), "id", name="alert_delivery_newest"),
            models.Index(fields=["project_id", "firing_id"], name="alert_delivery_of_firing"),
            models.Index(
                fields=["project_id", "due_at"], name="alert_delivery_due", condition=models.Q(finished_at=None)
            ),
            models.Index("project_id", name="alert_delivery_dead", condition=models.Q(is_dead=True)),
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.channel_id}"
