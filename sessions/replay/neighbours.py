"""The sessions before and after one, in the list that a reader came from."""

from dataclasses import dataclass

from django.http import QueryDict

from projects.models import Project
from sessions.listing.listing import Listing
from sessions.models import Session


@dataclass(frozen=True)
class Neighbours:
    """Ids of the sessions on both sides, None at an end, and the list's own query string."""

    previous: str | None
    next: str | None
    query: str


def neighbours_of(project: Project, session: Session, query: str) -> Neighbours:
    """`query` is the list's query string; parameters that are about how it looks do not change who is next."""
    params = QueryDict(query, mutable=True)
    for name in ("cursor", "limit"):
        params.pop(name, None)
    listing = Listing(project, params, foreign=tuple(params))
    if listing.errors:
        return Neighbours(None, None, query)
    before, after = (_next_to(listing, session, is_forward=way) for way in (False, True))
    return Neighbours(before, after, query)


def _next_to(listing: Listing, session: Session, *, is_forward: bool) -> str | None:
    cursor = listing.order.cursor(session, is_forward=is_forward)
    rows = listing.order.page(listing.shown, cursor=cursor, limit=1).rows
    return rows[0].session_id if rows else None
