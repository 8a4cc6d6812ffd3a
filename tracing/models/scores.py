"""Values of spans, traces and sessions."""

from django.db import models

from projects.tenancy import TenantQuerySet
from tracing.models.columns import IdField


class Score(models.Model):
    """A named value of a span, a trace or a session. Several people can give values with the same name."""

    class Source(models.TextChoices):
        API = "api"
        ANNOTATION = "annotation"  # a person's
        EVAL = "eval"

    pk = models.CompositePrimaryKey("project_id", "id")
    project_id = models.BigIntegerField()
    id = IdField()
    trace_id = IdField(null=True)
    span_id = IdField(null=True)
    session_id = IdField(null=True)
    name = models.TextField()
    data_type = models.CharField(max_length=12)
    value = models.FloatField(null=True)
    string_value = models.TextField(null=True)
    comment = models.TextField(null=True)
    metadata = models.JSONField(null=True)
    environment = models.CharField(max_length=40, default="default")
    config_id = IdField(null=True)
    queue_id = IdField(null=True, help_text="The review queue in which it was given.")
    source = models.CharField(max_length=12, default="api")
    author_id = models.BigIntegerField(null=True)
    is_unsure = models.BooleanField(db_default=False, help_text='"Can\'t tell": looked at, and left out of means.')
    scored_at = models.DateTimeField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "score"
        indexes = [
            models.Index(fields=["project_id", "trace_id"], name="score_trace"),
            models.Index(
                fields=["project_id", "session_id"], name="score_session", condition=models.Q(session_id__isnull=False)
            ),
            models.Index("project_id", models.F("scored_at").desc(), models.F("id").desc(), name="score_newest"),
            models.Index(fields=["project_id", "name", "scored_at"], name="score_named"),
        ]

    def __str__(self) -> str:
        return f"{self.name} = {self.value if self.string_value is None else self.string_value}"
