"""What people are told in the product, and by mail if they want that."""

import uuid
from datetime import timedelta

from django.db import models
from django.utils import timezone

from projects.jobs.leases import Leased
from projects.models import NoticeKind
from sessions.models.annotation import ObjectType
from tracing.models import IdField


class Notice(Leased):
    """One thing that a member is told. It holds no words but names ids, so that what is deleted is gone from it, too.

    It is finished once its mail was sent or given up, or at once if it is not to be mailed."""

    LEASE = timedelta(seconds=60)  # longer than sending a mail may take

    pk = models.CompositePrimaryKey("project_id", "id")
    id = models.UUIDField(default=uuid.uuid4)
    recipient_id = models.BigIntegerField()
    kind = models.CharField(max_length=10, choices=NoticeKind)
    actor = models.CharField(max_length=254, help_text="The address of a person, or the name of a program or rule.")
    object_type = models.CharField(max_length=12, choices=ObjectType, blank=True)
    object_id = IdField(blank=True, help_text="A session, trace or span; empty for several sessions.")
    trace_id = IdField(null=True, help_text="The trace of a span.")
    comment_id = IdField(null=True)
    queue_id = IdField(null=True)
    firing_id = models.UUIDField(null=True)
    session_count = models.IntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(default=timezone.now, help_text="When its mail is tried next.")
    attempt_count = models.IntegerField(default=0)

    class Meta:
        db_table = "notice"
        indexes = [
            models.Index("project_id", "recipient_id", models.F("created_at").desc(), "id", name="notice_newest"),
            models.Index(
                fields=["project_id", "recipient_id", "kind"],
                name="notice_unread",
                condition=models.Q(read_at=None),
            ),
            models.Index(fields=["project_id", "due_at"], name="notice_due", condition=models.Q(finished_at=None)),
            models.Index(fields=["project_id", "object_type", "object_id"], name="notice_object"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.recipient_id}"

    @property
    def is_unread(self) -> bool:
        return self.read_at is None
