"""Records of erasures, which keep erased data from coming back."""

from django.db import models

from projects.tenancy import TenantQuerySet


class Tombstone(models.Model):
    """Record that something was erased. It has a keyed hash of the id, so that its readers learn no id."""

    class Kind(models.TextChoices):
        TRACE = "trace"
        SESSION = "session"
        PERSON = "person"
        PAST = "past", "The past of a session that had only traces of an erased person"
        SPAN = "span", "A span that has comments, but no stored trace"

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
