"""What full-text search adds to a list: excerpts around the words in its rows, and links to search further."""

from collections.abc import Sequence
from typing import Any

from sessions.listing.listing import FILTERED_LIST_TIMEOUT_MS, Listing
from sessions.listing.saved_views import PARAMETERS_NOT_SAVED
from sessions.models import Session
from sessions.query.grammar import Node, Not, Word
from sessions.query.writing import write
from sessions.search.snippets import snippets_for, sought
from tracing.lists.bounded import TooLong, within


def found_in(listing: Listing, rows: Sequence[Session]) -> dict[str, Any]:
    """Return the context that the list's templates need for a search. One query, or none without words to find."""
    if not listing.terms:
        return {}
    try:
        with within(FILTERED_LIST_TIMEOUT_MS):
            snippets = snippets_for(listing.project.pk, [row.session_id for row in rows], listing.terms)
    except TooLong:
        snippets = {}
    found = {"snippets": snippets, "sought": sought(listing.terms), "scan_query": scan_query(listing)}
    return found | {"further": further(listing)}


def further(listing: Listing) -> str:
    """Return the query of the list before the time that this one has searched, or "" if it has searched all."""
    start, since = listing.span.start, listing.since
    if since is None or (start is not None and start.start >= since):
        return ""
    time = {"range": None, "from": start and start.start.isoformat(), "to": since.isoformat()}
    return listing.query_string(**time)


def scan_query(listing: Listing) -> str:
    """Return the query of the deep scan for the same words in the same sessions."""
    parts = listing.query.parts
    words = [write(part) for part in parts if _is_said(part)]
    others = [write(part) for part in parts if not _is_said(part)]
    left_out = dict.fromkeys((*PARAMETERS_NOT_SAVED, "sort", "limit"))
    return listing.query_string(**left_out, q=" ".join(others), find=" ".join(words))


def _is_said(part: Node) -> bool:
    return isinstance(part.inside if isinstance(part, Not) else part, Word)
