"""Marks of what must be recomputed, and the record of ingestion issues."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from projects.tenancy import TenantQuerySet
from tracing.models.columns import IdField


class DirtyMark(models.Model):
    """A session, large trace, hour or day that a worker must recompute, or a trace whose text it must index.

    A watched session has changed, and a worker must look whether alerts are about it.

    tracing/store/dirty.py is the queue of these marks."""

    class Target(models.TextChoices):
        SESSION = "session"
        TRACE = "trace"
        HOUR = "hour"
        DAY = "day"
        TEXT = "text"
        WATCH = "watch"

    pk = models.CompositePrimaryKey("project_id", "target", "key")
    project_id = models.BigIntegerField()
    target = models.CharField(max_length=8, choices=Target)
    key = IdField()
    version = models.BigIntegerField(default=1)
    marked_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "dirty_mark"

    def __str__(self) -> str:
        return f"{self.target} {self.key}"


class IngestionIssue(models.Model):
    """Number of things from one SDK that were rejected, cut or dropped for one reason."""

    pk = models.CompositePrimaryKey("project_id", "reason", "sdk_name", "sdk_version")
    project_id = models.BigIntegerField()
    reason = models.CharField(max_length=40)
    sdk_name = models.CharField(max_length=80, default="")
    sdk_version = models.CharField(max_length=40, default="")
    count = models.BigIntegerField(default=0)
    sample = models.TextField(default="", help_text="The latest offending value, cut to 200 characters.")
    trace_ids = ArrayField(models.TextField(), default=list, db_default=[], help_text="The latest traces with it.")
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "ingestion_issue"

    def __str__(self) -> str:
        return f"{self.reason}: {self.count}"


class IssueDay(models.Model):
    """Number of things of one day (UTC) that were rejected, cut or dropped for one reason."""

    pk = models.CompositePrimaryKey("project_id", "day", "reason")
    project_id = models.BigIntegerField()
    day = models.DateField()
    reason = models.CharField(max_length=40)
    count = models.BigIntegerField(default=0)

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "issue_day"

    def __str__(self) -> str:
        return f"{self.day} {self.reason}: {self.count}"
