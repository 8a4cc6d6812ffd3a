"""The table as which each list is shown: its columns, the links that sort by them, and the conditions in force."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from django.http import QueryDict
from django.utils.http import urlencode

from tracing.lists.layout import DENSITIES, Layout, layout_of


@dataclass(frozen=True, kw_only=True)
class ListColumn:
    """A column that a list can show. `sort` is the order that its head offers, without a minus; "" if there is none."""

    name: str
    label: str
    kind: str
    help: str = ""
    sort: str = ""
    rises_first: bool = False  # whether the head offers the ascending order first
    pixels: int = 0  # width unless the reader sets another


LEAST_FIRST_COLUMN_PIXELS = 196  # where the other columns have given way
AnyColumn = TypeVar("AnyColumn", bound=ListColumn)


@dataclass(frozen=True, kw_only=True)
class SortableHead(Generic[AnyColumn]):
    """The head of a column. `sort_query` sorts by it, or in the other direction if the list is sorted by it already."""

    column: AnyColumn
    width: int
    sort_query: str | None
    aria_sort: str  # ascending | descending | none
    room: int = 0  # pixels that the list must have for the column to be shown


@dataclass(frozen=True, kw_only=True)
class ListTable(Generic[AnyColumn]):
    """The heads that are shown, in order, and the columns that could be."""

    heads: list[SortableHead[AnyColumn]]
    hidden: list[AnyColumn]
    layout: Layout
    first_column_pixels: int  # of the column before all others

    @property
    def columns(self) -> list[AnyColumn]:
        """The columns that are shown, in order."""
        return [head.column for head in self.heads]

    @property
    def width(self) -> int:
        """Pixels below which the table is scrolled, so that nothing moves when more rows arrive."""
        first = LEAST_FIRST_COLUMN_PIXELS if self.rooms else self.first_column_pixels
        return first + sum(head.width for head in self.heads if not head.room)

    @property
    def rooms(self) -> Mapping[str, int]:
        """The `room` of each column that gives way, by its name."""
        return {head.column.name: head.room for head in self.heads if head.room}

    @property
    def densities(self) -> tuple[str, ...]:
        """The densities that a reader can choose from."""
        return DENSITIES

    @property
    def names(self) -> str:
        """The names of the columns that are shown, as an address has them."""
        return ",".join(self.layout.columns)


TIME_LABEL = "Time"  # of the condition that a list is about a time


@dataclass(frozen=True, kw_only=True)
class ListCondition:
    """A filter in force, in words, and the query of the list without it."""

    label: str
    value: str
    query_without: str


SortLink = Callable[[str], str]
ROOM_STEP_PIXELS = 60  # of the widths of a list at which static/css/lists.css shows another column


def sortable_head(
    column: AnyColumn, *, sort: str, link: SortLink, widths: Mapping[str, int] | None = None
) -> SortableHead[AnyColumn]:
    """Return the head of a column in a list that is sorted by `sort`; `link` returns the query for another order."""
    width = (widths or {}).get(column.name) or column.pixels
    if not column.sort:
        return SortableHead(column=column, width=width, sort_query=None, aria_sort="none")
    aria_sort = "none"
    if column.sort == sort.removeprefix("-"):
        aria_sort = "descending" if sort.startswith("-") else "ascending"
    rises = aria_sort == "descending" or (aria_sort == "none" and column.rises_first)
    query = link(column.sort if rises else f"-{column.sort}")
    return SortableHead(column=column, width=width, sort_query=query, aria_sort=aria_sort)


def list_table(
    offered: Iterable[AnyColumn],
    *,
    default: Sequence[str],
    standing: Collection[str],
    sources: Sequence[Mapping[str, Any]],
    sort: str,
    link: SortLink,
    first_column_pixels: int,
) -> ListTable[AnyColumn]:
    """Lay out the columns as the first of `sources` that has an opinion says, otherwise as `default`.

    Where the list is too narrow for all of `default`, the last ones give way to those that are `standing` and to the
    one that sorts. What somebody chose is shown at any width."""
    columns = {column.name: column for column in offered}
    layout = layout_of(columns, [name for name in default if name in columns], *sources)
    heads = [sortable_head(columns[name], sort=sort, link=link, widths=layout.widths) for name in layout.columns]
    if layout.columns == tuple(default) and not layout.widths:
        heads = _giving_way(heads, {*standing, sort.removeprefix("-")}, first_column_pixels)
    return ListTable(
        heads=heads,
        hidden=[column for name, column in columns.items() if name not in layout.columns],
        layout=layout,
        first_column_pixels=first_column_pixels,
    )


def _giving_way(
    heads: Sequence[SortableHead[AnyColumn]], standing: Collection[str], taken: int
) -> list[SortableHead[AnyColumn]]:
    """Return the heads with the room that each needs beside those that stand and those before it."""
    taken += sum(head.width for head in heads if head.column.name in standing)
    found = []
    for head in heads:
        if head.column.name not in standing:
            taken += head.width
            head = replace(head, room=-(-taken // ROOM_STEP_PIXELS) * ROOM_STEP_PIXELS)
        found.append(head)
    return found


def changed_query(params: QueryDict, changes: Mapping[str, Any], *, position: str = "cursor") -> str:
    """Return `?...` with the changes; None removes a parameter.

    The position of the page is left out unless it is among the changes: another list starts at its first page."""
    kept = {name: [value for value in params.getlist(name) if value] for name in params if name != position}
    asked = {name: value for name, value in {**kept, **changes}.items() if value not in (None, "", [])}
    return "?" + urlencode(asked, doseq=True)
