"""Moves, sizes, copies and removes tiles. Places are numbered anew each time, while the board's row is locked."""

import uuid
from collections.abc import Callable, Sequence

from django.db import transaction
from django.utils import timezone

from projects.models import Project
from sessions.boards.sharing import tiles_of
from sessions.boards.specs import TILE_WIDTHS, WIDTH_OF_CHART, TileSpec
from sessions.models import Board, BoardTile, TileChart

MAX_TILES = 24
BOARD_COLUMNS = 12
DEFAULT_TILE_WIDTH = 6
Order = list[BoardTile]


class CannotArrange(Exception):
    """The tiles stay as they are, for the reason that the message says."""


@transaction.atomic
def add_tile(project: Project, board: Board, spec: TileSpec) -> BoardTile:
    """Add a tile at the end. Raises CannotArrange."""
    tiles = _locked(project, board)
    if len(tiles) >= MAX_TILES:
        raise CannotArrange(f"A board can have {MAX_TILES} tiles. Remove one, or create another board.")
    width = WIDTH_OF_CHART.get(TileChart(spec.chart), DEFAULT_TILE_WIDTH)
    tile = BoardTile(project_id=project.pk, board_id=board.id, place=len(tiles), width=width, **spec.columns())
    tile.save(force_insert=True)
    return tile


@transaction.atomic
def change_tile(project: Project, board: Board, tile: BoardTile, spec: TileSpec) -> None:
    """Give a tile other choices; its place and width stay."""
    _locked(project, board)
    BoardTile.objects.for_project(project).filter(board_id=board.id, id=tile.id).update(**spec.columns())


@transaction.atomic
def arrange(project: Project, board: Board, tile: BoardTile, act: str) -> None:
    """Do what `act` says: left, right, up, down, copy, remove, `width:6` or `place:3`. Raises CannotArrange."""
    name, _, number = act.partition(":")
    tiles = _locked(project, board)
    here = next((place for place, one in enumerate(tiles) if one.id == tile.id), None)
    if here is None:
        raise CannotArrange("This tile was removed in the meantime.")
    if name == "width" and number in map(str, TILE_WIDTHS):
        tiles[here].width = int(number)
    elif name in MOVES:
        tiles.insert(MOVES[name](tiles, here), tiles.pop(here))
    elif name == "place" and number.isdecimal() and len(number) < 4:
        tiles.insert(int(number), tiles.pop(here))
    elif name == "copy":
        _copy(project, tiles, here)
    elif name == "remove":
        BoardTile.objects.for_project(project).filter(id=tile.id).delete()
        tiles.pop(here)
    else:
        raise CannotArrange(f"A tile cannot be moved by “{act[:40]}”.")
    _numbered(project, tiles)


def _locked(project: Project, board: Board) -> Order:
    """Return the tiles, which nobody else arranges until the transaction ends."""
    boards = Board.objects.for_project(project).filter(id=board.id)
    boards.select_for_update().first()
    boards.update(updated_at=timezone.now())
    return tiles_of(project, board)


def _copy(project: Project, tiles: Order, here: int) -> None:
    if len(tiles) >= MAX_TILES:
        raise CannotArrange(f"A board can have {MAX_TILES} tiles. Remove one, or create another board.")
    kept = {field.name: getattr(tiles[here], field.name) for field in BoardTile._meta.concrete_fields}
    copy = BoardTile(**kept | {"id": uuid.uuid4(), "place": here + 1})
    copy.save(force_insert=True)
    tiles.insert(here + 1, copy)


def _numbered(project: Project, tiles: Sequence[BoardTile]) -> None:
    for place, tile in enumerate(tiles):
        BoardTile.objects.for_project(project).filter(id=tile.id).update(place=place, width=tile.width)


def _row_before(tiles: Order, here: int) -> int:
    """Return the place about one row higher."""
    room, place = BOARD_COLUMNS, here
    while place > 0 and room > 0:
        place -= 1
        room -= tiles[place].width
    return place


def _row_after(tiles: Order, here: int) -> int:
    """Return the place about one row lower."""
    room, place = BOARD_COLUMNS, here
    while place < len(tiles) - 1 and room > 0:
        place += 1
        room -= tiles[place].width
    return place


MOVES: dict[str, Callable[[Order, int], int]] = {
    "left": lambda tiles, here: max(here - 1, 0),
    "right": lambda tiles, here: min(here + 1, len(tiles) - 1),
    "up": _row_before,
    "down": _row_after,
}
