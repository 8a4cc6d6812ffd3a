"""Ordering, watching and stopping backfills and tests, and what judges say of one session."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from projects.access import person, project_view, requires
from projects.htmx import PageRequest
from projects.models import Project, Role
from sessions.annotation.configs import NotAllowed
from sessions.judges import runs
from sessions.judges.loading import load_bench, load_judge
from sessions.judges.making import latest_version
from sessions.judges.page import drafted
from sessions.judges.reasons import standings
from sessions.judges.tasks import judges as judging
from sessions.judges.views.judges import judge_of
from sessions.models import JudgeRun


@require_POST
@project_view
@requires(Role.ADMIN)
def order_run(request: PageRequest, project: Project, judge_id: UUID) -> HttpResponse:
    """Order a test of the latest version, or a backfill by it, and lead to its progress."""
    judge = judge_of(project, judge_id)
    purpose = request.POST.get("purpose", "")
    bench = load_bench(judge, latest_version(judge).number)
    if bench is None or purpose not in (runs.TEST, runs.BACKFILL):
        raise Http404("There is no such run.")
    try:
        run = runs.begin(project, bench, drafted(project, bench, purpose, request.POST.dict()), by=person(request))
    except NotAllowed as refused:
        messages.error(request, str(refused))
        return redirect(f"{reverse('judge', args=[project.pk, judge_id])}?tab={purpose}")
    judging.wake(project.pk)
    return redirect("judge-run", project.pk, run.id)


@require_safe
@vary_on_headers("HX-Request")
@project_view
def judge_run(request: PageRequest, project: Project, run_id: UUID) -> HttpResponse:
    """Show one run; to htmx, the fragment that updates itself."""
    run = _run_of(project, run_id)
    judge = load_judge(project, run.judge_id)
    context = {
        "project": project,
        "section": "judges",
        "job": run,
        "judge": judge,
        "label": f"{run.get_purpose_display()} by version {run.version}",
        "progress": runs.progress_of(run),
    }
    return render(request, "sessions/judges/_run.html" if request.htmx else "sessions/judges/run.html", context)


@require_POST
@project_view
@requires(Role.ADMIN)
def stop_run(request: PageRequest, project: Project, run_id: UUID) -> HttpResponse:
    """End a run; what is judged stays."""
    run = _run_of(project, run_id)
    runs.stop(run)
    return redirect("judge-run", project.pk, run.id)


@require_safe
@vary_on_headers("HX-Request")
@project_view
def judged_session(request: PageRequest, project: Project) -> HttpResponse:
    """Tell for every judge what it says of the session `id`, or why it has not judged it."""
    session_id = request.GET.get("id", "").strip().replace("\x00", "")
    context = {
        "project": project,
        "section": "judges",
        "session_id": session_id,
        "standings": standings(project, session_id),
    }
    name = "sessions/judges/_standings.html" if request.htmx else "sessions/judges/session.html"
    return render(request, name, context)


def _run_of(project: Project, run_id: UUID) -> JudgeRun:
    run: JudgeRun | None = JudgeRun.objects.for_project(project).filter(id=run_id).defer("session_ids").first()
    if run is None:
        raise Http404("There is no such run; its judge may have been deleted.")
    return run
