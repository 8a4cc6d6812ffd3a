"""Pages on which people start a bulk job, watch it, and stop it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from projects.access import person, project_view
from projects.audit import Action as Event
from projects.audit import parameters_in, record
from projects.htmx import PageRequest
from projects.models import Project
from sessions.bulk import jobs
from sessions.bulk.actions import BULK_ACTIONS, BulkAction, BulkRefused
from sessions.bulk.tasks import bulk_jobs
from sessions.listing.listing import Count
from sessions.listing.saved_views import state_of
from sessions.models import BulkJob

MAX_SHOWN_JOBS = 50
IN_AN_ADDRESS = 100  # ids of up to 200 characters, which browsers and proxies still take
EXPORT_ACTION = "export"  # changes nothing, so that it is a download and no job


@require_safe
@project_view
def bulk(request: PageRequest, project: Project) -> HttpResponse:
    """Show the project's jobs, the newest first."""
    found = list(BulkJob.objects.for_project(project).defer("session_ids").order_by("-requested_at")[:MAX_SHOWN_JOBS])
    context = {
        "project": project,
        "section": "sessions",
        "jobs": [_shown(job) for job in found],
    }
    return render(request, "sessions/jobs.html", context)


@require_safe
@vary_on_headers("HX-Request")
@project_view
def bulk_job(request: PageRequest, project: Project, job_id: UUID) -> HttpResponse:
    """Show one job; to htmx, the fragment that updates itself."""
    job = _job(project, job_id)
    context = {"project": project, "section": "sessions", **_shown(job)}
    return render(request, "sessions/_job.html" if request.htmx else "sessions/job.html", context)


@require_POST
@project_view
def cancel_bulk(request: PageRequest, project: Project, job_id: UUID) -> HttpResponse:
    """Stop a job, for the person who started it and for everybody who may do the same."""
    job = _job(project, job_id)
    if job.requested_by_id != person(request).pk and not project.role.covers(BULK_ACTIONS[job.action].role):
        raise PermissionDenied("Only the person who started it, or somebody who may do the same, can stop it.")
    jobs.cancel(job)
    return redirect("bulk-job", project.pk, job.id)


@require_POST
@project_view
def new_bulk(request: PageRequest, project: Project) -> HttpResponse:
    """Start what the list's form asks for.

    Asks back if a choice or a confirmation is missing, does a small job at once and leaves a large one to a worker."""
    selection = jobs.Selection.read(request.POST)
    if request.POST.get("action") == EXPORT_ACTION:
        return _export(request, project, selection)
    name, action = _action(request, project)
    argument = request.POST.get(action.argument, "") if action.argument else ""
    try:
        count = selection.count(project)
        if not count.number:
            raise BulkRefused("Nothing is selected. Select some rows, or “All”.")
        choices = action.choices(project) if action.argument else []
        if argument and action.read:
            argument = action.read(argument)
        elif action.argument and argument not in {value for value, _ in choices}:
            return _ask(request, project, name, selection, count, choices)
        if action.is_final and "confirmed" not in request.POST:
            return _ask(request, project, name, selection, count, choices)
        job = _begin(request, project, name, selection, argument)
    except BulkRefused as refusal:
        messages.error(request, str(refusal))
        return redirect(_list(project, request))
    if jobs.is_large(job):
        bulk_jobs.wake(project.pk)
        return redirect("bulk-job", project.pk, job.id)
    jobs.proceed(job)
    _say(request, job, action)
    return redirect(_list(project, request))


def _export(request: HttpRequest, project: Project, selection: jobs.Selection) -> HttpResponse:
    """Redirect to the export of the selection, where a format is chosen."""
    if len(selection.session_ids) > IN_AN_ADDRESS:
        messages.error(
            request, f"More than {IN_AN_ADDRESS} selected sessions do not fit into an address. Use a filter instead."
        )
        return redirect(_list(project, request))
    asked = urlencode({"id": selection.session_ids}, doseq=True)
    if selection.query is not None:
        asked = state_of(QueryDict(selection.query))["query"]
    return redirect(reverse("export", args=[project.pk]) + (f"?{asked}" if asked else ""))


@transaction.atomic
def _begin(request: HttpRequest, project: Project, name: str, selection: jobs.Selection, argument: str) -> BulkJob:
    user, action = person(request), BULK_ACTIONS[name]
    arguments = {action.argument: argument} if action.argument else {}
    job = jobs.begin(project, name, selection, by=user, **arguments)
    count = job.expected_count
    filters = parameters_in(QueryDict(job.query))
    said: dict[str, Any] = {"sessions": count, "job": str(job.id), **({"filters": filters} if filters else {})}
    record(Event.BULK_ACTION, project, actor=user, target=name, request=request, **said)
    return job


def _ask(
    request: HttpRequest,
    project: Project,
    name: str,
    selection: jobs.Selection,
    count: Count,
    choices: list[tuple[str, str]],
) -> HttpResponse:
    """Show the page on which a choice is made or confirmed, with the number of sessions."""
    context = {"project": project, "section": "sessions", "name": name, "action": BULK_ACTIONS[name], "count": count}
    context |= {"selection": selection, "choices": choices, "query": request.POST.get("query", "")}
    context |= {"back": _list(project, request)}
    return render(request, "sessions/bulk_ask.html", context)


def _action(request: HttpRequest, project: Project) -> tuple[str, BulkAction]:
    name = request.POST.get("action", "")
    action = BULK_ACTIONS.get(name)
    if action is None:
        raise Http404("There is no such action.")
    if not project.role.covers(action.role):
        raise PermissionDenied(
            f"You need the role {action.role.label.lower()} for this; your role is {project.role.label.lower()}."
        )
    return name, action


def _say(request: HttpRequest, job: BulkJob, action: BulkAction) -> None:
    if job.error:
        messages.error(request, job.error)
        return
    sessions = "1 session" if job.seen_count == 1 else f"{job.seen_count:,} sessions"
    messages.success(request, f"{sessions} {action.done}.")


def _shown(job: BulkJob) -> dict[str, object]:
    action = BULK_ACTIONS.get(job.action)
    return {"job": job, "action": action, "label": action.label if action else job.action}


def _job(project: Project, job_id: UUID) -> BulkJob:
    job: BulkJob | None = BulkJob.objects.for_project(project).filter(id=job_id).defer("session_ids").first()
    if job is None:
        raise Http404("There is no such job.")
    return job


def _list(project: Project, request: HttpRequest) -> str:
    query = request.POST.get("query", "").removeprefix("?")
    return reverse("sessions", args=[project.pk]) + (f"?{query}" if query else "")
