"""Files in messages."""

from django.db import models

from projects.tenancy import TenantQuerySet
from tracing.models.columns import IdField


class Media(models.Model):
    """A file of traces, identified by the hash of its content: a project stores the same image only once."""

    pk = models.CompositePrimaryKey("project_id", "media_id")
    project_id = models.BigIntegerField()
    media_id = models.CharField(max_length=22, db_collation="C", help_text="The start of its SHA-256 in base64url.")
    content_type = models.CharField(max_length=100)
    size = models.BigIntegerField()
    created_at = models.DateTimeField()
    uploaded_at = models.DateTimeField(null=True, help_text="Null while the SDK has only announced it.")

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "media"
        indexes = [models.Index(fields=["project_id", "created_at"], name="media_created")]  # for the quota

    def __str__(self) -> str:
        return self.media_id


class MediaUse(models.Model):
    """The use of a file by a trace. The file is deleted with its last use."""

    pk = models.CompositePrimaryKey("project_id", "trace_id", "media_id")
    project_id = models.BigIntegerField()
    trace_id = IdField()
    media_id = models.CharField(max_length=22, db_collation="C")

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "media_use"
        indexes = [models.Index(fields=["project_id", "media_id"], name="media_use_media")]

    def __str__(self) -> str:
        return f"{self.media_id} in {self.trace_id}"
