"""Jobs with a receipt: work that somebody orders and a worker does."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone

from projects.jobs.leases import Leased


class OrderedJob(Leased):
    """Work that somebody ordered: who and when, its progress and, at the end, its receipt."""

    pk = models.CompositePrimaryKey("project_id", "id")
    id = models.UUIDField(default=uuid.uuid4)
    requested_by = models.CharField(max_length=254)
    requested_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True


class WatchedJob(OrderedJob):
    """An ordered job that people watch on a page of its own (`templates/sessions/_watched_job.html`)."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting for the worker"
        RUNNING = "running", "Running"
        STOPPED = "stopped", "Stopped"
        FAILED = "failed", "Failed"
        READY = "ready", "Done"

    requested_by_id = models.BigIntegerField(null=True, help_text="A person; null for a key.")
    error = models.TextField(blank=True, help_text="Why it ended early; empty when it did not.")

    page: ClassVar[str]  # the route at which people watch it

    class Meta:
        abstract = True

    @property
    def is_stopped(self) -> bool:
        """Whether somebody ended it before its end."""
        return False

    @property
    def has_begun(self) -> bool:
        """Whether a worker has done anything for it."""
        raise NotImplementedError

    @property
    def badge(self) -> str:
        """The CSS class of the state's badge; empty for the plain one."""
        return BADGES.get(self.state, "")

    @property
    def is_ready(self) -> bool:
        """Whether it came to its proper end."""
        return self.state == self.State.READY

    @property
    def state(self) -> State:
        """How far it is."""
        if self.finished_at is None:
            return self.State.RUNNING if self.has_begun else self.State.WAITING
        if self.is_stopped:
            return self.State.STOPPED
        return self.State.FAILED if self.error else self.State.READY


BADGES = {
    WatchedJob.State.STOPPED: "warning",
    WatchedJob.State.FAILED: "error",
    WatchedJob.State.READY: "success",
}
