"""The list of sessions as a table: a column for each property and for each score."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sessions.listing.listing import Listing
from sessions.listing.score_order import PREFIX, ScoreName, score_names, score_of_sort
from sessions.models import SavedView, Session
from sessions.models.properties import SORTABLE_KINDS, Property, PropertyKind, properties_of
from tracing.lists.layout import layout_in
from tracing.lists.table import ListColumn, ListTable, list_table

# What a glance asks for; every other property is one click away.
DEFAULT_SESSION_COLUMNS = (
    "updated_at", "turn_count", "duration_ms", "total_cost", "error_count", "total_tokens", "user_ids",
    "model_names", "tags",
)  # fmt: skip
# What is seen however narrow the list is.
STANDING_SESSION_COLUMNS = ("updated_at", "turn_count", "total_cost", "error_count")
CONVERSATION_COLUMN_PIXELS = 388  # at least, with the box before it; it takes what the others leave
SESSION_COLUMN_PIXELS = {
    PropertyKind.ID: 260,
    PropertyKind.TIME: 132,
    PropertyKind.DURATION: 88,
    PropertyKind.NUMBER: 72,
    PropertyKind.MONEY: 88,
    PropertyKind.TEXT: 300,
}
DEFAULT_COLUMN_PIXELS = 140
SCORE_COLUMN_PIXELS = 150  # names of scores are longer than those of numbers
SCORE_COLUMN_HELP = "The mean or the categories of the score “{}” of the session, its traces and its spans."


@dataclass(frozen=True, kw_only=True)
class SessionColumn(ListColumn):
    """A property, or one score of the property `scores`, as a column."""

    field: str
    kind: PropertyKind
    key: str = ""  # the name of the score


def table_of(listing: Listing, view: SavedView | None, liked: Mapping[str, Any]) -> ListTable[SessionColumn]:
    """Return the table of a list; `liked` is what the reader has set, `view` the saved view in the address.

    One query."""
    kept = {"columns": view.columns, "density": view.density} if view else {}
    return list_table(
        [*property_columns(), *load_score_columns(listing)],
        default=DEFAULT_SESSION_COLUMNS,
        standing=STANDING_SESSION_COLUMNS,
        sources=(layout_in(listing.params), kept, liked),
        sort=listing.sort,
        link=lambda sort: listing.query_string(sort=sort),
        first_column_pixels=CONVERSATION_COLUMN_PIXELS,
    )


def property_columns() -> list[SessionColumn]:
    """Return a column for each declared property."""
    return [_property_column(declared) for declared in properties_of(Session).values()]


def load_score_columns(listing: Listing) -> list[SessionColumn]:
    """Return a column for each score in alphabetical order, up to a limit, and for the one that sorts the list.

    One query."""
    found = score_names(listing.project.pk)
    sorted_by = score_of_sort(listing.sort)
    if sorted_by and sorted_by not in {score.name for score in found}:
        found.append(ScoreName(sorted_by, has_mean=True))
    return [_score_column(score) for score in found]


def _property_column(declared: Property) -> SessionColumn:
    return SessionColumn(
        name=declared.name,
        field=declared.field,
        label=declared.label,
        help=declared.help,
        kind=declared.kind,
        sort=declared.name if declared.kind in SORTABLE_KINDS else "",
        rises_first=declared.kind == PropertyKind.ID,
        pixels=SESSION_COLUMN_PIXELS.get(declared.kind, DEFAULT_COLUMN_PIXELS),
    )


def _score_column(score: ScoreName) -> SessionColumn:
    sort = PREFIX + score.name
    return SessionColumn(
        # Addresses list the names of columns with commas between them.
        name=sort.replace("%", "%25").replace(",", "%2C"),
        field="scores",
        label=score.name,
        help=SCORE_COLUMN_HELP.format(score.name),
        kind=PropertyKind.NUMBER if score.has_mean else PropertyKind.SCORES,
        sort=sort if score.has_mean else "",
        pixels=SCORE_COLUMN_PIXELS,
        key=score.name,
    )
