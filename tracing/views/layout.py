"""Stores how a reader lays out a list."""

from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from projects.access import person, project_view
from projects.htmx import PageRequest
from projects.models import Project
from projects.preferences import prefer
from projects.values import whole_number
from tracing.lists.layout import (
    DENSITIES,
    LAYOUT_PARAMETERS,
    MAX_LAYOUT_COLUMNS,
    MAX_PEEK_PIXELS,
    MIN_PEEK_PIXELS,
    valid_widths,
)

LIST_ROUTES = {"sessions": "sessions", "traces": "traces"}  # page of preferences: name of its route


@require_POST
@project_view
def layout(request: PageRequest, project: Project, page: str) -> HttpResponse:
    """Store the layout in the form, and lead back to the list.

    `up` and `down` move one column, `reset` removes the whole layout."""
    if page not in LIST_ROUTES:
        return HttpResponse(status=404)
    changes = _changes(request.POST)
    prefer(person(request), project, page, **changes)
    if request.htmx:
        return HttpResponse(status=204)
    query = QueryDict(request.POST.get("query", "").removeprefix("?"), mutable=True)
    for name in (*LAYOUT_PARAMETERS, "cursor"):
        query.pop(name, None)
    if "view" in query and changes.get("columns"):
        query["columns"] = ",".join(changes["columns"])
    if "view" in query and changes.get("density"):
        query["density"] = changes["density"]
    address = reverse(LIST_ROUTES[page], args=[project.pk])
    return redirect(f"{address}?{query.urlencode(safe=',')}" if query else address)


def _changes(form: QueryDict) -> dict[str, Any]:
    if "reset" in form:
        return dict.fromkeys(("columns", "widths", "density"))
    changes: dict[str, Any] = {}
    if columns := list(dict.fromkeys(form.getlist("column")))[:MAX_LAYOUT_COLUMNS]:
        changes["columns"] = _moved(columns, form.get("up", ""), form.get("down", ""))
    if form.get("density") in DENSITIES:
        changes["density"] = form["density"]
    if widths := valid_widths(dict(pair.rpartition(":")[::2] for pair in form.getlist("width")[:MAX_LAYOUT_COLUMNS])):
        changes["widths"] = widths
    if width := whole_number(form.get("peek", ""), MIN_PEEK_PIXELS, MAX_PEEK_PIXELS):
        changes["peek"] = width
    return changes


def _moved(columns: list[str], up: str, down: str) -> list[str]:
    for name, step in ((up, -1), (down, 1)):
        if name in columns:
            place = columns.index(name)
            columns.insert(max(place + step, 0), columns.pop(place))
    return columns
