"""Who gets a summary of a project by mail."""

from datetime import timedelta

from django.db import models

from projects.jobs.leases import Leased


class SummaryPace(models.TextChoices):
    """How often a summary comes."""

    DAILY = "daily", "Every day"
    WEEKLY = "weekly", "Every Monday"


class SummaryOrder(Leased):
    """A member's wish for summaries of a project. It is never finished: after each one, the next is due."""

    LEASE = timedelta(seconds=120)  # longer than counting and sending one may take
    UNFINISHED = models.Q()

    pk = models.CompositePrimaryKey("project_id", "user_id")
    user_id = models.BigIntegerField()
    pace = models.CharField(max_length=8, choices=SummaryPace)
    due_at = models.DateTimeField(help_text="When it is tried next.")
    period_end = models.DateTimeField(help_text="The end of the time that the next summary is about.")
    attempt_count = models.IntegerField(default=0)

    class Meta:
        db_table = "summary_order"
        indexes = [models.Index(fields=["project_id", "due_at"], name="summary_order_due")]

    def __str__(self) -> str:
        return f"{self.pace} for {self.user_id}"
