"""The settings of the providers that translate and judge for a project, for its admins."""

from dataclasses import dataclass

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from projects.access import person, project_view, requires
from projects.audit import Action, record
from projects.htmx import PageRequest
from projects.models import Project, Role
from sessions.judges.loading import load_provider
from sessions.judges.provider_form import JudgingForm
from sessions.judges.spending import spent_by_project
from sessions.translation.choices import load_choice
from sessions.translation.embedded import pairs
from sessions.translation.forms import TranslationForm
from sessions.translation.languages import name_of
from sessions.translation.provider_form import ProviderForm
from sessions.translation.quota import used_today
from tracing.formatting import money


@dataclass(frozen=True, slots=True)
class ProviderSection:
    """One part of the page: its form, what it is for, what it used, and why it does not work, if so."""

    form: ProviderForm
    purpose: str
    used: str
    refusal: str = ""
    offline: str = ""  # what works without a network


@require_http_methods(["GET", "HEAD", "POST"])
@project_view
@requires(Role.ADMIN)
def providers(request: PageRequest, project: Project) -> HttpResponse:
    """Show the settings; store and audit the part that is posted."""
    part = request.POST.get("part", "")
    sections = [_translation(request, project), _judging(request, project)]
    posted = next((section.form for section in sections if section.form.part == part), None)
    if request.method == "POST" and posted is None:
        raise Http404("There is no such part of the settings.")
    if posted is not None and posted.is_valid():
        with transaction.atomic():
            posted.save(project, by=person(request).email)
            record(
                Action.PROJECT_CHANGED,
                project,
                actor=person(request),
                target=project.name,
                request=request,
                **posted.audited,
            )
        messages.success(request, "Saved.")
        return redirect(_address(project, part))
    context = {"project": project, "sections": sections, "section": "settings", "tab": "providers"}
    return render(request, "settings/providers.html", context, status=400 if posted is not None else 200)


@require_safe
@project_view
@requires(Role.ADMIN)
def former_providers(request: PageRequest, project: Project, part: str) -> HttpResponse:
    """Redirect from the address that the settings of one part had before."""
    return redirect(_address(project, part))


def _address(project: Project, part: str) -> str:
    return f"{reverse('project-providers', args=[project.pk])}#{part}"


def _translation(request: PageRequest, project: Project) -> ProviderSection:
    choice = load_choice(project)
    known = sorted(f"{name_of(source)} → {name_of(target)}" for source, target in pairs())
    return ProviderSection(
        TranslationForm(choice.settings, _posted(request, "translation"), chosen=request.GET.get("translation")),
        "Readers see a translation beside the original, which never changes. Code, links, ids and numbers are never"
        " sent.",
        f"{used_today(project.pk):,} of {choice.settings.daily_characters:,} characters used today (UTC).",
        refusal=choice.refusal if choice.settings.provider else "",
        offline=f"Works without a network: {', '.join(known)}. Your operator can add other languages.",
    )


def _judging(request: PageRequest, project: Project) -> ProviderSection:
    requests, cost = spent_by_project(project)
    return ProviderSection(
        JudgingForm(load_provider(project.pk), _posted(request, "judging"), chosen=request.GET.get("judging")),
        "Judges that ask a question send whole conversations, with what tools returned, and get an answer with its"
        " reason.",
        f"{requests:,} requests for {money(cost)} this month (UTC).",
    )


def _posted(request: PageRequest, part: str) -> QueryDict | None:
    return request.POST if request.POST.get("part") == part else None
