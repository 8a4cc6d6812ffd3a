"""Who did what: `record` adds a row to the audit log, and `Trail` finds rows for its page and its export."""

from dataclasses import dataclass
from datetime import date

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest

from projects.masking import masked
from projects.models import ApiKey, AuditEvent, Organization, Project, User

Action = AuditEvent.Action
Detail = str | int | bool | None
Actor = User | ApiKey | str


def record(
    action: AuditEvent.Action,
    tenant: Organization | Project,
    *,
    actor: Actor,
    target: str = "",
    request: HttpRequest | None = None,
    **details: Detail,
) -> None:
    """Adds one row. Call it in the transaction of what it tells of; secrets that slip into the texts are masked."""
    project = tenant if isinstance(tenant, Project) else None
    AuditEvent.objects.create(
        organization_id=project.organization_id if project else tenant.pk,
        project_id=project.pk if project else None,
        actor_id=actor.pk if isinstance(actor, User) else None,
        actor=_name(actor)[:254],
        action=action,
        target=masked(target)[:254],
        ip=client_ip(request) if request else None,
        details={name: masked(value) if isinstance(value, str) else value for name, value in details.items()},
    )


def record_everywhere(action: AuditEvent.Action, user: User, *, request: HttpRequest | None, **details: Detail) -> None:
    """For what a person does as such, like signing in: one row in each of their organizations."""
    for organization in Organization.objects.filter(memberships__user=user).order_by("pk"):
        record(action, organization, actor=user, target=user.email, request=request, **details)


def client_ip(request: HttpRequest) -> str | None:
    """The peer's address, or what a proxy says that the settings trust; None when it cannot be told."""
    try:
        return get_adapter(request).get_client_ip(request)  # type: ignore[no-any-return]
    except PermissionDenied:
        return None


def _name(actor: Actor) -> str:
    if isinstance(actor, ApiKey):
        return f"key {actor.public_key}"
    return actor.email if isinstance(actor, User) else actor


@dataclass(frozen=True)
class Trail:
    """Which rows of an organization's audit log somebody wants to see; what is None or empty does not filter."""

    action: str = ""
    actor: str = ""
    project_id: int | None = None
    since: date | None = None
    until: date | None = None

    def events(self, organization: Organization) -> QuerySet[AuditEvent]:
        """The newest first."""
        events = AuditEvent.objects.filter(organization_id=organization.pk).order_by("-at", "-pk")
        if self.action:
            events = events.filter(action=self.action)
        if self.actor:
            events = events.filter(actor__icontains=self.actor)
        if self.project_id is not None:
            events = events.filter(project_id=self.project_id)
        if self.since:
            events = events.filter(at__date__gte=self.since)
        return events.filter(at__date__lte=self.until) if self.until else events
