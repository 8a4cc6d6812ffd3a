"""Tiles: their form, their arrangement, one by itself, and one as a file."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from projects.access import person, project_view, requires
from projects.downloads.answers import download
from projects.htmx import PageRequest
from projects.models import Project, Role
from sessions.boards.arranging import CannotArrange, add_tile, arrange, change_tile
from sessions.boards.files import tile_answer
from sessions.boards.page import (
    BUILDER_PARAMETERS,
    ShownTile,
    board_listing,
    tile_builder,
    tile_content,
    times_in,
    when_shown,
)
from sessions.boards.sharing import board_of, changeable, tile_of
from sessions.boards.specs import spec_in
from sessions.models import Board


@require_POST
@project_view
@requires(Role.MEMBER)
def save_tile(request: PageRequest, project: Project, board_id: UUID) -> HttpResponse:
    """Add a tile, or with `edit` change one. What cannot be saved goes back to the form, with the reason."""
    board = changeable(person(request), project, board_id)
    spec = spec_in(request.POST.dict(), project.pk)
    edited = request.POST.get("edit", "")
    if "look" in request.POST or spec.faults(project.pk):
        return redirect(_form_address(request, project, board))
    try:
        if edited:
            change_tile(project, board, tile_of(project, board, UUID(edited)), spec)
        else:
            add_tile(project, board, spec)
    except (CannotArrange, ValueError) as error:
        messages.error(request, str(error))
    return redirect(_back(request, project, board))


@require_safe
@project_view
def preview(request: PageRequest, project: Project, board_id: UUID) -> HttpResponse:
    """Show what the choices of the form come to, as a fragment."""
    board = board_of(person(request), project, board_id)
    spec = spec_in(request.GET, project.pk)
    builder = tile_builder(project, board, spec, times_in(request.GET), None, is_new=False)
    context = {"project": project, "builder": builder}
    return render(request, "sessions/boards/_preview.html", context)


@require_safe
@project_view
def tile(request: PageRequest, project: Project, board_id: UUID, tile_id: UUID) -> HttpResponse:
    """Show one tile: as a fragment for a board that had no time for it, otherwise as a page."""
    board = board_of(person(request), project, board_id)
    found = tile_of(project, board, tile_id)
    times = times_in(request.GET)
    shown = ShownTile(found, tile_content(project, board, found, times))
    listing = board_listing(project, board, times)
    context = {"project": project, "section": "dashboard", "board": board, "shown": shown, "times": times.urlencode()}
    context["listing"] = listing
    template = "_tile_body.html" if request.htmx else "tile.html"
    return render(request, f"sessions/boards/{template}", context | {"content": shown.content})


@require_safe
@project_view
@download
def tile_file(request: PageRequest, project: Project, board_id: UUID, tile_id: UUID, form: str) -> HttpResponseBase:
    """Send a tile as SVG, or its numbers as CSV."""
    if form not in ("svg", "csv"):
        raise Http404("A tile is saved as svg or csv.")
    board = board_of(person(request), project, board_id)
    found = tile_of(project, board, tile_id)
    times = times_in(request.GET)
    content = tile_content(project, board, found, times)
    when = "" if content.fault else when_shown(project, board, content.spec, times)
    return tile_answer(request, project, content, form, when)


@require_POST
@project_view
@requires(Role.MEMBER)
def arrange_tile(request: PageRequest, project: Project, board_id: UUID, tile_id: UUID) -> HttpResponse:
    """Move, size, copy or remove a tile."""
    board = changeable(person(request), project, board_id)
    try:
        arrange(project, board, tile_of(project, board, tile_id), request.POST.get("act", ""))
    except CannotArrange as error:
        if request.htmx:
            return HttpResponse(str(error), status=400, content_type="text/plain; charset=utf-8")
        messages.error(request, str(error))
    return HttpResponse(status=204) if request.htmx else redirect(_back(request, project, board))


def _back(request: PageRequest, project: Project, board: Board) -> str:
    times = times_in(request.POST).urlencode()
    return reverse("board", args=[project.pk, board.id]) + (f"?{times}" if times else "")


def _form_address(request: PageRequest, project: Project, board: Board) -> str:
    """Return the address of the board with the form as it was filled in."""
    params = QueryDict(times_in(request.POST).urlencode(), mutable=True)
    for name in BUILDER_PARAMETERS:
        if request.POST.get(name):
            params[name] = request.POST[name]
    params.setdefault("add", "") if "edit" not in params else None
    params.setdefault("chart", "")
    return f"{reverse('board', args=[project.pk, board.id])}?{params.urlencode()}"
