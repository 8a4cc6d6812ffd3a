"""The list of sessions. A fragment answers the URL of the page that it stands in."""

from collections.abc import Sequence

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from projects.access import person, project_view
from projects.htmx import PageRequest
from projects.models import Project
from projects.preferences import preferred
from sessions.bulk.actions import offered_to
from sessions.listing.empty_state import blame_of
from sessions.listing.excerpts import found_in
from sessions.listing.listing import Listing
from sessions.listing.live import changes_in, live_of
from sessions.listing.saved_views import PASSING, default_of, menu_of, state_of
from sessions.listing.table import DEFAULT_SESSION_COLUMNS, table_of
from sessions.models import Session, SessionState
from tracing.models import Trace

SESSIONS_PREFERENCE_PAGE = "sessions"  # of the preferences
FOREIGN = set(PASSING) - {"cursor"}


@require_safe
@project_view
def home(request: PageRequest, project: Project) -> HttpResponse:
    """Where a project opens: on how to send the first trace, and from then on on its sessions."""
    began = Trace.objects.for_project(project).exists()
    return redirect("sessions" if began else "setup", project.pk)


@require_safe
@vary_on_headers("HX-Request")
@project_view
def sessions(request: PageRequest, project: Project) -> HttpResponse:
    """The URL is the whole state: filters, order, page, view. Asked by htmx, `?cursor=` answers the rows that follow,
    and `?since=` what changed since then."""
    user = person(request)
    liked = preferred(user, project, SESSIONS_PREFERENCE_PAGE)
    menu = menu_of(user, project, request.GET)
    if not request.GET and (default := default_of(menu.views, str(liked.get("default_view", "")))):
        return redirect(request.path + default.address)
    listing = Listing(project, request.GET, foreign=FOREIGN)
    table = table_of(listing, menu.current, liked)
    context = {"project": project, "section": "sessions", "listing": listing, "table": table, "views": menu}
    if request.htmx and "since" in request.GET:
        changes = changes_in(listing, request.GET["since"])
        context |= {"changes": changes, "states": states_of(project, changes.rows), **found_in(listing, changes.rows)}
        return render(request, "sessions/_live.html", context)
    context |= {"states": states_of(project, listing.rows), **found_in(listing, listing.rows)}
    if request.htmx and "cursor" in request.GET:
        return render(request, "sessions/sessions.html#rows", context)
    context |= {"began": bool(listing.rows) or Session.objects.for_project(project).exists(), "live": live_of(listing)}
    context |= {"asked_first": [field for field in listing.fields if field.name in DEFAULT_SESSION_COLUMNS]}
    context |= {"asked_rarely": [field for field in listing.fields if field.name not in DEFAULT_SESSION_COLUMNS]}
    context["actions"] = offered_to(project.role)
    context["asked"] = state_of(request.GET)["query"]
    context |= {"best_first": listing.query_string(sort="relevance"), "latest_first": listing.query_string(sort=None)}
    context["blame"] = blame_of(project, listing, FOREIGN)
    return render(request, "sessions/sessions.html", context)


def states_of(project: Project, rows: Sequence[Session]) -> dict[str, SessionState]:
    """What people said of these sessions, by id. One query."""
    states = SessionState.objects.for_project(project).filter(session_id__in=[row.session_id for row in rows])
    return {state.session_id: state for state in states}
