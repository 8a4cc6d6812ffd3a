"""Sums by hour and day, and daily metering."""

from django.db import models

from projects.tenancy import TenantQuerySet
from tracing.models.columns import cost_field


class Activity(models.Model):
    """Sums of one hour or day in one environment, for one model or (`model` empty) for all of them.

    Traces count in the period in which they started. Sessions and users are distinct within a row, so their numbers
    cannot be added up."""

    class Period(models.TextChoices):
        HOUR = "hour"
        DAY = "day"

    pk = models.CompositePrimaryKey("project_id", "period", "starts_at", "environment", "model")
    project_id = models.BigIntegerField()
    period = models.CharField(max_length=4, choices=Period)
    starts_at = models.DateTimeField()
    environment = models.CharField(max_length=40)
    model = models.TextField(default="")
    trace_count = models.BigIntegerField()
    session_count = models.BigIntegerField()
    user_count = models.BigIntegerField()
    span_count = models.BigIntegerField()
    call_count = models.BigIntegerField()
    error_count = models.BigIntegerField()
    unpriced_count = models.BigIntegerField()
    input_tokens = models.BigIntegerField()
    output_tokens = models.BigIntegerField()
    total_tokens = models.BigIntegerField()
    input_cost = cost_field()
    output_cost = cost_field()
    total_cost = cost_field()
    duration_ms = models.BigIntegerField(help_text="The traces' durations, added up.")
    latencies = models.JSONField(
        default=dict,
        db_default={},
        help_text="How long the model calls of sessions took, of all models together: the traces' counts, added up.",
    )

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "activity"

    def __str__(self) -> str:
        return f"{self.period} {self.starts_at:%Y-%m-%d %H:%M}"


class Metering(models.Model):
    """Amounts that a project sent on one day of arrival (UTC): the basis of usage and quotas."""

    pk = models.CompositePrimaryKey("project_id", "day")
    project_id = models.BigIntegerField()
    day = models.DateField()
    trace_count = models.BigIntegerField()
    span_count = models.BigIntegerField()
    text_size = models.BigIntegerField(help_text="Characters of input and output as sent.")

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "metering"

    def __str__(self) -> str:
        return f"{self.day}"
