"""API keys: of projects, for programs, and of people, for whatever those may open."""

from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.models.people import User
from projects.models.tenants import Project, Role


class Scope(models.TextChoices):
    """What a key may be used for."""

    INGEST = "ingest"
    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


PROJECT_SCOPES = (Scope.INGEST, Scope.READ, Scope.WRITE)  # which a key of a project may have
OWN_SCOPES = (Scope.READ, Scope.WRITE, Scope.ADMIN)  # which a person's may have


def every_scope() -> list[str]:
    """Return all scopes that a key of a project may have, its default."""
    return [scope.value for scope in PROJECT_SCOPES]


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    """Rows of API keys."""

    def live(self) -> Self:
        """Return only the keys that are valid now."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), revoked_at=None)


class ApiKey(models.Model):
    """A pair of a public (`pk-`) and a secret key (`sk-`), of a project or of a person.

    Of the secret only the SHA-256 and a readable prefix are stored. The project of a person's key is the one that a
    request names, and `role` is what the person is there (projects/auth.py)."""

    # Typed as always there: what asks a key's project has it from projects/auth.py, or from the project.
    project: models.ForeignKey[Project, Project] = models.ForeignKey(  # type: ignore[misc]
        Project, null=True, blank=True, on_delete=models.CASCADE, related_name="api_keys"
    )
    owner = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE, related_name="own_keys")
    role: Role | None = None
    name = models.CharField(max_length=120, default="default")
    public_key = models.CharField(max_length=80, unique=True)
    secret_prefix = models.CharField(max_length=12)
    secret_hash = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope), default=every_scope)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    replaced_by = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="replaces")

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        db_table = "api_key"
        constraints = [
            models.CheckConstraint(
                condition=Q(project=None, owner__isnull=False) | Q(project__isnull=False, owner=None),
                name="api_key_of_a_project_or_a_person",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.public_key})"

    def ended_at(self) -> datetime | None:
        """Return when the key became invalid, or None while it is valid."""
        ends = [at for at in (self.revoked_at, self.expires_at) if at and at <= timezone.now()]
        return min(ends, default=None)
