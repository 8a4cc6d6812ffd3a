"""The list of sessions. A fragment answers the URL of the page that it stands in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from projects.access import person, project_view
from projects.htmx import PageRequest
from projects.models import Project
from projects.preferences import load_preferences
from projects.range_picker import RangePicker, range_picker
from projects.values import whole_number
from sessions.bulk.actions import BulkAction, offered_to
from sessions.conversations.states import load_states
from sessions.listing.empty_state import Blame, find_blocking_conditions
from sessions.listing.excerpts import found_in
from sessions.listing.listing import Inputs, Listing
from sessions.listing.live import Changes, find_changes, live_of
from sessions.listing.saved_views import PARAMETERS_NOT_SAVED, Menu, default_of, load_menu, state_of
from sessions.listing.table import DEFAULT_SESSION_COLUMNS, SessionColumn, table_of
from sessions.models import Session
from tracing.lists.layout import MAX_PEEK_PIXELS, MIN_PEEK_PIXELS
from tracing.lists.table import ListTable
from tracing.models import Trace

SESSIONS_PREFERENCE_PAGE = "sessions"  # of the preferences
DEFAULT_PEEK_PIXELS = 400
FOREIGN = set(PARAMETERS_NOT_SAVED) - {"cursor"}


@dataclass(frozen=True, kw_only=True)
class SessionRows:
    """What every answer of the list needs to draw rows: the page, the rows that follow, and what has changed."""

    project: Project
    listing: Listing
    table: ListTable[SessionColumn]
    views: Menu
    section: str = "sessions"

    def context(self, rows: Sequence[Session]) -> dict[str, Any]:
        """Return the context for templates that draw these rows. At most three queries."""
        states = load_states(self.project.pk, [row.session_id for row in rows])
        return {**vars(self), "states": states, **found_in(self.listing, rows)}


@dataclass(frozen=True, kw_only=True)
class SessionListPage:
    """What the page of the list needs beside its rows."""

    began: bool  # whether the project has any session
    live: Changes | None
    asked_first: list[Inputs]
    asked_rarely: list[Inputs]
    actions: dict[str, BulkAction]
    asked: str  # the query that a saved view would keep
    best_first: str
    latest_first: str
    blame: list[Blame]
    picker: RangePicker
    peek_width: int  # pixels of the preview


@require_safe
@project_view
def home(request: PageRequest, project: Project) -> HttpResponse:
    """Open a project: on the setup until its first trace, then on its sessions."""
    began = Trace.objects.for_project(project).exists()
    return redirect("sessions" if began else "setup", project.pk)


@require_safe
@vary_on_headers("HX-Request")
@project_view
def sessions(request: PageRequest, project: Project) -> HttpResponse:
    """Show the list. The URL has the whole state: filters, order, page, view.

    A request of htmx gets the rows that follow `?cursor=`, or what has changed since `?since=`."""
    user = person(request)
    liked = load_preferences(user, project, SESSIONS_PREFERENCE_PAGE)
    menu = load_menu(user, project, request.GET)
    if not request.GET and (default := default_of(menu.views, str(liked.get("default_view", "")))):
        return redirect(request.path + default.address)
    listing = Listing(project, request.GET, foreign=FOREIGN)
    part = SessionRows(project=project, listing=listing, table=table_of(listing, menu.current, liked), views=menu)
    if request.htmx and "since" in request.GET:
        changes = find_changes(listing, request.GET["since"])
        return render(request, "sessions/_live.html", {**part.context(changes.rows), "changes": changes})
    context = part.context(listing.rows)
    if request.htmx and "cursor" in request.GET:
        return render(request, "sessions/sessions.html#rows", context)
    page = SessionListPage(
        began=bool(listing.rows) or Session.objects.for_project(project).exists(),
        live=live_of(listing),
        asked_first=[field for field in listing.fields if field.name in DEFAULT_SESSION_COLUMNS],
        asked_rarely=[field for field in listing.fields if field.name not in DEFAULT_SESSION_COLUMNS],
        actions=offered_to(project.role),
        asked=state_of(request.GET)["query"],
        best_first=listing.query_string(sort="relevance"),
        latest_first=listing.query_string(sort=None),
        blame=find_blocking_conditions(project, listing, FOREIGN),
        picker=range_picker(request.GET),
        peek_width=whole_number(str(liked.get("peek", "")), MIN_PEEK_PIXELS, MAX_PEEK_PIXELS) or DEFAULT_PEEK_PIXELS,
    )
    return render(request, "sessions/sessions.html", {**context, **vars(page)})
