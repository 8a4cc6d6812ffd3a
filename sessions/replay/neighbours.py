"""The sessions before and after one: in the list from which the reader came, or else by last activity."""

from dataclasses import dataclass

from django.http import QueryDict

from projects.models import Project
from sessions.listing.listing import Listing
from sessions.models import Session
from tracing.lists.bounded import TooLong, within
from tracing.lists.keyset import Order

NEIGHBOURS_TIMEOUT_MS = 1_500  # a session is shown without its neighbours rather than late
PLACE_TIMEOUT_MS = 300
MAX_PLACED_SESSIONS = 10_000  # on each side


@dataclass(frozen=True)
class Neighbours:
    """The ids of the sessions on both sides, None at an end, and the list's own query string.

    `place` is `3 of 1,284` in the list from which the reader came, or "" where it takes too long to count."""

    previous: str | None
    next: str | None
    query: str
    place: str = ""


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
    return Neighbours(before, after, query, _place(listing, session) if query else "")


def _place(listing: Listing, session: Session) -> str:
    """Return the place in a list, "" where the session is not in it, or the order has no counted places."""
    order = listing.order
    if not isinstance(order, Order):
        return ""
    try:
        with within(PLACE_TIMEOUT_MS):
            if not listing.shown.filter(session_id=session.session_id).exists():
                return ""
            before, after = (
                order.count_beyond(listing.shown, session, is_forward=way, most=MAX_PLACED_SESSIONS)
                for way in (False, True)
            )
    except TooLong:
        return ""
    if before == MAX_PLACED_SESSIONS:
        return ""
    more = "+" if after == MAX_PLACED_SESSIONS else ""
    return f"{before + 1:,} of {before + 1 + after:,}{more}"


def _next_to(listing: Listing, session: Session, *, is_forward: bool) -> str | None:
    order = listing.order
    columns = order.columns if isinstance(order, Order) else ["session_id"]
    cursor = order.cursor(session, is_forward=is_forward)
    rows = order.page(listing.shown.only(*columns), cursor=cursor, limit=1).rows
    return rows[0].session_id if rows else None
