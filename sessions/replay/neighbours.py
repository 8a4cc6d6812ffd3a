"""The sessions before and after one: in the list from which the reader came, or else by last activity."""

from dataclasses import dataclass

from django.http import QueryDict

from projects.models import Project
from sessions.listing.listing import Listing
from sessions.models import Session
from tracing.lists.bounded import TooLong, within

NEIGHBOURS_TIMEOUT_MS = 1_500  # a session is shown without its neighbours rather than late


@dataclass(frozen=True)
class Neighbours:
    """The ids of the sessions on both sides, None at an end, and the list's own query string."""

    previous: str | None
    next: str | None
    query: str


def find_neighbours(project: Project, session: Session, query: str) -> Neighbours:
    """Find the neighbours of a session in the list of `query`.

    Parameters that only change how the list looks do not matter. A list that takes too long has no neighbours."""
    params = QueryDict(query, mutable=True)
    for name in ("cursor", "limit"):
        params.pop(name, None)
    listing = Listing(project, params, foreign=tuple(params))
    if listing.errors:
        return Neighbours(None, None, query)
    try:
        with within(NEIGHBOURS_TIMEOUT_MS):
            before, after = (_next_to(listing, session, is_forward=way) for way in (False, True))
    except TooLong:
        return Neighbours(None, None, query)
    return Neighbours(before, after, query)


def _next_to(listing: Listing, session: Session, *, is_forward: bool) -> str | None:
    cursor = listing.order.cursor(session, is_forward=is_forward)
    rows = listing.order.page(listing.shown, cursor=cursor, limit=1).rows
    return rows[0].session_id if rows else None
