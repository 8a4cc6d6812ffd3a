"""The page of a board, and making, changing and deleting one."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from projects.access import person, project_view, requires
from projects.audit import Action, record
from projects.htmx import PageRequest
from projects.models import Project, Role
from projects.range_picker import range_picker
from sessions.boards.page import BUILDER_PARAMETERS, board_page, tile_builder, times_in
from sessions.boards.sharing import board_of, changeable, may_change, may_own, tile_of, tiles_of, visible_to
from sessions.boards.specs import query_fault, spec_in, spec_of, typed
from sessions.dashboard.page import DEFAULT_RANGE
from sessions.models import Board, BoardSharing, BoardTile
from sessions.models.boards import MAX_BOARD_NAME_CHARACTERS, query_string_of

MAX_BOARDS = 200  # of one person in one project
NEW_BOARD = "New board"


class BoardForm(forms.Form):
    """What a board is called, and who sees it."""

    name = forms.CharField(max_length=MAX_BOARD_NAME_CHARACTERS)
    sharing = forms.ChoiceField(choices=BoardSharing.choices, required=False)


@require_safe
@project_view
def boards(request: PageRequest, project: Project) -> HttpResponse:
    """Every board that the person sees, with what they may do with it."""
    user = person(request)
    found = [{"board": board, "may_own": may_own(user, project.role, board)} for board in visible_to(user, project)]
    context = {"project": project, "section": "dashboard", "boards": found}
    return render(request, "sessions/boards/boards.html", context)


@require_safe
@project_view
def board(request: PageRequest, project: Project, board_id: UUID) -> HttpResponse:
    """Show a board: with `?add`, or `?edit=` and a tile, beside the form of a tile."""
    user = person(request)
    found = board_of(user, project, board_id)
    builder, params = None, request.GET
    if ("add" in params or "edit" in params) and may_change(user, project.role, found):
        tile = _edited(project, found, params.get("edit", ""))
        is_new = not any(name in params for name in BUILDER_PARAMETERS[2:])
        spec = typed(spec_of(tile), project.pk) if tile and is_new else spec_in(params, project.pk)
        builder = tile_builder(project, found, spec, times_in(params), tile, is_new=is_new)
    page = board_page(project, user, found, params, builder)
    picker = range_picker(params, default=DEFAULT_RANGE, foreign=BUILDER_PARAMETERS)
    context = {"project": project, "section": "dashboard", "page": page, "picker": picker}
    return render(request, "sessions/boards/board.html", context)


@require_POST
@project_view
@requires(Role.MEMBER)
def new_board(request: PageRequest, project: Project) -> HttpResponse:
    """Make an empty board, or with `copy` one with the tiles of another, and open the form of its next tile."""
    user = person(request)
    if Board.objects.for_project(project).filter(owner_id=user.pk).count() >= MAX_BOARDS:
        messages.error(request, f"You can have {MAX_BOARDS} boards. Delete one first.")
        return redirect("boards", project.pk)
    name = request.POST.get("name", "").strip()[:MAX_BOARD_NAME_CHARACTERS] or NEW_BOARD
    copied = _copied(request, project)
    made = Board(project_id=project.pk, owner_id=user.pk, owner=user.email, name=name)
    if copied:
        made.name, made.query_string = f"{copied.name[:70]}, copy", copied.query_string
    with transaction.atomic():
        made.save(force_insert=True)
        for tile in tiles_of(project, copied) if copied else ():
            kept = {one.name: getattr(tile, one.name) for one in BoardTile._meta.concrete_fields if one.name != "id"}
            BoardTile(**kept | {"board_id": made.id}).save(force_insert=True)
        record(Action.BOARD_CREATED, project, actor=user, target=made.audited, request=request)
    return redirect(reverse("board", args=[project.pk, made.id]) + ("" if copied else "?add"))


@require_POST
@project_view
@requires(Role.MEMBER)
def change_board(request: PageRequest, project: Project, board_id: UUID) -> HttpResponse:
    """Rename or share a board, or, with `q`, change the query of all its tiles."""
    user = person(request)
    found = changeable(user, project, board_id)
    back = f"{reverse('board', args=[project.pk, found.id])}?{times_in(request.POST).urlencode()}"
    changes = {}
    if "q" in request.POST:
        text = request.POST["q"].strip()
        if fault := query_fault(text, project.pk):
            messages.error(request, f"The query stays as it was. {fault}")
            return redirect(back)
        changes["query_string"] = query_string_of(text)
    else:
        form = BoardForm({"name": found.name, **request.POST.dict()})
        if not form.is_valid():
            messages.error(request, "A board needs a name of at most 80 characters.")
            return redirect(back)
        changes = {"name": form.cleaned_data["name"], "sharing": form.cleaned_data["sharing"] or found.sharing}
        if changes["sharing"] != found.sharing and not may_own(user, project.role, found):
            raise PermissionDenied("Only its owner or an admin may share this board.")
    with transaction.atomic():
        Board.objects.for_project(project).filter(id=found.id).update(**changes, updated_at=timezone.now())
        sharing = changes.get("sharing", found.sharing)
        record(Action.BOARD_CHANGED, project, actor=user, target=found.audited, request=request, sharing=sharing)
    return redirect(back)


@require_POST
@project_view
@requires(Role.MEMBER)
def delete_board(request: PageRequest, project: Project, board_id: UUID) -> HttpResponse:
    """Delete a board with its tiles."""
    user = person(request)
    found = board_of(user, project, board_id)
    if not may_own(user, project.role, found):
        raise PermissionDenied("Only its owner or an admin may delete this board.")
    with transaction.atomic():
        BoardTile.objects.for_project(project).filter(board_id=found.id).delete()
        Board.objects.for_project(project).filter(id=found.id).delete()
        record(Action.BOARD_DELETED, project, actor=user, target=found.audited, request=request)
    messages.success(request, f"The board “{found.name}” is deleted.")
    return redirect("boards", project.pk)


def _edited(project: Project, board: Board, tile_id: str) -> BoardTile | None:
    try:
        return tile_of(project, board, UUID(tile_id)) if tile_id else None
    except ValueError:
        return None


def _copied(request: PageRequest, project: Project) -> Board | None:
    try:
        return board_of(person(request), project, UUID(request.POST["copy"])) if "copy" in request.POST else None
    except ValueError:
        return None
