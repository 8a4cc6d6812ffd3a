"""What writes by API were answered, for programs that ask again."""

from django.db import models
from django.utils import timezone

from projects.tenancy import TenantQuerySet


class KeptAnswer(models.Model):
    """The answer to one write that came with an Idempotency-Key."""

    pk = models.CompositePrimaryKey("project_id", "digest")
    project_id = models.BigIntegerField()
    digest = models.CharField(max_length=64, help_text="Of the API key and its Idempotency-Key.")
    request_digest = models.CharField(max_length=64, help_text="Of method, address and body.")
    status = models.PositiveSmallIntegerField(null=True, help_text="Null while the request is at work.")
    answer = models.TextField(null=True, help_text="JSON: its body and its headers.")
    is_forgotten = models.BooleanField(default=False, help_text="Whether data that it may repeat was erased.")
    begun_at = models.DateTimeField(default=timezone.now)

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "kept_answer"
        indexes = [models.Index("project_id", models.F("begun_at").desc(), name="kept_answer_newest")]

    def __str__(self) -> str:
        return f"{self.status} of {self.begun_at}"
