"""Who sees a board, and who may change it."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404

from projects.models import Project, Role, User
from sessions.models import Board, BoardSharing, BoardTile


def visible_to(user: User, project: Project) -> QuerySet[Board]:
    """Return the boards that a person sees: their own, and those that are shared."""
    boards: QuerySet[Board] = Board.objects.for_project(project)
    return boards.filter(~Q(sharing=BoardSharing.PRIVATE) | Q(owner_id=user.pk)).order_by("name", "id")


def may_change(user: User, role: Role, board: Board) -> bool:
    """Return whether a person may change a board: its owner, everybody if it is shared so, and admins a shared one."""
    if not role.edits:
        return False
    is_everybodys = board.sharing == BoardSharing.EDIT
    return board.owner_id == user.pk or is_everybodys or (board.sharing == BoardSharing.READ and role.administers)


def may_own(user: User, role: Role, board: Board) -> bool:
    """Return whether a person may share or delete a board: its owner, and admins a shared one."""
    return role.edits and (board.owner_id == user.pk or (board.sharing != BoardSharing.PRIVATE and role.administers))


def board_of(user: User, project: Project, board_id: UUID) -> Board:
    """Return a board. Raises Http404 if the person does not see it."""
    board = visible_to(user, project).filter(id=board_id).first()
    if board is None:
        raise Http404("There is no such board, or it is somebody else's.")
    return board


def changeable(user: User, project: Project, board_id: UUID) -> Board:
    """Return a board that the person may change. Raises Http404 or PermissionDenied."""
    board = board_of(user, project, board_id)
    if not may_change(user, project.role, board):
        raise PermissionDenied("Only its owner or an admin may change this board. Duplicate it to make it yours.")
    return board


def tiles_of(project: Project, board: Board) -> list[BoardTile]:
    """Return the tiles of a board in their order."""
    return list(BoardTile.objects.for_project(project).filter(board_id=board.id).order_by("place", "id"))


def tile_of(project: Project, board: Board, tile_id: UUID) -> BoardTile:
    """Return a tile. Raises Http404."""
    tile: BoardTile | None = BoardTile.objects.for_project(project).filter(board_id=board.id, id=tile_id).first()
    if tile is None:
        raise Http404("There is no such tile: somebody has removed it.")
    return tile
