"""The settings of the model that judges ask, for the admins of a project. Its key is never shown again."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from projects.access import person, project_view, requires
from projects.audit import Action, record
from projects.htmx import PageRequest
from projects.models import Project, Role
from sessions.judges.forms import ModelForm
from sessions.judges.loading import load_provider
from sessions.models import ModelProvider

MODEL_SETTINGS = ("protocol", "base_url", "model", "requests_per_minute", "window_tokens")


@require_http_methods(["GET", "HEAD", "POST"])
@project_view
@requires(Role.ADMIN)
def models(request: PageRequest, project: Project) -> HttpResponse:
    """Show the settings; store and audit what is posted."""
    stored = load_provider(project.pk) or ModelProvider(protocol=ModelProvider.Protocol.OPENAI_COMPATIBLE)
    initial = {name: getattr(stored, name) for name in MODEL_SETTINGS} | {"consent": stored.consent_at is not None}
    form = ModelForm(request.POST or None, stored=stored, initial=initial)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            saved = form.save(project, by=person(request).email)
            record(
                Action.PROJECT_CHANGED,
                project,
                actor=person(request),
                target=project.name,
                request=request,
                judge_protocol=saved.protocol,
                judge_address=saved.base_url,
                judge_model=saved.model,
                judge_consent=saved.consent_by,
            )
        messages.success(request, "Saved.")
        return redirect("project-models", project.pk)
    context = {"project": project, "form": form, "stored": stored, "section": "settings", "tab": "models"}
    return render(request, "settings/models.html", context, status=400 if form.errors else 200)
