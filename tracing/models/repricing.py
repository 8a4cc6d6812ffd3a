"""Orders to compute the costs of a project's stored calls at today's prices."""

import uuid
from datetime import timedelta

from django.db import models
from django.utils import timezone

from projects.jobs.leases import Leased
from tracing.models.columns import IdField


class Repricing(Leased):
    """An order of somebody to price all stored calls anew; costs that an SDK stated are kept."""

    LEASE = timedelta(seconds=60)  # longer than a batch may take

    pk = models.CompositePrimaryKey("project_id", "id")
    id = models.UUIDField(default=uuid.uuid4)
    requested_by = models.CharField(max_length=254)
    requested_at = models.DateTimeField(default=timezone.now)
    after = IdField(default="", help_text="The last trace that was priced.")
    expected_traces = models.BigIntegerField(default=0)
    trace_count = models.BigIntegerField(default=0)

    class Meta:
        db_table = "repricing"
        indexes = [models.Index("project_id", models.F("requested_at").desc(), name="repricing_newest")]

    def __str__(self) -> str:
        return f"repricing of {self.requested_at}"
