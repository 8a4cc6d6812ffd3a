"""Organizations, their members with roles, and their projects."""

from datetime import timedelta
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from projects.models.people import User


class Role(models.TextChoices):
    """Role in an organization, strongest first. Each role may do everything that the weaker ones may."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    VIEWER = "viewer"

    def covers(self, other: "Role") -> bool:
        """Return whether this role is `other` or stronger."""
        ranks = list(Role)
        return ranks.index(self) <= ranks.index(other)

    @property
    def owns(self) -> bool:
        return self.covers(Role.OWNER)

    @property
    def administers(self) -> bool:
        """Return whether this role may manage keys, settings and people."""
        return self.covers(Role.ADMIN)

    @property
    def edits(self) -> bool:
        """Return whether this role may annotate, and save views."""
        return self.covers(Role.MEMBER)


class Organization(models.Model):
    """A tenant, which owns projects and has members."""

    name = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was closed to everybody. Its projects are being deleted since then."
    )
    members = models.ManyToManyField(User, through="Membership", related_name="organizations")

    class Meta:
        db_table = "organization"

    def __str__(self) -> str:
        return self.name

    @property
    def role(self) -> Role:
        """Return the reader's role. Only projects/access.py returns objects that have one."""
        return Role(vars(self)["granted_role"])


class Membership(models.Model):
    """Role of a person in an organization."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "membership"
        constraints = [models.UniqueConstraint(fields=["user", "organization"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} in {self.organization} as {self.role}"


class Invitation(models.Model):
    """A role for the person who reads mail at `email`. Of the link's token only the SHA-256 is stored."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    is_mailed = models.BooleanField(
        db_default=False, default=False, help_text="Whether the link was only sent by mail to the address."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "invitation"
        constraints = [models.UniqueConstraint(fields=["organization", "email"], name="invitation_once")]

    def __str__(self) -> str:
        return f"{self.email} to {self.organization} as {self.role}"

    @property
    def is_expired(self) -> bool:
        return self.expires_at <= timezone.now()


def known_time_zone(name: str) -> None:
    """Raise ValidationError unless `name` is a zone of the IANA database."""
    if name not in available_timezones():
        raise ValidationError(f"{name!r} is not a time zone. Use a name such as Europe/Lisbon.")


class Project(models.Model):
    """Target of ingestion, and unit of tenancy: API keys belong to it."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="projects")
    name = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)
    time_zone = models.CharField(
        max_length=64,
        default="UTC",
        validators=[known_time_zone],
        help_text="The zone of days and hours on pages.",
    )
    retention_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="Days from the arrival of a trace to its deletion; empty keeps all traces."
    )
    monthly_span_quota = models.PositiveBigIntegerField(
        null=True,
        blank=True,
        help_text="Spans per month (UTC) after which SDKs are refused; empty means no limit.",
    )
    session_quiet_minutes = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Minutes from its last span until a session is idle; empty for the server's setting.",
    )
    archived_at = models.DateTimeField(null=True, blank=True, help_text="When the project stopped accepting data.")
    deleted_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was closed to everybody. Its rows are being deleted since then."
    )

    class Meta:
        db_table = "project"
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="project_name_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def quiet_time(self) -> timedelta:
        """Return the time after its last span for which a session is not idle yet."""
        return timedelta(minutes=self.session_quiet_minutes or settings.SESSION_QUIET_MINUTES)

    @property
    def role(self) -> Role:
        """Return the reader's role. Only projects/access.py returns objects that have one."""
        return Role(vars(self)["granted_role"])


class ProjectDeletion(models.Model):
    """Progress of the deletion of a project, and its receipt afterwards."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="deletions")
    project_id = models.BigIntegerField(unique=True)
    name = models.CharField(max_length=120)
    requested_by = models.CharField(max_length=254)
    requested_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    expected_rows = models.BigIntegerField(default=0)
    deleted_rows = models.JSONField(default=dict, help_text="By table.")

    class Meta:
        db_table = "project_deletion"

    def __str__(self) -> str:
        return f"deletion of {self.name}"

    @property
    def row_count(self) -> int:
        return sum(self.deleted_rows.values())
