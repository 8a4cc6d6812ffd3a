"""Links to the list with one more condition, for hundreds of bars: what is the same in all is written once."""

from functools import cached_property
from urllib.parse import quote_plus

from sessions.listing.listing import Listing
from sessions.query.grammar import Node
from sessions.query.parsing import MAX_QUERY_CHARACTERS, MOST_PARTS
from sessions.query.rewrite import parts_of, value_of, written

QUOTED_ASCII = {place: quote_plus(chr(place)) for place in range(128)}


class Links:
    """The links to sessions of `listing` that meet one more condition."""

    def __init__(self, listing: Listing) -> None:
        self.listing = listing
        self.parts = parts_of(listing.query_text)

    def to(self, *parts: Node) -> str:
        """Return the list's query string, or "" if the query is longer than the language allows."""
        text = written([*self.parts, *(part for part in parts if part not in self.parts)])
        return f"{self._others}q={_quoted(text)}" if len(text) <= MAX_QUERY_CHARACTERS else ""

    def sorted(self, sort: str, *parts: Node) -> str:
        """Return the query string of a list in another order, or in its own without a `sort`."""
        found = self.to(*parts)
        return f"{found}&sort={sort}" if sort and found and "sort" not in self.listing.params else found

    def to_value(self, name: str, value: str) -> str:
        """Return the query string of a value; `name` may be that of a score, `score.helpfulness`."""
        return self.to(value_of(name, value))

    def can_take(self, count: int) -> bool:
        """Return whether a query may have this number of alternatives.

        The conditions of the page leave room for half of what the language allows."""
        return count <= MOST_PARTS // 2

    @cached_property
    def _others(self) -> str:
        others = self.listing.query_string(q=None)
        return others if others == "?" else f"{others}&"


def _quoted(text: str) -> str:
    """Quote like `quote_plus`, which takes ten times as long."""
    return text.translate(QUOTED_ASCII) if text.isascii() else quote_plus(text)
