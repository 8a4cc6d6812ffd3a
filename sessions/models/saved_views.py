"""Questions that people ask of the list again and again."""

import uuid

from django.db import models
from django.utils import timezone

from projects.tenancy import TenantQuerySet


class SavedView(models.Model):
    """A state of the list of sessions under a name: its query string, columns and density. Private until shared."""

    pk = models.CompositePrimaryKey("project_id", "id")
    project_id = models.BigIntegerField()
    id = models.UUIDField(default=uuid.uuid4)
    name = models.CharField(max_length=80)
    owner_id = models.BigIntegerField(help_text="Who saved it.")
    owner = models.CharField(max_length=254, help_text="Their e-mail address at the time.")
    is_shared = models.BooleanField(default=False, help_text="Whether everybody in the project sees it.")
    is_default = models.BooleanField(default=False, help_text="Whether the project's list opens on it.")
    query = models.TextField(blank=True, help_text="Filters, range and sort as the address has them, without a '?'.")
    columns = models.JSONField(default=list, help_text="Names of properties in order; empty keeps the reader's own.")
    density = models.CharField(max_length=8, blank=True)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "saved_view"
        constraints = [
            models.UniqueConstraint(fields=["project_id", "owner_id", "name"], name="saved_view_name_once"),
            models.UniqueConstraint(
                fields=["project_id"], condition=models.Q(is_default=True), name="saved_view_default_once"
            ),
            models.CheckConstraint(
                condition=models.Q(is_shared=True) | models.Q(is_default=False), name="saved_view_default_is_shared"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """The query string of the list on this view. Its columns are not part of it: they follow from its id."""
        return "?" + "&".join(part for part in (self.query, f"view={self.id}") if part)

    @property
    def audited(self) -> str:
        """How the audit log names it, which keeps no names that people give."""
        return f"view {self.id}"
