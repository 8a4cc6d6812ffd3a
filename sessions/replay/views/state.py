"""What people set of a session, by the forms of its page."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from projects.access import person, project_view, requires
from projects.htmx import PageRequest
from projects.models import Project, Role
from sessions.conversations import states
from sessions.models import Session
from sessions.replay.links import kept_query
from sessions.replay.state import StateForm, change, load_choices, load_saying, load_state, say

# What one button of the page changes, by the name of its field; each raises StateRefused.
EDITS: dict[str, Callable[[int, str], states.StateEdit]] = {
    "rename": lambda project_id, given: states.setting(title=states.read_title(given)),
    "bookmark": lambda project_id, given: states.setting(is_bookmarked=given == "1"),
    "status": lambda project_id, given: states.setting(status=states.read_status(given)),
    "assignee": lambda project_id, given: states.setting(assignee_id=states.read_assignee(project_id, given)),
    "label": lambda project_id, given: states.labelling(given),
    "unlabel": lambda project_id, given: states.unlabelling(given),
}


@require_POST
@project_view
@requires(Role.MEMBER)
def session_state(request: PageRequest, project: Project, session_id: str) -> HttpResponse:
    """Change one of EDITS, or the title and the note, and return to the page of the form.

    The menus in the head get the fragment in which they stand."""
    found = Session.objects.for_project(project).filter(session_id=session_id).first()
    if found is None:
        raise Http404("This project has no such session; it may have been deleted.")
    context = {"project": project, "session": found, "section": "sessions"}
    changed, refusal = next((name for name in EDITS if name in request.POST), ""), ""
    if changed:
        try:
            change(found, EDITS[changed](project.pk, request.POST[changed]), by=person(request))
        except states.StateRefused as error:
            refusal = str(error)
    else:
        form = StateForm(request.POST, instance=load_state(found))
        if not form.is_valid():
            return render(request, "sessions/replay/state.html", {**context, "form": form}, status=400)
        say(found, person(request), **form.cleaned_data)
    if request.htmx and changed == "rename":
        context |= {"saying": load_saying(found, project), "may_edit": True, "refusal": refusal}
        return render(request, "sessions/replay/_peek_title.html", context)
    if request.htmx and changed:
        context["choices"] = load_choices(load_state(found), changed=changed, refusal=refusal)
        return render(request, "sessions/replay/_own.html", context)
    if refusal:
        messages.error(request, refusal)
    page, kept = reverse("session", args=[project.pk, session_id]), kept_query(request.POST)
    return redirect(f"{page}?{kept[1:]}" if kept else page)
