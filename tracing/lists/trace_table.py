"""The list of traces as a table: the columns that are shown, in order, with their widths, and those that could be."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tracing.lists.layout import DENSITIES, Layout, layout_of, said_in
from tracing.lists.trace_listing import ALWAYS, DEFAULT_TRACE_COLUMNS, TRACE_COLUMNS, WINDOWS, TraceColumn, TraceListing

SAID = 344  # pixels, as of the first column in static/css/list.css


@dataclass(frozen=True)
class TraceHead:
    column: TraceColumn
    width: int
    sort_query: str
    aria_sort: str  # ascending | descending | none


@dataclass(frozen=True)
class TraceTable:
    heads: list[TraceHead]
    hidden: list[TraceColumn]
    layout: Layout
    densities = DENSITIES

    @property
    def columns(self) -> list[TraceColumn]:
        return [head.column for head in self.heads]

    @property
    def width(self) -> int:
        return SAID + sum(head.width for head in self.heads)


@dataclass(frozen=True)
class Window:
    label: str
    query: str
    is_current: bool


def table_of(listing: TraceListing, liked: Mapping[str, Any]) -> TraceTable:
    """`liked` is what the reader has set."""
    offered = {column.name: column for column in TRACE_COLUMNS}
    layout = layout_of(offered, DEFAULT_TRACE_COLUMNS, said_in(listing.params), liked)
    listing.page_of(layout.columns)
    heads = [_head(listing, offered[name], layout) for name in layout.columns]
    return TraceTable(heads, [column for column in TRACE_COLUMNS if column.name not in layout.columns], layout)


def windows_of(listing: TraceListing) -> list[Window]:
    """Links to the same question about more days, or fewer."""
    days = [Window(f"{n} days", listing.query_string(window=n), listing.window == n) for n in WINDOWS]
    return [*days, Window("all", listing.query_string(window=ALWAYS), listing.window is None)]


def _head(listing: TraceListing, column: TraceColumn, layout: Layout) -> TraceHead:
    aria_sort = "none"
    if column.name == listing.sort.removeprefix("-"):
        aria_sort = "descending" if listing.sort.startswith("-") else "ascending"
    query = listing.query_string(sort=column.name if aria_sort == "descending" else f"-{column.name}")
    return TraceHead(column, layout.widths.get(column.name) or column.width, query, aria_sort)
