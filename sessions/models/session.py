"""The session: its properties, which are declared elsewhere, in a table of their own."""

from django.db import models

from projects.tenancy import TenantQuerySet
from sessions.models.indexes import indexes_of
from sessions.models.session_properties import SessionProperties


class Session(SessionProperties):
    """A whole conversation: the traces of one project that carry the same session id."""

    pk = models.CompositePrimaryKey("project_id", "session_id")
    project_id = models.BigIntegerField()
    computed_at = models.DateTimeField()
    content_hash = models.BigIntegerField(
        null=True, help_text="Of its traces' texts: tells whether it still says the same. Null until a recompute."
    )
    content_at = models.DateTimeField(null=True, help_text="When a recompute found other texts than before.")

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "session"
        indexes = indexes_of(SessionProperties)

    def __str__(self) -> str:
        return str(self.session_id)
