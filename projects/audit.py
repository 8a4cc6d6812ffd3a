"""Who did what: `record` adds a row to the audit log, and `Trail` finds rows for its page and its export.

Rows are kept for good, so they hold ids and kinds and never what traces, scores, comments, notes or filters say."""

from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from typing import Any

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.dispatch import Signal
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase

from projects.masking import masked
from projects.models import ApiKey, AuditEvent, Organization, Project, User

Action = AuditEvent.Action
Detail = str | int | bool | None
Actor = User | ApiKey | str

# Sent with `project_id` and `targets`; whoever knows names of what they mean answers {target: name}.
naming = Signal()

_answering: ContextVar[HttpRequest | None] = ContextVar("the request that is being answered", default=None)


def remember_request(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Middleware: whatever is recorded while a request is answered came from its address."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        token = _answering.set(request)
        try:
            return get_response(request)
        finally:
            _answering.reset(token)

    return middleware


def record(
    action: AuditEvent.Action,
    tenant: Organization | Project,
    *,
    actor: Actor,
    target: str = "",
    request: HttpRequest | None = None,
    **details: Detail,
) -> None:
    """Adds one row. Call it in the transaction of what it tells of; secrets that slip into the texts are masked.

    The address is that of `request`, or of the one that is being answered."""
    request = request or _answering.get()
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


def names_of(events: Iterable[AuditEvent]) -> dict[tuple[int | None, str], str]:
    """What is called somehow today, by project and target."""
    targets: dict[int, set[str]] = {}
    for event in events:
        if event.project_id is not None:
            targets.setdefault(event.project_id, set()).add(event.target)
    names: dict[tuple[int | None, str], str] = {}
    for project_id, wanted in targets.items():
        answers: list[tuple[Any, Any]] = naming.send(None, project_id=project_id, targets=wanted)
        for _, known in answers:
            names |= {(project_id, target): name for target, name in known.items()}
    return names


def record_everywhere(action: AuditEvent.Action, user: User, *, request: HttpRequest | None, **details: Detail) -> None:
    """For what a person does as such, like signing in: one row in each of their organizations."""
    for organization in Organization.objects.filter(memberships__user=user).order_by("pk"):
        record(action, organization, actor=user, target=user.email, request=request, **details)


def parameters_in(params: QueryDict) -> str:
    """The names of what an address asks for, without the values: these may name people."""
    return ", ".join(sorted({name.partition(".")[0][:40] for name, values in params.lists() if any(values)}))[:200]


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
