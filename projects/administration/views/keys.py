"""The keys of a project, created, rotated and revoked by its admins. A secret is shown once, when it is created."""

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from projects.access import person, project_view, requires
from projects.administration.forms import KeyForm, RotateForm
from projects.audit import Action, record
from projects.auth import create_key
from projects.keys import revoke, rotate
from projects.models import ApiKey, Project, Role


@require_safe
@project_view
@requires(Role.ADMIN)
def keys(request: HttpRequest, project: Project) -> HttpResponse:
    return _page(request, project)


@require_POST
@never_cache
@project_view
@requires(Role.ADMIN)
@transaction.atomic
def create(request: HttpRequest, project: Project) -> HttpResponse:
    form = KeyForm(request.POST)
    if not form.is_valid():
        return _page(request, project, form=form, status=400)
    key, secret = create_key(
        project, name=form.cleaned_data["name"], scopes=form.cleaned_data["scopes"], expires_at=form.expires_at()
    )
    _record(request, Action.KEY_CREATED, key, scopes=", ".join(key.scopes), expires=str(key.expires_at or "never"))
    return _page(request, project, made=key, secret=secret)


@require_POST
@never_cache
@project_view
@requires(Role.ADMIN)
@transaction.atomic
def rotate_key(request: HttpRequest, project: Project, key_id: int) -> HttpResponse:
    key = get_object_or_404(project.api_keys.live(), pk=key_id)
    form = RotateForm(request.POST)
    if not form.is_valid():
        return _page(request, project, status=400)
    successor, secret = rotate(key, until=form.until())
    _record(request, Action.KEY_ROTATED, key, successor=successor.public_key, old_pair_ends=str(form.until()))
    return _page(request, project, made=successor, secret=secret)


@require_POST
@project_view
@requires(Role.ADMIN)
@transaction.atomic
def revoke_key(request: HttpRequest, project: Project, key_id: int) -> HttpResponse:
    key = get_object_or_404(project.api_keys, pk=key_id)
    revoke(key)
    _record(request, Action.KEY_REVOKED, key)
    return redirect("project-keys", project.pk)


def _record(request: HttpRequest, action: Action, key: ApiKey, **details: str) -> None:
    target = f"{key.name} ({key.public_key})"
    record(action, key.project, actor=person(request), target=target, request=request, **details)


def _page(
    request: HttpRequest,
    project: Project,
    *,
    form: KeyForm | None = None,
    made: ApiKey | None = None,
    secret: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "project": project,
        "keys": project.api_keys.select_related("replaced_by").order_by("-created_at", "-pk"),
        "form": form or KeyForm(),
        "rotate_form": RotateForm(auto_id=False),
        "made": made,
        "secret": secret,
        "section": "settings",
        "tab": "keys",
    }
    return render(request, "settings/keys.html", context, status=status)
