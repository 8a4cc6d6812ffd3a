"""The last run of each scheduled job."""

from django.db import models


class JobRun(models.Model):
    """The last run of one scheduled job, as the operator's Jobs page shows it."""

    name = models.CharField(max_length=60, primary_key=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, help_text="Null while it runs, or when its worker was killed.")
    succeeded_at = models.DateTimeField(null=True, help_text="When a run last ended without an error.")
    duration_ms = models.BigIntegerField(null=True)
    rows = models.BigIntegerField(default=0, help_text="How many rows the run changed.")
    error = models.TextField(blank=True, help_text="Why the last run failed; empty when it did not.")

    class Meta:
        db_table = "job_run"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
