"""The list of sessions as a table: the columns that are shown, in order, with their widths, and those that could be."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sessions.listing.listing import Listing, SessionColumn
from sessions.listing.score_columns import score_columns
from sessions.models import SavedView
from sessions.models.properties import PropertyKind
from tracing.lists.layout import DENSITIES, Layout, layout_of, said_in

# What a glance asks for; every other property is one click away.
DEFAULT_SESSION_COLUMNS = (
    "updated_at", "user_ids", "trace_count", "duration_ms", "total_tokens", "total_cost", "error_count",
    "model_names", "tags", "id", "environments",
)  # fmt: skip
CONVERSATION_COLUMN_PIXELS = 384  # pixels, as of the first column in static/css/list.css
SESSION_COLUMN_PIXELS = {
    PropertyKind.ID: 260,
    PropertyKind.TIME: 140,
    PropertyKind.DURATION: 110,
    PropertyKind.NUMBER: 110,
    PropertyKind.MONEY: 110,
    PropertyKind.TEXT: 300,
}
DEFAULT_COLUMN_PIXELS = 160
SCORE_COLUMN_PIXELS = 170  # names of scores are longer than those of numbers


@dataclass(frozen=True)
class SessionHead:
    column: SessionColumn
    width: int


@dataclass(frozen=True)
class Table:
    heads: list[SessionHead]
    hidden: list[SessionColumn]
    layout: Layout

    @property
    def columns(self) -> list[SessionColumn]:
        return [head.column for head in self.heads]

    @property
    def width(self) -> int:
        """In pixels, so that nothing moves when more rows come."""
        return CONVERSATION_COLUMN_PIXELS + sum(head.width for head in self.heads)

    @property
    def densities(self) -> tuple[str, ...]:
        return DENSITIES

    @property
    def names(self) -> str:
        return ",".join(self.layout.columns)


def table_of(listing: Listing, view: SavedView | None, liked: Mapping[str, Any]) -> Table:
    """`liked` is what the reader has set, `view` the saved view that the address names."""
    offered = {column.name: column for column in (*listing.columns, *score_columns(listing))}
    kept = {"columns": view.columns, "density": view.density} if view else {}
    layout = layout_of(
        offered, [name for name in DEFAULT_SESSION_COLUMNS if name in offered], said_in(listing.params), kept, liked
    )
    heads = [SessionHead(offered[name], _width(offered[name], layout)) for name in layout.columns]
    return Table(heads, [column for name, column in offered.items() if name not in layout.columns], layout)


def _width(column: SessionColumn, layout: Layout) -> int:
    usual = SCORE_COLUMN_PIXELS if column.key else SESSION_COLUMN_PIXELS.get(column.kind, DEFAULT_COLUMN_PIXELS)
    return layout.widths.get(column.name) or usual
