"""Orders to judge many sessions: those of the past, or those on which a version is tested."""

from datetime import timedelta

from django.db import models

from sessions.models.jobs import WatchedJob


class JudgeRun(WatchedJob):
    """An order that one version of a judge judges sessions: its price, its progress and its end.

    A backfill is about the sessions that `query` matched when it was ordered, and a test about `session_ids`. They
    enter the queue a few at a time, in the order of their ids up to `last_id`. At the end the ids are forgotten. An
    examination is about the cases that come with Confab, and has its `answers` itself."""

    class Purpose(models.TextChoices):
        BACKFILL = "backfill", "Backfill"
        TEST = "test", "Test"
        EXAMINATION = "cases", "Trial on the test set"

    LEASE = timedelta(seconds=60)  # longer than finding the next sessions may take

    page = "judge-run"

    judge_id = models.UUIDField()
    version = models.IntegerField()
    purpose = models.CharField(max_length=8, choices=Purpose)
    query = models.TextField(blank=True, help_text="Which sessions of the judge's scope; empty is all of them.")
    sample_percent = models.PositiveSmallIntegerField(default=100, help_text="Of these, drawn as the judge draws.")
    session_ids = models.JSONField(null=True)
    expected_count = models.BigIntegerField(help_text="Sessions to judge when it was ordered.")
    expected_cost = models.DecimalField(
        max_digits=20, decimal_places=12, null=True, help_text="USD, as it was shown; null: unknown, or a rule."
    )
    queued_count = models.BigIntegerField(default=0, help_text="Sessions that have entered the queue.")
    last_id = models.TextField(blank=True)
    answers = models.JSONField(null=True, help_text="Of an examination, in the order of the cases.")
    stopped_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "judge_run"
        indexes = [
            models.Index("project_id", "judge_id", models.F("requested_at").desc(), name="judge_run_newest"),
            models.Index("project_id", name="judge_run_waiting", condition=models.Q(finished_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} of {self.expected_count} sessions"

    @property
    def is_stopped(self) -> bool:
        return self.stopped_at is not None

    @property
    def has_begun(self) -> bool:
        return self.leased_until is not None or self.queued_count > 0 or bool(self.answers)
