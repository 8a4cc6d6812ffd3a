"""The list of traces as a table: visible columns with their widths, and those that can be added."""

from collections.abc import Mapping
from typing import Any

from tracing.lists.layout import layout_in
from tracing.lists.table import ListTable, list_table
from tracing.lists.trace_listing import (
    DEFAULT_TRACE_COLUMNS,
    STANDING_TRACE_COLUMNS,
    TRACE_COLUMNS,
    TraceColumn,
    TraceListing,
)

FIRST_TRACE_COLUMN_PIXELS = 344  # at least; it takes what the others leave


def table_of(listing: TraceListing, liked: Mapping[str, Any]) -> ListTable[TraceColumn]:
    """Return the table for a list. `liked` has the reader's settings."""
    table = list_table(
        TRACE_COLUMNS,
        default=DEFAULT_TRACE_COLUMNS,
        standing=STANDING_TRACE_COLUMNS,
        sources=(layout_in(listing.params), liked),
        sort=listing.sort,
        link=lambda sort: listing.query_string(sort=sort),
        first_column_pixels=FIRST_TRACE_COLUMN_PIXELS,
    )
    listing.page_of(table.layout.columns)
    return table
