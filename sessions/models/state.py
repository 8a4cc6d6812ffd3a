"""What people say of a session as a whole. Recompute never touches it, and it goes when the session is deleted."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone

from projects.models import User
from projects.normal_forms import normalized
from projects.tenancy import TenantQuerySet
from tracing.models.columns import IdField

TITLE_LENGTH = 200
NOTE_LENGTH = 10_000
MAX_LABELS = 20  # on one session
MAX_LABEL_CHARACTERS = 40


class SessionStatus(models.TextChoices):
    """Whether people still have to do with a session. Most sessions have no status."""

    NONE = "", "No status"
    OPEN = "open"
    RESOLVED = "resolved"


class SessionState(models.Model):
    """What the project's members left of a session: title, bookmark, note, status, assignee and labels.

    No row means that nothing was said. An `assignee_id` counts only while the person is a member."""

    pk = models.CompositePrimaryKey("project_id", "session_id")
    project_id = models.BigIntegerField()
    session_id = IdField()
    title = models.CharField(max_length=TITLE_LENGTH, blank=True, help_text="Empty keeps the title that traces give.")
    is_bookmarked = models.BooleanField(default=False)
    note = models.TextField(max_length=NOTE_LENGTH, blank=True)
    status = models.CharField(max_length=8, choices=SessionStatus, blank=True, default="", db_default="")
    assignee_id = models.BigIntegerField(null=True, help_text="The member who takes care of the session.")
    labels = ArrayField(models.TextField(), default=list, db_default=[], help_text="Sorted, and distinct.")
    updated_by = models.CharField(max_length=254, blank=True, help_text="E-mail address of who changed it last.")
    updated_at = models.DateTimeField(default=timezone.now)

    objects = TenantQuerySet.as_manager()
    assignee: User | None = None  # the member of `assignee_id`, where sessions/conversations/states.py loaded it

    class Meta:
        db_table = "session_state"
        indexes = [
            models.Index(
                fields=["project_id", "session_id"],
                name="session_state_bookmarked",
                condition=models.Q(is_bookmarked=True),
            ),
            models.Index(
                fields=["project_id", "status", "session_id"],
                name="session_state_status",
                condition=~models.Q(status=""),
            ),
            models.Index(
                fields=["project_id", "assignee_id", "session_id"],
                name="session_state_assignee",
                condition=models.Q(assignee_id__isnull=False),
            ),
            models.Index(
                "project_id",
                models.F("updated_at").desc(),
                name="session_state_labelled",
                condition=~models.Q(labels=[]),
            ),
            GinIndex("project_id", "labels", name="session_state_labels"),
        ]

    def __str__(self) -> str:
        return self.title or self.session_id


def label_of(text: str) -> str:
    """Return a label in the one form in which it is stored and looked for: NFC, without needless white space."""
    return " ".join(normalized("NFC", text).split())
