"""Sets of sessions that people compare."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.http import urlencode

from projects.tenancy import TenantQuerySet
from tracing.models.columns import IdField

MAX_COHORT_NAME_CHARACTERS = 80
DESCRIPTION_LENGTH = 1000


class Cohort(models.Model):
    """A set of sessions under a name: whatever a filter of the list matches, or a fixed list of sessions."""

    class Colour(models.TextChoices):
        """The closed set that the style sheet knows; cohorts are told apart by dash and letter, too."""

        BLUE = "blue"
        ORANGE = "orange"
        GREEN = "green"
        PURPLE = "purple"
        RED = "red"
        TEAL = "teal"

    pk = models.CompositePrimaryKey("project_id", "id")
    project_id = models.BigIntegerField()
    id = models.UUIDField(default=uuid.uuid4)
    name = models.CharField(max_length=MAX_COHORT_NAME_CHARACTERS)
    description = models.TextField(blank=True, max_length=DESCRIPTION_LENGTH)
    colour = models.CharField(max_length=8, choices=Colour, default=Colour.BLUE)
    owner_id = models.BigIntegerField(help_text="Who made it.")
    owner = models.CharField(max_length=254, help_text="Their e-mail address at the time.")
    is_fixed = models.BooleanField(default=False, help_text="Whether its sessions are listed in cohort_member.")
    query_string = models.TextField(
        blank=True,
        help_text="Otherwise the filter as the list's address has it, without a '?'; empty is every session.",
    )
    session_count = models.BigIntegerField(default=0)
    counted_at = models.DateTimeField(null=True, help_text="When the sessions were counted last.")
    updated_at = models.DateTimeField(default=timezone.now)

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "cohort"
        constraints = [
            models.UniqueConstraint(fields=["project_id", "name"], name="cohort_name_once"),
            models.CheckConstraint(
                condition=models.Q(is_fixed=False) | models.Q(query_string=""), name="cohort_list_or_filter"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """The query string of the list that shows its sessions, with the '?'."""
        return "?" + (urlencode({"cohort": str(self.id)}) if self.is_fixed else self.query_string)

    @property
    def audited(self) -> str:
        """How the audit log names it, which keeps no names that people give."""
        return f"cohort {self.id}"


class CohortMember(models.Model):
    """A session of a fixed list; it leaves when it is deleted."""

    pk = models.CompositePrimaryKey("project_id", "cohort_id", "session_id")
    project_id = models.BigIntegerField()
    cohort_id = models.UUIDField()
    session_id = IdField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "cohort_member"
        indexes = [models.Index(fields=["project_id", "session_id"], name="cohort_member_session")]

    def __str__(self) -> str:
        return f"{self.session_id} of {self.cohort_id}"
