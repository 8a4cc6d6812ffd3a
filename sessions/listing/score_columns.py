"""A column of the list for each score: its mean, how many there are, how often each category was given."""

from sessions.listing.listing import Listing, SessionColumn
from sessions.listing.score_order import PREFIX, ScoreName, score_names, score_of_sort
from sessions.models.properties import PropertyKind

HELP = "What the scores “{}” of the session, its traces and their spans come to."


def score_columns(listing: Listing) -> list[SessionColumn]:
    """By the alphabet; with the one that the list is sorted by, however many there are. One query."""
    found = score_names(listing.project.pk)
    sorted_by = score_of_sort(listing.sort)
    if sorted_by and sorted_by not in {score.name for score in found}:
        found.append(ScoreName(sorted_by, has_mean=True))
    return [_column(listing, score) for score in found]


def _column(listing: Listing, score: ScoreName) -> SessionColumn:
    sort = PREFIX + score.name
    aria_sort = "none"
    if listing.sort.removeprefix("-") == sort:
        aria_sort = "descending" if listing.sort.startswith("-") else "ascending"
    query = listing.query_string(sort=sort if aria_sort == "descending" else f"-{sort}") if score.has_mean else None
    kind = PropertyKind.NUMBER if score.has_mean else PropertyKind.SCORES
    return SessionColumn(
        _named(sort), "scores", score.name, HELP.format(score.name), kind, query, aria_sort, key=score.name
    )


def _named(sort: str) -> str:
    """Addresses list the names of columns with commas between them."""
    return sort.replace("%", "%25").replace(",", "%2C")
