"""A board as its page shows it."""

import time
from dataclasses import dataclass, field
from functools import cached_property

from django.http import QueryDict

from projects.date_range import RANGES
from projects.models import Project, User
from sessions.boards.computing import content_of
from sessions.boards.content import TileContent
from sessions.boards.reading import listing_of, timed
from sessions.boards.sharing import may_change, may_own, tiles_of, visible_to
from sessions.boards.specs import TILE_WIDTHS, TileSpec, spec_of, split_properties, typed
from sessions.dashboard.measures import MEASURES
from sessions.dashboard.page import days_shown, edges
from sessions.listing.listing import Listing
from sessions.listing.score_order import score_names
from sessions.models import Board, BoardSharing, BoardTile, TileChart
from sessions.query.period import TIMES

BOARD_SECONDS = 3.0  # that a page takes for its tiles; the others are computed one by one
BUILDER_PARAMETERS = ("add", "edit", "chart", "measure", "split", "q", "span", "title", "text")
CHART_ICONS = {
    TileChart.NUMBER: "number",
    TileChart.LINE: "line-chart",
    TileChart.BARS: "dashboard",
    TileChart.RANKING: "filter",
    TileChart.SHARES: "rows",
    TileChart.HEAT: "table",
    TileChart.SESSIONS: "sessions",
    TileChart.TEXT: "text",
}


@dataclass(frozen=True)
class ShownTile:
    """A tile with what it shows."""

    tile: BoardTile
    content: TileContent
    is_chosen: bool = False


@dataclass(frozen=True, kw_only=True)
class TileBuilder:
    """The form of a tile: its choices, what is wrong with them, and what they would show."""

    spec: TileSpec
    faults: dict[str, str]
    preview: TileContent | None
    tile: BoardTile | None  # that is changed; None for a new one
    scores: list[str]

    measures = list(MEASURES.values())
    splits = list(split_properties().items())
    spans = [(name, words) for name, (words, _) in RANGES.items()]
    charts = [(chart.value, chart.label, icon) for chart, icon in CHART_ICONS.items()]


@dataclass(frozen=True, kw_only=True)
class BoardPage:
    """The board with its tiles."""

    board: Board
    listing: Listing  # of the board's query alone, for its conditions and its time
    tiles: list[ShownTile]
    boards: list[Board] = field(default_factory=list)
    builder: TileBuilder | None = None
    may_change: bool = False
    may_own: bool = False

    widths = TILE_WIDTHS
    sharings = BoardSharing.choices

    @cached_property
    def times(self) -> str:
        """Return the time of the page as an address has it, without a "?"."""
        return times_in(self.listing.params).urlencode()


def times_in(params: QueryDict) -> QueryDict:
    """Return the parameters of the time alone. Dates take precedence over a range."""
    found = QueryDict(mutable=True)
    names = [name for name in TIMES if params.get(name)]
    if "from" in names or "to" in names:
        names = [name for name in names if name != "range"]
    for name in names:
        found[name] = str(params[name])
    return found


def board_listing(project: Project, board: Board, times: QueryDict) -> Listing:
    """Return the list of the board's query, in the time of the page."""
    params = timed(times)
    if board.query_text:
        params["q"] = board.query_text
    return Listing(project, params)


def board_page(project: Project, user: User, board: Board, params: QueryDict, builder: TileBuilder | None) -> BoardPage:
    """Return the page. Tiles for which there is no time are left for later."""
    times = times_in(params)
    chosen = builder.tile.id if builder and builder.tile else None
    return BoardPage(
        board=board,
        listing=board_listing(project, board, times),
        tiles=[
            ShownTile(tile, content, is_chosen=tile.id == chosen) for tile, content in _contents(project, board, times)
        ],
        boards=list(visible_to(user, project)),
        builder=builder,
        may_change=may_change(user, project.role, board),
        may_own=may_own(user, project.role, board),
    )


def tile_content(project: Project, board: Board, tile: BoardTile, times: QueryDict) -> TileContent:
    """Compute what a stored tile shows."""
    return content_of(project, typed(spec_of(tile), project.pk), board.query_text, times)


def when_shown(project: Project, board: Board, spec: TileSpec, times: QueryDict) -> str:
    """Return the days that a tile shows, for a file, which is read later."""
    return days_shown(*edges(project, listing_of(project, spec, board.query_text, times)))


def tile_builder(
    project: Project, board: Board, spec: TileSpec, times: QueryDict, tile: BoardTile | None, *, is_new: bool
) -> TileBuilder:
    """Return the form. Untouched, it says nothing of what is still missing."""
    faults = {} if is_new else spec.faults(project.pk)
    preview = None if faults else content_of(project, spec, board.query_text, times)
    names = [found.name for found in score_names(project.pk)]
    return TileBuilder(spec=spec, faults=faults, preview=preview, tile=tile, scores=names)


def _contents(project: Project, board: Board, times: QueryDict) -> list[tuple[BoardTile, TileContent]]:
    until = time.monotonic() + BOARD_SECONDS
    found = []
    for tile in tiles_of(project, board):
        if time.monotonic() < until:
            found.append((tile, tile_content(project, board, tile, times)))
        else:
            found.append((tile, TileContent(spec=spec_of(tile), is_waiting=True)))
    return found
