"""Work on many sessions at once."""

from datetime import timedelta

from django.db import models

from sessions.models.jobs import WatchedJob


class BulkJob(WatchedJob):
    """One action on a selection of sessions: its order, its progress and, at the end, its receipt.

    The selection is either `session_ids` or, when that is null, whatever `query` matches among the sessions that had
    begun when it was asked for. It is worked off in the order of session ids, `last_id` being how far it is. At the end
    both are forgotten: the sessions may be deleted, and the job stays."""

    MOST_COUNTED = 100_000  # sessions, before the work begins
    LEASE = timedelta(seconds=60)  # longer than a batch may take

    page = "bulk-job"

    action = models.CharField(max_length=40)
    arguments = models.JSONField(default=dict)
    session_ids = models.JSONField(null=True)
    query = models.TextField(blank=True)
    requested_by_id = models.BigIntegerField()
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
        return f"{self.expected_count:,}{'+' if self.expected_count == self.MOST_COUNTED else ''}"

    @property
    def percent(self) -> int:
        """How much is done, of 100; less than all may match by now, so the end is 100 whatever was counted."""
        if self.finished_at:
            return 100
        return min(99, self.seen_count * 100 // self.expected_count) if self.expected_count else 0
