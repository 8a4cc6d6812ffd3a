"""Jobs on many sessions at once."""

from datetime import timedelta

from django.db import models

from sessions.models.jobs import WatchedJob


class BulkJob(WatchedJob):
    """One action on a selection of sessions: its order, its progress and, at the end, its receipt.

    The selection is either `session_ids` or, if that is null, whatever `query` matches among the sessions that had
    begun at the time of the order. Sessions are processed in the order of their ids up to `last_id`. At the end both
    are forgotten: the sessions may be deleted, and the job stays."""

    MOST_COUNTED = 100_000  # sessions, before the work begins
    LEASE = timedelta(seconds=60)  # longer than a batch may take

    page = "bulk-job"

    action = models.CharField(max_length=40)
    arguments = models.JSONField(default=dict)
    session_ids = models.JSONField(null=True)
    query = models.TextField(blank=True)
    expected_count = models.BigIntegerField(help_text="Sessions selected when it was asked for.")
    seen_count = models.BigIntegerField(default=0, help_text="Sessions worked off.")
    changed_count = models.BigIntegerField(default=0, help_text="Those of them that were not so already.")
    last_id = models.TextField(blank=True)
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "bulk_job"
        indexes = [
            models.Index("project_id", models.F("requested_at").desc(), name="bulk_job_newest"),
            models.Index("project_id", name="bulk_job_waiting", condition=models.Q(finished_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.action} of {self.expected_count} sessions"

    @property
    def is_stopped(self) -> bool:
        return self.cancelled_at is not None

    @property
    def has_begun(self) -> bool:
        return self.leased_until is not None or self.seen_count > 0

    @property
    def expected(self) -> str:
        """Return the number of selected sessions as text, with a plus if there were more than are counted."""
        return f"{self.expected_count:,}{'+' if self.expected_count == self.MOST_COUNTED else ''}"

    @property
    def percent(self) -> int:
        """Return the progress in percent; a finished job has 100, also if fewer sessions match by now."""
        if self.finished_at:
            return 100
        return min(99, self.seen_count * 100 // self.expected_count) if self.expected_count else 0
