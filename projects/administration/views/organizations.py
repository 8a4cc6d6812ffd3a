"""Organizations: the list of a person's organizations, a new one, its name, and its deletion."""

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from projects import deletion
from projects.access import organization_view, organizations_of, person, requires
from projects.accounts import people
from projects.administration.forms import ConfirmForm, FoundingForm, OrganizationForm, ProjectForm
from projects.audit import Action, record
from projects.models import AuditEvent, Organization, Project, Role, User
from projects.tasks import deletions

MAX_FOUNDED_PER_DAY = 20


@require_safe
@login_required
def organizations(request: HttpRequest) -> HttpResponse:
    return _list_page(request, FoundingForm(), status=200)


@require_POST
@login_required
@transaction.atomic
def create(request: HttpRequest) -> HttpResponse:
    """Create an organization, and its first project if that has a name, whose setup comes next."""
    form = FoundingForm(request.POST)
    if _has_founded_enough(person(request)):
        form.add_error(None, f"You have created {MAX_FOUNDED_PER_DAY} organizations within a day. Try again tomorrow.")
    if not form.is_valid():
        return _list_page(request, form, status=400)
    organization = people.found_organization(form.cleaned_data["name"], person(request))
    _record(request, Action.ORGANIZATION_CREATED, organization)
    if not form.cleaned_data["project"]:
        return redirect("organization", organization.pk)
    return _set_up(request, organization.projects.create(name=form.cleaned_data["project"]))


@require_safe
@organization_view
def organization(request: HttpRequest, organization: Organization) -> HttpResponse:
    """Show the organization's projects, and those that are being deleted."""
    return _projects_page(request, organization, ProjectForm(), status=200)


@require_POST
@organization_view
@requires(Role.ADMIN)
@transaction.atomic
def create_project(request: HttpRequest, organization: Organization) -> HttpResponse:
    form = ProjectForm(request.POST, instance=Project(organization=organization))
    if not form.is_valid():
        return _projects_page(request, organization, form, status=400)
    return _set_up(request, form.save())


@require_http_methods(["GET", "POST"])
@organization_view
@requires(Role.ADMIN)
@transaction.atomic
def settings(request: HttpRequest, organization: Organization) -> HttpResponse:
    before = organization.name
    form = OrganizationForm(request.POST or None, instance=organization)
    if request.method == "POST" and form.is_valid():
        form.save()
        _record(request, Action.ORGANIZATION_CHANGED, organization, name_before=before)
        return redirect("organization-settings", organization.pk)
    organization.name = before
    return _settings_page(request, organization, form, ConfirmForm(name=before))


@require_POST
@organization_view
@requires(Role.OWNER)
def delete(request: HttpRequest, organization: Organization) -> HttpResponse:
    form = ConfirmForm(request.POST, name=organization.name)
    if not form.is_valid():
        return _settings_page(request, organization, OrganizationForm(instance=organization), form, status=400)
    with transaction.atomic():
        _record(request, Action.ORGANIZATION_DELETED, organization)
        for begun in deletion.begin_organization(organization, by=person(request)):
            transaction.on_commit(lambda project_id=begun.project_id: deletions.wake(project_id))  # type: ignore[misc]
    messages.success(request, f"“{organization.name}” is closed. Its data is being deleted.")
    return redirect("organizations")


def _set_up(request: HttpRequest, project: Project) -> HttpResponse:
    """Lead to the setup of a project that was just created."""
    record(Action.PROJECT_CREATED, project, actor=person(request), target=project.name, request=request)
    return redirect("setup", project.pk)


def _has_founded_enough(user: User) -> bool:
    since = timezone.now() - timedelta(days=1)
    founded = AuditEvent.objects.filter(action=Action.ORGANIZATION_CREATED, actor_id=user.pk, at__gt=since)
    return founded.count() >= MAX_FOUNDED_PER_DAY


def _record(request: HttpRequest, action: Action, organization: Organization, **details: str) -> None:
    record(action, organization, actor=person(request), target=organization.name, request=request, **details)


def _list_page(request: HttpRequest, form: FoundingForm, *, status: int) -> HttpResponse:
    context = {"organizations": organizations_of(person(request)), "form": form, "section": "organizations"}
    return render(request, "settings/organizations.html", context, status=status)


def _projects_page(request: HttpRequest, organization: Organization, form: ProjectForm, *, status: int) -> HttpResponse:
    context = {
        "organization": organization,
        "projects": organization.projects.filter(deleted_at=None).order_by("archived_at", "name"),
        "deletions": organization.deletions.order_by("-requested_at")[:20],
        "form": form,
        "section": "organizations",
        "tab": "projects",
    }
    return render(request, "settings/organization.html", context, status=status)


def _settings_page(
    request: HttpRequest,
    organization: Organization,
    form: OrganizationForm,
    confirm_form: ConfirmForm,
    *,
    status: int = 200,
) -> HttpResponse:
    context = {
        "organization": organization,
        "form": form,
        "confirm_form": confirm_form,
        "section": "organizations",
        "tab": "settings",
    }
    return render(request, "settings/organization_settings.html", context, status=400 if form.errors else status)
