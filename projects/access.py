"""User → organization or project, with the role there: the one place where a person's request gets its tenant.

A stranger gets 404, because they must not learn what exists. A member whose role is too low gets 403."""

from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse

from projects.models import Organization, Project, Role, User
from projects.preferences import reading_as

View = Callable[..., HttpResponseBase]
Tenant = Project | Organization
NUL = "%00"  # as it is spelled in a URL
MAX_NAMED_ADMINS = 3

_reader: ContextVar[User | None] = ContextVar("who opened the page of a project that is being made", default=None)


class RoleRefused(PermissionDenied):
    """A member's role does not cover what they ask for. The text says which role does, and who can give it."""

    def __init__(self, tenant: Tenant, role: Role) -> None:
        organization = tenant.organization if isinstance(tenant, Project) else tenant
        givers = [giver for giver in Role if giver.administers and giver.covers(role)]
        people = User.objects.filter(memberships__organization=organization, memberships__role__in=givers)
        names = [giver.shown_name for giver in people.order_by("email")[:MAX_NAMED_ADMINS]]
        able = f" {' or '.join(names)} can change it." if names else ""
        super().__init__(
            f"You need the role {role.label.lower()} for this; your role in {organization} is"
            f" {tenant.role.label.lower()}.{able}"
        )
        self.members_address = reverse("organization-members", args=[organization.pk])


def organizations_of(user: User) -> QuerySet[Organization]:
    """Return the organizations that `user` belongs to, each with `granted_role`, by name."""
    mine = Organization.objects.filter(memberships__user=user, deleted_at=None)
    return mine.annotate(granted_role=F("memberships__role")).order_by("name", "pk")


def projects_of(user: User) -> QuerySet[Project]:
    """Return the projects that `user` may open, each with `granted_role`, by organization and name."""
    return (
        Project.objects.filter(organization__memberships__user=user, deleted_at=None)
        .annotate(granted_role=F("organization__memberships__role"))
        .select_related("organization")
        .order_by("organization__name", "name")
    )


def people_of(project_id: int) -> QuerySet[User]:
    """Return the members who may open the project, in the order in which they are offered."""
    return User.objects.filter(memberships__organization__projects=project_id).order_by("email")


def reader() -> User | None:
    """Return the person who opened the page that is being made; None where a program or a worker asks."""
    return _reader.get()


def organization_of(user: User, organization_id: int) -> Organization:
    """Return the organization. Raises Http404 if `user` is not a member."""
    organization = organizations_of(user).filter(pk=organization_id).first()
    if organization is None:
        raise Http404("No such organization, or you are not a member of it.")
    return organization


def project_of(user: User, project_id: int) -> Project:
    """Return the project. Raises Http404 if `user` may not open it."""
    project = projects_of(user).filter(pk=project_id).first()
    if project is None:
        raise Http404("No such project, or you are not a member of its organization.")
    return project


def project_view(view: View) -> View:
    """Decorate a view below /project/<id>, which is called with the request and the project.

    Strangers are asked to sign in, and get 404 if the project is not theirs. The view runs in the reader's time zone.
    """

    @login_required
    @wraps(view)
    def wrapped(request: HttpRequest, project_id: int, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if NUL in request.get_full_path():
            raise Http404("No such page: no id contains a null character.")
        project = project_of(person(request), project_id)
        token = _reader.set(person(request))
        try:
            with reading_as(request, person(request), days=project.time_zone):
                return view(request, project, *args, **kwargs)
        finally:
            _reader.reset(token)

    return wrapped


def organization_view(view: View) -> View:
    """Decorate a view below /organization/<id>, which is called with the request and the organization.

    Strangers are asked to sign in, and get 404 if the organization is not theirs."""

    @login_required
    @wraps(view)
    def wrapped(request: HttpRequest, organization_id: int, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with reading_as(request, person(request)):
            return view(request, organization_of(person(request), organization_id), *args, **kwargs)

    return wrapped


def operator_view(view: View) -> View:
    """Decorate a view about the whole installation: for people who may use the operator's admin, 404 for others."""

    @login_required
    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not person(request).is_staff:
            raise Http404
        with reading_as(request, person(request)):
            return view(request, *args, **kwargs)

    return wrapped


def requires(role: Role) -> Callable[[View], View]:
    """Decorate a view below `project_view` or `organization_view`: people whose role does not cover `role` get 403."""

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(
            request: HttpRequest, tenant: Project | Organization, *args: Any, **kwargs: Any
        ) -> HttpResponseBase:
            if not tenant.role.covers(role):
                raise RoleRefused(tenant, role)
            return view(request, tenant, *args, **kwargs)

        return wrapped

    return decorate


def person(request: HttpRequest) -> User:
    """Return the signed-in person. Only for views behind one of the decorators above, or `login_required`."""
    assert isinstance(request.user, User)
    return request.user
