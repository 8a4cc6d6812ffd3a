"""The palette: from a few typed characters to a session, a trace, a user, a saved view or a page of the project."""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from projects.access import person, project_view
from projects.htmx import PageRequest
from projects.models import Project, User
from sessions.listing.saved_views import visible_to
from sessions.models import Session
from tracing.models import Trace

MAX_ENTRIES_OF_KIND = 6  # of one kind
MAX_PALETTE_CHARACTERS = 200  # no id is longer
# In the order of the navigation; a route that this installation does not have is left out.
PAGES = (
    ("Sessions", "sessions"),
    ("Traces", "traces"),
    ("Users", "users"),
    ("Dashboard", "dashboard"),
    ("Compare", "compare"),
    ("Cohorts", "cohorts"),
    ("Review", "review"),
    ("Saved views", "views"),
    ("Jobs", "bulk"),
    ("Setup", "setup"),
    ("Ingestion issues", "issues"),
)
ADMIN_PAGES = (
    ("Settings", "project-settings"),
    ("Keys", "project-keys"),
    ("Usage", "project-usage"),
    ("Prices", "project-prices"),
    ("Deletions", "project-erasures"),
)


class Destination(NamedTuple):
    label: str
    kind: str
    href: str


@require_safe
@vary_on_headers("HX-Request")
@project_view
def go(request: PageRequest, project: Project) -> HttpResponse:
    """Where `?q=` could lead; asked by htmx, the list alone."""
    asked = request.GET.get("q", "").strip()[:MAX_PALETTE_CHARACTERS]
    found = list(destinations(person(request), project, asked))
    context = {"project": project, "asked": asked, "destinations": found}
    return render(request, "sessions/_go.html" if request.htmx else "sessions/go.html", context)


def destinations(user: User, project: Project, asked: str) -> Iterator[Destination]:
    """Pages and views by a part of their name, ids by their beginning, a user by the whole id. At most four queries."""
    pages = [page for page in _pages(project) if asked.lower() in page.label.lower()]
    views = visible_to(user, project).filter(name__icontains=asked)[:MAX_ENTRIES_OF_KIND]
    list_of_sessions = reverse("sessions", args=[project.pk])
    if asked:
        yield from _ids(project, asked)
        if Session.objects.for_project(project).filter(user_ids__contains=[asked]).exists():
            yield Destination(asked, "sessions of the user", f"{list_of_sessions}?{urlencode({'user_ids': asked})}")
    yield from (Destination(view.name, "saved view", list_of_sessions + view.address) for view in views)
    yield from islice(pages, None if not asked else MAX_ENTRIES_OF_KIND)


def _ids(project: Project, asked: str) -> Iterator[Destination]:
    found = Session.objects.for_project(project).filter(session_id__startswith=asked).order_by("session_id")
    for session_id in found.values_list("session_id", flat=True)[:MAX_ENTRIES_OF_KIND]:
        yield Destination(session_id, "session", reverse("session", args=[project.pk, session_id]))
    traces = Trace.objects.for_project(project).filter(trace_id__startswith=asked).order_by("trace_id")
    for trace_id in traces.values_list("trace_id", flat=True)[:MAX_ENTRIES_OF_KIND]:
        yield Destination(trace_id, "trace", reverse("trace", args=[project.pk, trace_id]))


def _pages(project: Project) -> Iterator[Destination]:
    for label, route in (*PAGES, *(ADMIN_PAGES if project.role.administers else ())):
        try:
            yield Destination(label, "page", reverse(route, args=[project.pk]))
        except NoReverseMatch:
            continue
