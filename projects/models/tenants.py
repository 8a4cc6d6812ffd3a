"""Organizations, who belongs to them in which role, and their projects."""

from datetime import timedelta
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from projects.models.people import User


class Role(models.TextChoices):
    """The strongest first: each may do whatever those below it may."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    VIEWER = "viewer"

    def covers(self, other: "Role") -> bool:
        ranks = list(Role)
        return ranks.index(self) <= ranks.index(other)

    @property
    def owns(self) -> bool:
        return self.covers(Role.OWNER)

    @property
    def administers(self) -> bool:
        """Keys, settings, people."""
        return self.covers(Role.ADMIN)

    @property
    def edits(self) -> bool:
        """Annotations, saved views."""
        return self.covers(Role.MEMBER)


class Organization(models.Model):
    """The tenant: owns projects and has members."""

    name = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when nobody can open it, while its projects are being deleted."
    )
    members = models.ManyToManyField(User, through="Membership", related_name="organizations")

    class Meta:
        db_table = "organization"

    def __str__(self) -> str:
        return self.name

    @property
    def role(self) -> Role:
        """Of the person who asks; only on what projects/access.py has found for somebody."""
        return Role(vars(self)["granted_role"])


class Membership(models.Model):
    """A user's role in an organization."""

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
    """A role that waits for whoever reads mail at `email`; the link's token is kept only as SHA-256."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    is_mailed = models.BooleanField(
        db_default=False, default=False, help_text="Whether only mail to the address tells the link."
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
    """Raises ValidationError for what is no zone of the IANA database."""
    if name not in available_timezones():
        raise ValidationError(f"{name!r} is no time zone; write it as Europe/Lisbon.")


class Project(models.Model):
    """The ingest target: what keys write to, and what tenancy is decided on."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="projects")
    name = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)
    time_zone = models.CharField(
        max_length=64,
        default="UTC",
        validators=[known_time_zone],
        help_text="In which days and hours on pages are meant.",
    )
    retention_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="Traces are deleted so many days after they arrived; empty keeps them."
    )
    monthly_span_quota = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="SDKs are refused after so many spans in a month (UTC); empty takes all."
    )
    session_quiet_minutes = models.PositiveIntegerField(
        null=True, blank=True, help_text="A session is idle so long after its last span; empty takes the server's."
    )
    archived_at = models.DateTimeField(null=True, blank=True, help_text="Since when it takes no more data.")
    deleted_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when nobody can open it, while its rows are being deleted."
    )

    class Meta:
        db_table = "project"
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="project_name_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def quiet_time(self) -> timedelta:
        """How long after its last span a session may still go on."""
        return timedelta(minutes=self.session_quiet_minutes or settings.SESSION_QUIET_MINUTES)

    @property
    def role(self) -> Role:
        """Of the person who asks; only on what projects/access.py has found for somebody."""
        return Role(vars(self)["granted_role"])


class ProjectDeletion(models.Model):
    """A project on its way out: a worker deletes its rows and people watch the progress; the receipt remains."""

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
