"""What people say of a session as a whole. Recompute never touches it, and it goes when the session is deleted."""

from django.db import models
from django.utils import timezone

from projects.tenancy import TenantQuerySet
from tracing.models.columns import IdField

TITLE_LENGTH = 200
NOTE_LENGTH = 10_000


class SessionState(models.Model):
    """A session's title, bookmark and note, as the project's members left them; no row means nothing was said."""

    pk = models.CompositePrimaryKey("project_id", "session_id")
    project_id = models.BigIntegerField()
    session_id = IdField()
    title = models.CharField(max_length=TITLE_LENGTH, blank=True, help_text="Empty keeps the title that traces give.")
    is_bookmarked = models.BooleanField(default=False)
    note = models.TextField(max_length=NOTE_LENGTH, blank=True)
    updated_by = models.CharField(max_length=254, blank=True, help_text="E-mail address of who changed it last.")
    updated_at = models.DateTimeField(default=timezone.now)

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "session_state"
        indexes = [
            models.Index(
                fields=["project_id", "session_id"],
                name="session_state_bookmarked",
                condition=models.Q(is_bookmarked=True),
            )
        ]

    def __str__(self) -> str:
        return self.title or self.session_id
