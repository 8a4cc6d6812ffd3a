"""User -> tenant and role: the one place where a person's request is given an organization or a project.

A stranger gets 404, since that something exists is not theirs to know; a member whose role is too low gets 403."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils import timezone

from projects.models import Organization, Project, Role, User

View = Callable[..., HttpResponseBase]
Tenant = Project | Organization
NUL = "%00"  # as an address spells it


def organizations_of(user: User) -> QuerySet[Organization]:
    """Every organization that `user` belongs to, with the role there."""
    mine = Organization.objects.filter(memberships__user=user, deleted_at=None)
    return mine.annotate(granted_role=F("memberships__role")).order_by("name", "pk")


def projects_of(user: User) -> QuerySet[Project]:
    """Every project that `user` may open, with the role there, by organization and name."""
    return (
        Project.objects.filter(organization__memberships__user=user, deleted_at=None)
        .annotate(granted_role=F("organization__memberships__role"))
        .select_related("organization")
        .order_by("organization__name", "name")
    )


def organization_of(user: User, organization_id: int) -> Organization:
    """The organization, or 404 for a stranger."""
    organization = organizations_of(user).filter(pk=organization_id).first()
    if organization is None:
        raise Http404("No such organization, or you are not a member of it.")
    return organization


def project_of(user: User, project_id: int) -> Project:
    """The project, or 404 for a stranger."""
    project = projects_of(user).filter(pk=project_id).first()
    if project is None:
        raise Http404("No such project, or you are not a member of its organization.")
    return project


def project_view(view: View) -> View:
    """For pages below /project/<id>: signs in, finds the project, calls `view(request, project, ...)` in its zone."""

    @login_required
    @wraps(view)
    def wrapped(request: HttpRequest, project_id: int, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if NUL in request.get_full_path():
            raise Http404("No id contains a null character, and PostgreSQL refuses to look for one.")
        project = project_of(person(request), project_id)
        with timezone.override(ZoneInfo(project.time_zone)):
            return view(request, project, *args, **kwargs)

    return wrapped


def organization_view(view: View) -> View:
    """For pages below /organization/<id>: signs in, finds it, calls `view(request, organization, ...)`."""

    @login_required
    @wraps(view)
    def wrapped(request: HttpRequest, organization_id: int, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, organization_of(person(request), organization_id), *args, **kwargs)

    return wrapped


def requires(role: Role) -> Callable[[View], View]:
    """Below `project_view` or `organization_view`: refuses whose role there does not cover `role`."""

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(
            request: HttpRequest, tenant: Project | Organization, *args: Any, **kwargs: Any
        ) -> HttpResponseBase:
            if not tenant.role.covers(role):
                raise PermissionDenied(
                    f"Only an {role.label.lower()} may do this; you are {tenant.role.label.lower()}."
                )
            return view(request, tenant, *args, **kwargs)

        return wrapped

    return decorate


def person(request: HttpRequest) -> User:
    """Who is signed in. Only for views behind one of the decorators above, or `login_required`."""
    assert isinstance(request.user, User)
    return request.user
