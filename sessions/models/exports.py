"""Exports that are too large to wait for."""

from datetime import datetime, timedelta

from django.db import models

from sessions.models.jobs import WatchedJob

LIFE = timedelta(days=1)  # of a finished file; whoever needs it longer has downloaded it by then


class ExportFile(WatchedJob):
    """One export that a worker writes into a file, part by part: its order, its progress, and its contents.

    `position` is the cursor behind the last session in the parts that are kept, null if all sessions are in them.
    The next worker writes a part again if a worker was killed while it wrote it."""

    LEASE = timedelta(seconds=60)  # longer than a slice may take

    page = "export-file"

    format = models.CharField(max_length=20)
    query = models.TextField(blank=True, help_text="The parameters of the list.")
    time_zone = models.CharField(max_length=64, help_text="In which the parameters are read.")
    until = models.DateTimeField(help_text="Later sessions are not in it, so that it comes to an end.")
    position = models.TextField(null=True, default="")
    parts = models.JSONField(default=list, help_text="Name and bytes of each part.")
    row_count = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    error = models.TextField(blank=True, help_text="Why there is no file; empty when there is one.")

    class Meta:
        db_table = "export_file"
        indexes = [
            models.Index("project_id", models.F("requested_at").desc(), name="export_file_newest"),
            models.Index("project_id", name="export_file_waiting", condition=models.Q(finished_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.format} of {self.row_count} sessions"

    @property
    def size(self) -> int:
        """The number of bytes that are written."""
        return sum(size for _, size in self.parts)

    @property
    def has_begun(self) -> bool:
        return bool(self.parts)

    @property
    def deleted_at(self) -> datetime | None:
        """When the file will be deleted."""
        return self.finished_at + LIFE if self.finished_at else None
