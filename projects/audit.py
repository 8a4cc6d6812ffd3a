"""The audit log: `record` adds a row, and `Trail` finds rows for the page and its download.

Rows are kept for good. They contain ids and kinds, and never the content of traces, scores, comments, notes or filters.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.dispatch import Signal
from django.http import HttpRequest, QueryDict

from projects.date_range import DateRange
from projects.masking import masked
from projects.models import ApiKey, AuditEvent, Organization, Project, User
from projects.request_context import current_context

Action = AuditEvent.Action
DetailValue = str | int | bool | None
Actor = User | ApiKey | str

# Sent with `project_id` and `targets`. Receivers return {target: name} for the targets whose names they know.
naming = Signal()


def record(
    action: AuditEvent.Action,
    tenant: Organization | Project,
    *,
    actor: Actor,
    target: str = "",
    request: HttpRequest | None = None,
    **details: DetailValue,
) -> None:
    """Add a row to the audit log. Call this in the transaction of the recorded change.

    Secrets in the texts are masked."""
    request = request or current_context().request
    project = tenant if isinstance(tenant, Project) else None
    person = person_of(actor)
    if isinstance(actor, ApiKey) and person:
        details["key"] = actor.public_key
    AuditEvent.objects.create(
        organization_id=project.organization_id if project else tenant.pk,
        project_id=project.pk if project else None,
        actor_id=person.pk if person else None,
        actor=actor_name(actor)[:254],
        action=action,
        target=masked(target)[:254],
        ip=client_ip(request) if request else None,
        details={name: masked(value) if isinstance(value, str) else value for name, value in details.items()},
    )


def find_names(events: Iterable[AuditEvent]) -> dict[tuple[int | None, str], str]:
    """Return the present names of the targets of some events, by project and target."""
    targets: dict[int, set[str]] = {}
    for event in events:
        if event.project_id is not None:
            targets.setdefault(event.project_id, set()).add(event.target)
    names: dict[tuple[int | None, str], str] = {}
    for project_id, wanted in targets.items():
        answers: list[tuple[Any, Any]] = naming.send(None, project_id=project_id, targets=wanted)
        for _, found in answers:
            names |= {(project_id, target): name for target, name in found.items()}
    return names


def record_everywhere(
    action: AuditEvent.Action, user: User, *, request: HttpRequest | None, **details: DetailValue
) -> None:
    """Add a row to each of the person's organizations, for actions like signing in."""
    for organization in Organization.objects.filter(memberships__user=user).order_by("pk"):
        record(action, organization, actor=user, target=user.email, request=request, **details)


def parameters_in(params: QueryDict) -> str:
    """Return the names of the parameters of an address, without their values, which may name people."""
    return ", ".join(sorted({name.partition(".")[0][:40] for name, values in params.lists() if any(values)}))[:200]


def client_ip(request: HttpRequest) -> str | None:
    """Return the client's address as seen by the outermost trusted proxy, or None if it is unknown."""
    try:
        return get_adapter(request).get_client_ip(request)  # type: ignore[no-any-return]
    except PermissionDenied:
        return None


def actor_name(actor: Actor) -> str:
    """Return how a person, a key or the system is called where no id stands beside it."""
    if person := person_of(actor):
        return person.email
    return f"key {actor.public_key}" if isinstance(actor, ApiKey) else str(actor)


def person_of(actor: Actor) -> User | None:
    """Return the person who acts, by hand or with a key of their own; None for a program or the system."""
    if isinstance(actor, ApiKey):
        return actor.owner
    return actor if isinstance(actor, User) else None


@dataclass(frozen=True)
class Trail:
    """Filter of an organization's audit log. A field that is None or empty does not filter."""

    action: str = ""
    actor: str = ""
    project_id: int | None = None
    time: DateRange = field(default_factory=DateRange)

    def events(self, organization: Organization) -> QuerySet[AuditEvent]:
        """Return the matching events, newest first."""
        events = AuditEvent.objects.filter(organization_id=organization.pk).order_by("-at", "-pk")
        if self.action:
            events = events.filter(action=self.action)
        if self.actor:
            events = events.filter(actor__icontains=self.actor)
        if self.project_id is not None:
            events = events.filter(project_id=self.project_id)
        if self.time.start:
            events = events.filter(at__gte=self.time.start.start)
        if self.time.end:
            events = events.filter(at__lt=self.time.end.end)
        return events
