"""What is on the way out."""

import uuid

from django.db import models
from django.utils import timezone

from projects.tenancy import TenantQuerySet
from tracing.models import IdField


class Erasure(models.Model):
    """A session, a trace or a person on the way out; the counts are its progress and, at the end, its receipt."""

    class Subject(models.TextChoices):
        SESSION = "session"
        TRACE = "trace"
        PERSON = "person"

    pk = models.CompositePrimaryKey("project_id", "id")
    project_id = models.BigIntegerField()
    id = models.UUIDField(default=uuid.uuid4)
    subject = models.CharField(max_length=8, choices=Subject)
    key = IdField(help_text="The id of the session, the trace or the user.")
    requested_by = models.CharField(max_length=254)
    requested_at = models.DateTimeField(default=timezone.now)
    leased_until = models.DateTimeField(null=True, help_text="Until then one worker has it to itself.")
    finished_at = models.DateTimeField(null=True)
    scanned_to = models.DateField(null=True, help_text="The last day whose spans were looked through for a person.")
    expected_traces = models.BigIntegerField(default=0)
    trace_count = models.BigIntegerField(default=0)
    span_count = models.BigIntegerField(default=0)
    score_count = models.BigIntegerField(default=0)
    session_count = models.BigIntegerField(default=0, help_text="Sessions that lost traces.")

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "erasure"
        indexes = [models.Index("project_id", models.F("requested_at").desc(), name="erasure_newest")]

    def __str__(self) -> str:
        return f"erasure of {self.subject} {self.key}"
