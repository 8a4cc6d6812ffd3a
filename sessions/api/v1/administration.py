"""Projects of an organization, for people who administer it and come with a key of their own.

What may be done, and by whom, is what the settings pages say."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from rest_framework import status
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from projects.administration.forms import GeneralForm, LimitsForm
from projects.audit import Action, DetailValue, record
from projects.models import Organization, Project, Role, Scope, User
from sessions.api.v1.parameters import refuse_others
from sessions.api.v1.shapes.administration import GivenProjectShape, OrganizationProjectShape, ProjectChangeShape
from sessions.api.v1.shapes.operations import Operation, list_of
from sessions.api.v1.views import Endpoint, given_in, json_of
from tracing.ingest.rest.views import VIEW_METHODS

MAX_PROJECTS = 200  # of an organization, beyond which programs add none
PROJECT_FIELDS = tuple(map(str, OrganizationProjectShape().fields))


class AdministrationEndpoint(Endpoint):
    """A view for people who administer the organization, with a key of their own.

    Changes need the scope `admin`: a key that only writes, as people give to agents, must not make itself another."""

    roles = dict.fromkeys((*VIEW_METHODS, "OPTIONS"), Role.ADMIN)
    scopes = Endpoint.scopes | dict.fromkeys(VIEW_METHODS[1:], Scope.ADMIN)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the key, and that it is a person's. Raise PermissionDenied."""
        super().initial(request, *args, **kwargs)
        if self.key.owner is None:
            raise PermissionDenied("This needs a key of a person who administers the organization, not of a project.")
        refuse_others(request, ())

    @property
    def person(self) -> User:
        """Who asks."""
        assert self.key.owner is not None
        return self.key.owner

    @property
    def organization(self) -> Organization:
        """The organization of the project that the request names."""
        return self.project.organization

    @property
    def page(self) -> HttpRequest:
        """The request as the audit log knows it."""
        return self.request._request

    def note(self, action: Action, tenant: Organization | Project, target: str, **details: DetailValue) -> None:
        """Note in the audit log what was changed."""
        record(action, tenant, actor=self.key, target=target, request=self.page, **details)


class ProjectsEndpoint(AdministrationEndpoint):
    """The projects of the organization."""

    operations = {
        "GET": Operation(says="List projects", answers={200: list_of(OrganizationProjectShape)}),
        "POST": Operation(says="Create a project", takes=GivenProjectShape, answers={201: OrganizationProjectShape}),
    }

    def get(self, request: Request) -> Response:
        """Answer with all of them by name, archived ones too."""
        rows = self.organization.projects.filter(deleted_at=None).order_by("name")
        return Response({"data": [json_of(row, PROJECT_FIELDS) for row in rows]})

    @transaction.atomic
    def post(self, request: Request) -> Response:
        """Create a project."""
        given = given_in(GivenProjectShape, request)
        if self.organization.projects.filter(deleted_at=None).count() >= MAX_PROJECTS:
            raise ValidationError({"name": [f"This organization has {MAX_PROJECTS} projects. Delete one of them."]})
        project = Project(organization=self.organization, name=given["name"])
        _save(project, given)
        self.note(Action.PROJECT_CREATED, project, project.name)
        return Response(json_of(project, PROJECT_FIELDS), status.HTTP_201_CREATED)


class ProjectEndpoint(AdministrationEndpoint):
    """One project of the organization."""

    operations = {
        "GET": Operation(says="Read a project", answers={200: OrganizationProjectShape}),
        "PATCH": Operation(says="Change a project", takes=ProjectChangeShape, answers={200: OrganizationProjectShape}),
    }

    def get(self, request: Request, project_id: int) -> Response:
        """Answer with the project and its settings."""
        return Response(json_of(self._found(project_id), PROJECT_FIELDS))

    @transaction.atomic
    def patch(self, request: Request, project_id: int) -> Response:
        """Change its settings, or archive and restore it."""
        project, given = self._found(project_id), given_in(ProjectChangeShape, request)
        is_archived = given.pop("is_archived", None)
        former = _save(project, given)
        if former:
            now = {name.removesuffix("_before"): getattr(project, name.removesuffix("_before")) for name in former}
            self.note(Action.PROJECT_CHANGED, project, project.name, **former, **now)
        if is_archived is not None and is_archived != bool(project.archived_at):
            project.archived_at = timezone.now() if is_archived else None
            project.save(update_fields=["archived_at"])
            action = Action.PROJECT_ARCHIVED if is_archived else Action.PROJECT_RESTORED
            self.note(action, project, project.name)
        return Response(json_of(project, PROJECT_FIELDS))

    def _found(self, project_id: int) -> Project:
        project: Project = one_of(self.organization.projects.filter(deleted_at=None, pk=project_id))
        return project


def one_of(rows: QuerySet[Any]) -> Any:
    """Return the only row. Raise NotFound."""
    found = rows.first()
    if found is None:
        raise NotFound("The organization has nothing with that id.")
    return found


def _save(project: Project, given: dict[str, Any]) -> dict[str, Any]:
    """Save what is given, and return what was changed as it was before. Raise ValidationError."""
    former: dict[str, Any] = {}
    for form_class in (GeneralForm, LimitsForm):
        before = {name: getattr(project, name) for name in form_class.base_fields}
        form = form_class(before | {name: given[name] for name in before if name in given}, instance=project)
        if not form.is_valid():
            raise ValidationError({name: [str(one) for one in reasons] for name, reasons in form.errors.items()})
        form.save()
        former |= {f"{name}_before": old for name, old in before.items() if getattr(project, name) != old}
    return former
