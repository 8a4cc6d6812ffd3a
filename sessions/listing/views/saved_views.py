"""Where people save, change, delete and choose between views of the list."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from projects.access import person, project_view, requires
from projects.audit import Action, record
from projects.models import Project, Role, User
from projects.preferences import load_preferences, prefer
from sessions.listing.saved_views import EVERYTHING, may_change, state_of, visible_to
from sessions.models import SavedView
from tracing.lists.layout import LAYOUT_PARAMETERS

MAX_SAVED_VIEWS = 200  # views of one person in one project
SAVED_VIEWS_PREFERENCE_PAGE = "sessions"  # of the preferences


class ViewForm(forms.Form):
    name = forms.CharField(max_length=80)
    is_shared = forms.BooleanField(required=False)


@require_safe
@project_view
def views(request: HttpRequest, project: Project) -> HttpResponse:
    """Every view that the person sees, with what they may do with it."""
    user = person(request)
    found = [{"view": view, "may_change": may_change(user, project.role, view)} for view in visible_to(user, project)]
    mine = load_preferences(user, project, SAVED_VIEWS_PREFERENCE_PAGE).get("default_view", "")
    context = {"project": project, "section": "sessions", "views": found, "mine": mine, "everything": EVERYTHING}
    return render(request, "sessions/views.html", context)


@require_POST
@project_view
@requires(Role.MEMBER)
def new_view(request: HttpRequest, project: Project) -> HttpResponse:
    form, user = ViewForm(request.POST), person(request)
    own = SavedView.objects.for_project(project).filter(owner_id=user.pk)
    if not form.is_valid():
        return _refused(request, project, "A view needs a name of at most 80 characters.")
    if own.count() >= MAX_SAVED_VIEWS:
        return _refused(request, project, f"You can have {MAX_SAVED_VIEWS} views. Delete one first.")
    view = SavedView(project_id=project.pk, owner_id=user.pk, owner=user.email, **_state(request.POST))
    view.name, view.is_shared = form.cleaned_data["name"], form.cleaned_data["is_shared"]
    try:
        with transaction.atomic():
            view.save(force_insert=True)
            _record(Action.VIEW_SAVED, project, user, view, request)
    except IntegrityError:
        return _refused(request, project, "You have a view of this name already.")
    return redirect(reverse("sessions", args=[project.pk]) + view.address)


@require_POST
@project_view
@requires(Role.MEMBER)
def change_view(request: HttpRequest, project: Project, view_id: UUID) -> HttpResponse:
    """Rename or share a view, or, with a `query`, let it keep the state that the list shows now."""
    user = person(request)
    view = _changeable(user, project, view_id)
    changes: dict[str, Any] = _state(request.POST) if "query" in request.POST else _named(request.POST, view)
    try:
        with transaction.atomic():
            SavedView.objects.for_project(project).filter(id=view.id).update(**changes, updated_at=timezone.now())
            _record(Action.VIEW_CHANGED, project, user, view, request)
    except IntegrityError:
        return _refused(request, project, "Its owner has a view of this name already.")
    if "query" in request.POST:
        return redirect(reverse("sessions", args=[project.pk]) + _changeable(user, project, view_id).address)
    return redirect("views", project.pk)


@require_POST
@project_view
@requires(Role.MEMBER)
def delete_view(request: HttpRequest, project: Project, view_id: UUID) -> HttpResponse:
    user = person(request)
    view = _changeable(user, project, view_id)
    with transaction.atomic():
        SavedView.objects.for_project(project).filter(id=view.id).delete()
        _record(Action.VIEW_DELETED, project, user, view, request)
    messages.success(request, f"The view “{view.name}” is deleted.")
    return redirect("views", project.pk)


@require_POST
@project_view
def default_view(request: HttpRequest, project: Project) -> HttpResponse:
    """Choose the view with which the list opens: `mine` for oneself, `project` for everybody, which only admins may.

    Empty means none, and `all` the plain list even if the project has a default."""
    if "project" in request.POST:
        if not project.role.administers:
            raise PermissionDenied("Only an admin chooses for everybody.")
        return _projects_default(request, project)
    chosen, user = request.POST.get("mine", ""), person(request)
    if chosen not in ("", EVERYTHING) and str(_visible(user, project, chosen).id) != chosen:
        raise Http404
    prefer(user, project, SAVED_VIEWS_PREFERENCE_PAGE, default_view=chosen or None)
    return redirect("views", project.pk)


def _projects_default(request: HttpRequest, project: Project) -> HttpResponse:
    chosen, user = request.POST["project"], person(request)
    all_views = SavedView.objects.for_project(project)
    view = _visible(user, project, chosen) if chosen else None
    if view and not view.is_shared:
        return _refused(request, project, "Share the view before everybody's list opens on it.")
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=project.pk)  # two choices at once leave one of them
        all_views.filter(is_default=True).update(is_default=False)
        if view:
            all_views.filter(id=view.id).update(is_default=True)
        target = view.audited if view else "none"
        record(Action.VIEW_CHANGED, project, actor=user, target=target, request=request, default=True)
    return redirect("views", project.pk)


def _state(form: QueryDict) -> dict[str, Any]:
    """Return the state of the list from a form with its address and layout."""
    params = QueryDict(form.get("query", "").removeprefix("?"), mutable=True)
    for name in LAYOUT_PARAMETERS:
        params.setdefault(name, form.get(name, ""))
    return state_of(params)


def _named(form: QueryDict, view: SavedView) -> dict[str, Any]:
    read = ViewForm(form)
    changes = dict(read.cleaned_data) if read.is_valid() else {"name": view.name}
    return changes | ({} if changes.get("is_shared", view.is_shared) else {"is_default": False})


def _visible(user: User, project: Project, view_id: UUID | str) -> SavedView:
    try:
        view: SavedView | None = visible_to(user, project).filter(id=view_id).first()
    except ValidationError:  # the text is no id
        view = None
    if view is None:
        raise Http404("There is no such view, or it is somebody else's.")
    return view


def _changeable(user: User, project: Project, view_id: UUID) -> SavedView:
    view = _visible(user, project, view_id)
    if not may_change(user, project.role, view):
        raise PermissionDenied("Only its owner or an admin may change a shared view.")
    return view


def _refused(request: HttpRequest, project: Project, reason: str) -> HttpResponse:
    messages.error(request, reason)
    return redirect("views", project.pk)


def _record(action: Action, project: Project, user: User, view: SavedView, request: HttpRequest) -> None:
    record(action, project, actor=user, target=view.audited, request=request, shared=view.is_shared)
