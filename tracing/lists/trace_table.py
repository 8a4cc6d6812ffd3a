"""The list of traces as a table: visible columns with their widths, and those that can be added."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tracing.lists.layout import layout_in
from tracing.lists.table import ListTable, list_table
from tracing.lists.trace_listing import (
    ALL_TIME,
    DEFAULT_TRACE_COLUMNS,
    TRACE_COLUMNS,
    WINDOW_DAYS,
    TraceColumn,
    TraceListing,
)

FIRST_TRACE_COLUMN_PIXELS = 344  # at least; it takes what the others leave


@dataclass(frozen=True, kw_only=True)
class Window:
    """A link to the same list over another number of days."""

    label: str
    query: str
    is_current: bool


def table_of(listing: TraceListing, liked: Mapping[str, Any]) -> ListTable[TraceColumn]:
    """Return the table for a list. `liked` has the reader's settings."""
    table = list_table(
        TRACE_COLUMNS,
        default=DEFAULT_TRACE_COLUMNS,
        sources=(layout_in(listing.params), liked),
        sort=listing.sort,
        link=lambda sort: listing.query_string(sort=sort),
        first_column_pixels=FIRST_TRACE_COLUMN_PIXELS,
    )
    listing.page_of(table.layout.columns)
    return table


def windows_of(listing: TraceListing) -> list[Window]:
    """Return links to the same list over more or fewer days."""
    days = {f"{number} days": (number, listing.window == number) for number in WINDOW_DAYS}
    choices = {**days, "all": (ALL_TIME, listing.window is None)}
    return [
        Window(label=label, query=listing.query_string(window=value), is_current=is_current)
        for label, (value, is_current) in choices.items()
    ]
