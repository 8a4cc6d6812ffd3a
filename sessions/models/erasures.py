"""Erasures of sessions, traces and persons."""

from datetime import timedelta

from django.db import models

from sessions.models.jobs import OrderedJob
from tracing.models import IdField


class Erasure(OrderedJob):
    """An erasure of a session, a trace or a person; its counts are its progress and, at the end, its receipt."""

    class Subject(models.TextChoices):
        SESSION = "session"
        TRACE = "trace"
        PERSON = "person"

    LEASE = timedelta(seconds=60)  # longer than a batch may take

    subject = models.CharField(max_length=8, choices=Subject)
    key = IdField(help_text="The id of the session, the trace or the user.")
    scanned_to = models.DateField(null=True, help_text="The last day whose spans were looked through for a person.")
    expected_traces = models.BigIntegerField(default=0)
    trace_count = models.BigIntegerField(default=0)
    span_count = models.BigIntegerField(default=0)
    score_count = models.BigIntegerField(default=0)
    session_count = models.BigIntegerField(default=0, help_text="Sessions that lost traces.")

    class Meta:
        db_table = "erasure"
        indexes = [models.Index("project_id", models.F("requested_at").desc(), name="erasure_newest")]

    def __str__(self) -> str:
        return f"erasure of {self.subject} {self.key}"
