"""The palette: from a few typed characters to a session, a trace, a user, a saved view or a page of the project."""

from collections.abc import Iterator
from typing import NamedTuple

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from projects.access import person, project_view
from projects.htmx import PageRequest
from projects.models import Project, User
from sessions.listing.saved_views import visible_to
from sessions.models import Session
from sessions.navigation import pages_for
from sessions.query.writing import quoted
from sessions.users.queries import find_user_ids
from tracing.limits.ids import in_one_form
from tracing.models import Trace

MAX_ENTRIES_OF_KIND = 6
MAX_PALETTE_CHARACTERS = 200  # no id is longer


class Destination(NamedTuple):
    """An entry of the palette."""

    label: str
    kind: str
    href: str


@require_safe
@vary_on_headers("HX-Request")
@project_view
def go(request: PageRequest, project: Project) -> HttpResponse:
    """Show where `?q=` could lead. A request of htmx gets the list alone."""
    asked = request.GET.get("q", "").strip()[:MAX_PALETTE_CHARACTERS]
    found = list(destinations(person(request), project, asked))
    context = {"project": project, "asked": asked, "destinations": found}
    return render(request, "sessions/_go.html" if request.htmx else "sessions/go.html", context)


def destinations(user: User, project: Project, asked: str) -> Iterator[Destination]:
    """Find pages and views by a part of their name, users by a part of their id, other ids by how they begin.

    At most six queries."""
    views = visible_to(user, project).filter(name__icontains=asked)[:MAX_ENTRIES_OF_KIND]
    list_of_sessions = reverse("sessions", args=[project.pk])
    if asked:
        yield from _ids(project, asked)
        yield from _users(project, asked)
    yield from (Destination(view.name, "saved view", list_of_sessions + view.address) for view in views)
    pages = [page for page in pages_for(project.role) if asked.lower() in page.label.lower()]
    most = MAX_ENTRIES_OF_KIND if asked else None
    yield from (Destination(page.label, "page", page.address(project)) for page in pages[:most])
    if asked:
        words = urlencode({"q": quoted(asked)})
        yield Destination(f"Conversations that say “{asked}”", "search", f"{list_of_sessions}?{words}")


def _users(project: Project, asked: str) -> Iterator[Destination]:
    """Find users of the newest sessions by a part of the id, and others by the whole id."""
    found = find_user_ids(project, asked, MAX_ENTRIES_OF_KIND)
    if asked not in found and Session.objects.for_project(project).filter(user_ids__contains=[asked]).exists():
        found.insert(0, asked)
    page = reverse("user", args=[project.pk])
    yield from (Destination(user_id, "user", f"{page}?{urlencode({'id': user_id})}") for user_id in found)


def _ids(project: Project, asked: str) -> Iterator[Destination]:
    found = Session.objects.for_project(project).filter(session_id__startswith=in_one_form(asked))
    found = found.order_by("session_id")
    for session_id in found.values_list("session_id", flat=True)[:MAX_ENTRIES_OF_KIND]:
        yield Destination(session_id, "session", reverse("session", args=[project.pk, session_id]))
    traces = Trace.objects.for_project(project).filter(trace_id__startswith=asked).order_by("trace_id")
    for trace_id in traces.values_list("trace_id", flat=True)[:MAX_ENTRIES_OF_KIND]:
        yield Destination(trace_id, "trace", reverse("trace", args=[project.pk, trace_id]))
