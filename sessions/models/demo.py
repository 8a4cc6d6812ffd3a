"""Orders of demo sessions."""

from datetime import timedelta

from django.db import models

from sessions.models.jobs import WatchedJob


class DemoFill(WatchedJob):
    """An order of invented sessions, its progress, and the ids of what it has told, by which they are found again."""

    LEASE = timedelta(seconds=60)  # longer than one conversation takes

    page = "setup"

    seed = models.BigIntegerField(help_text="Another seed tells other conversations.")
    expected_count = models.IntegerField(help_text="Sessions that were ordered.")
    session_ids = models.JSONField(default=list, help_text="Those that are stored, in the order of the story.")

    class Meta:
        db_table = "demo_fill"
        indexes = [models.Index("project_id", models.F("requested_at").desc(), name="demo_fill_newest")]

    def __str__(self) -> str:
        return f"{self.expected_count} demo sessions"

    @property
    def has_begun(self) -> bool:
        return self.leased_until is not None or bool(self.session_ids)
