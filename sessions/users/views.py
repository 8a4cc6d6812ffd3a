"""The pages of end users: all of them, and each one. Ids are in parameters, because they can be anything."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from projects.access import project_view
from projects.faults import NextStep, fault_page, try_again
from projects.htmx import PageRequest
from projects.models import Project
from sessions.conversations.states import load_states
from sessions.listing.listing import Listing
from sessions.listing.table import SessionColumn, property_columns
from sessions.users.listing import Users
from sessions.users.profile import UserProfile
from sessions.users.queries import MAX_GROUPED_SESSIONS
from sessions.users.scores import ScoreLine, load_scores
from tracing.lists.bounded import SUMMING_SETTINGS, TooLong, within

MAX_RECENT_SESSIONS = 10
USER_TIMEOUT_MS = 3_000  # ms for a statement of the page of a user
RECENT_COLUMNS = ("updated_at", "turn_count", "duration_ms", "total_cost")


@dataclass(frozen=True, kw_only=True)
class RecentTable:
    """The columns of the newest sessions, as the list draws them."""

    columns: list[SessionColumn]
    rooms: Mapping[str, int] = field(default_factory=dict)  # none gives way


@dataclass(frozen=True, kw_only=True)
class UserPage:
    """What the page of a user shows: sums, scores, and the newest sessions."""

    project: Project
    profile: UserProfile
    listing: Listing
    only: str

    @cached_property
    def table(self) -> RecentTable:
        columns = {column.name: column for column in property_columns()}
        return RecentTable(columns=[columns[name] for name in RECENT_COLUMNS])

    @cached_property
    def scores(self) -> list[ScoreLine]:
        ids = [one.session_id for one in self.profile.newest.sessions]
        return load_scores(self.project, self.profile.user_id, ids)

    @property
    def only_links(self) -> list[tuple[str, int, str, bool]]:
        """Return what of the sessions can be shown: words, number, query, whether it is shown."""
        sums, base = self.profile.newest, {"id": self.profile.user_id, **self.profile.given}
        return [
            ("All", sums.count, "?" + urlencode(base), not self.only),
            ("With errors", sums.failed, "?" + urlencode({**base, "only": "errors"}), bool(self.only)),
        ]


@require_safe
@vary_on_headers("HX-Request")
@project_view
def users(request: PageRequest, project: Project) -> HttpResponse:
    """Show the users. The URL has the whole state, as on the list of sessions."""
    context = {
        "project": project,
        "section": "users",
        "users": Users(project, request.GET),
        "newest": MAX_GROUPED_SESSIONS,
    }
    is_more = request.htmx and "after" in request.GET
    template = "sessions/users/users.html#rows" if is_more else "sessions/users/users.html"
    return render(request, template, context)


@require_safe
@project_view
def user(request: PageRequest, project: Project) -> HttpResponse:
    """Show one user, whose id is in `?id=`."""
    try:
        with within(USER_TIMEOUT_MS, **SUMMING_SETTINGS):
            return _user_page(request, project)
    except TooLong:
        sessions = reverse("sessions", args=[project.pk]) + "?" + urlencode({"user_ids": request.GET.get("id", "")})
        return fault_page(
            request,
            503,
            "This user has many sessions, or the database is busy. Look at the sessions alone, or try again later.",
            title="This takes too long.",
            steps=[NextStep("Open the sessions", sessions), try_again(request)],
        )


def _user_page(request: PageRequest, project: Project) -> HttpResponse:
    user_id, only = request.GET.get("id", ""), request.GET.get("only", "")
    profile = UserProfile(project, user_id, request.GET)
    if not profile.newest.sessions:
        raise Http404("No session of this project has such a user.")
    asked = QueryDict(mutable=True)
    asked.update({"user_ids": user_id, "limit": str(MAX_RECENT_SESSIONS)})
    if only == "errors":
        asked["error_count__gte"] = "1"
    listing = Listing(project, asked)
    page = UserPage(project=project, profile=profile, listing=listing, only=only)
    states = load_states(project.pk, [row.session_id for row in listing.rows])
    context: dict[str, Any] = {"project": project, "section": "users", "page": page, "profile": profile}
    context |= {"listing": listing, "table": page.table, "states": states}
    return render(request, "sessions/users/user.html", context)
