"""The part of the setup page that fills an empty project with demo sessions, and tells how far it is."""

from dataclasses import dataclass

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from projects.access import person, project_view, requires
from projects.audit import Action, record
from projects.htmx import PageRequest
from projects.models import Project, Role
from sessions.demo import filling
from sessions.demo.tasks import demo_sessions
from sessions.models import DemoFill
from tracing.models import Trace


@dataclass(frozen=True, kw_only=True)
class DemoPart:
    """What this part of the page shows."""

    fill: DemoFill | None  # what goes on, or has left sessions
    session_ids: list[str]  # demo sessions that are still there
    may_begin: bool  # nothing has arrived in the project


def demo_part(project: Project) -> DemoPart:
    """Find out what there is to show. At most three queries."""
    fill = filling.newest(project)
    session_ids = filling.remaining(fill) if fill else []
    if fill and fill.is_ready and not session_ids:
        fill = None  # they were deleted
    is_busy = fill is not None and fill.finished_at is None
    may_begin = not is_busy and not Trace.objects.for_project(project).exists()
    return DemoPart(fill=fill, session_ids=session_ids, may_begin=may_begin and not project.archived_at)


@never_cache
@require_http_methods(["GET", "POST"])
@project_view
@requires(Role.ADMIN)
def setup_demo(request: PageRequest, project: Project) -> HttpResponse:
    """Order demo sessions for a project without traces; to htmx, tell how far they are."""
    if request.method == "POST":
        _order(request, project)
    if not request.htmx:
        return redirect("setup", project.pk)
    return render(request, "sessions/_demo.html", {"project": project, "demo": demo_part(project)})


@transaction.atomic
def _order(request: PageRequest, project: Project) -> None:
    Project.objects.select_for_update().get(pk=project.pk)
    if not demo_part(project).may_begin:
        return  # another window was faster
    fill = filling.begin(project, by=person(request))
    record(Action.DEMO_ORDERED, project, actor=person(request), request=request, sessions=fill.expected_count)
    transaction.on_commit(lambda: demo_sessions.wake(project.pk))
