"""What must not come back."""

from django.db import models

from projects.tenancy import TenantQuerySet


class Tombstone(models.Model):
    """That something was erased, known by a keyed hash of its id: whoever reads the table learns no id."""

    class Kind(models.TextChoices):
        TRACE = "trace"
        SESSION = "session"
        PERSON = "person"
        PAST = "past", "The past of a session of which an erased person's traces were all"
        SPAN = "span", "A span that was commented without its trace"

    pk = models.CompositePrimaryKey("project_id", "kind", "hash")
    project_id = models.BigIntegerField()
    kind = models.CharField(max_length=8, choices=Kind)
    hash = models.BinaryField(help_text="16 bytes of HMAC-SHA-256 (tracing/store/tombstones.py).")
    erased_at = models.DateTimeField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "tombstone"

    def __str__(self) -> str:
        return f"{self.kind} {bytes(self.hash).hex()}"
