"""A project's own settings: its name, its limits, its archiving and its deletion."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from projects import deletion
from projects.access import person, project_view, requires
from projects.administration.forms import ConfirmForm, GeneralForm, LimitsForm
from projects.audit import Action, DetailValue, record
from projects.models import Project, Role
from projects.tasks import deletions


@require_safe
@project_view
@requires(Role.ADMIN)
def general(request: HttpRequest, project: Project) -> HttpResponse:
    return _page(request, project)


@require_POST
@project_view
@requires(Role.ADMIN)
@transaction.atomic
def rename(request: HttpRequest, project: Project) -> HttpResponse:
    """Set the project's name, its time zone, and the time after which its sessions are idle."""
    before = project.name
    form = GeneralForm(request.POST, instance=project)
    if not form.is_valid():
        project.name = before
        return _page(request, project, rename_form=form, status=400)
    form.save()
    changed = {name: form.cleaned_data[name] for name in ("time_zone", "session_quiet_minutes")}
    _record(request, Action.PROJECT_CHANGED, project, name_before=before, **changed)
    return redirect("project-settings", project.pk)


@require_POST
@project_view
@requires(Role.ADMIN)
@transaction.atomic
def limit(request: HttpRequest, project: Project) -> HttpResponse:
    """Set how long the project keeps its traces, and how many spans it accepts."""
    form = LimitsForm(request.POST, instance=project)
    before = {f"{name}_before": form.initial[name] for name in form.fields}
    if not form.is_valid():
        return _page(request, project, limits_form=form, status=400)
    form.save()
    _record(request, Action.PROJECT_CHANGED, project, **before, **form.cleaned_data)
    return redirect("project-settings", project.pk)


@require_POST
@project_view
@requires(Role.ADMIN)
@transaction.atomic
def archive(request: HttpRequest, project: Project) -> HttpResponse:
    """Archive the project, or restore it if it is archived."""
    project.archived_at = None if project.archived_at else timezone.now()
    project.save(update_fields=["archived_at"])
    _record(request, Action.PROJECT_ARCHIVED if project.archived_at else Action.PROJECT_RESTORED, project)
    return redirect("project-settings", project.pk)


@require_POST
@project_view
@requires(Role.OWNER)
def delete(request: HttpRequest, project: Project) -> HttpResponse:
    form = ConfirmForm(request.POST, name=project.name)
    if not form.is_valid():
        return _page(request, project, confirm_form=form, status=400)
    with transaction.atomic():
        deletion.begin(project, by=person(request))
        _record(request, Action.PROJECT_DELETED, project)
        transaction.on_commit(lambda: deletions.wake(project.pk))
    messages.success(request, f"“{project.name}” is closed. Its data is being deleted.")
    return redirect("organization", project.organization_id)


def _record(request: HttpRequest, action: Action, project: Project, **details: DetailValue) -> None:
    record(action, project, actor=person(request), target=project.name, request=request, **details)


def _page(
    request: HttpRequest,
    project: Project,
    *,
    rename_form: GeneralForm | None = None,
    limits_form: LimitsForm | None = None,
    confirm_form: ConfirmForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "project": project,
        "rename_form": rename_form or GeneralForm(instance=project),
        "limits_form": limits_form or LimitsForm(instance=project),
        "confirm_form": confirm_form or ConfirmForm(name=project.name),
        "contents": deletion.find_contents(project) if project.role.owns else "",
        "section": "settings",
        "tab": "general",
    }
    return render(request, "settings/general.html", context, status=status)
