"""What the scores of a session come to, name by name: kept by the recompute, read by lists and charts."""

from django.db import models

from projects.tenancy import TenantQuerySet
from tracing.models import IdField


class SessionScore(models.Model):
    """All scores of one name on a session, its traces and their spans, those that say "can't tell" left out."""

    pk = models.CompositePrimaryKey("project_id", "session_id", "name")
    project_id = models.BigIntegerField()
    session_id = IdField()
    name = models.TextField()
    count = models.IntegerField(help_text="How many scores gave an answer, of whatever type.")
    # As wide as a float can be large: no score may make the recompute of its session fail.
    mean = models.DecimalField(
        max_digits=330,
        decimal_places=12,
        null=True,
        help_text="Of the numeric and boolean ones (0 or 1); null without any.",
    )
    shares = models.JSONField(default=dict, help_text="How often each category was given: {category: count}.")

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "session_score"
        indexes = [
            models.Index(
                "project_id", "name", models.F("mean").desc(), models.F("session_id").desc(), name="session_score_mean"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.session_id}: {self.mean} ({self.count})"
