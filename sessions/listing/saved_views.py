"""Saved views: named states of the list.

Everybody sees shared views and their own. Members can save views; a shared one is changed by its owner and admins."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.http import urlencode

from projects.models import Project, Role, User
from sessions.models import SavedView
from tracing.lists import layout

EVERYTHING = "all"  # instead of a view's id: the plain list, whatever the default is
# Parameters of an address that no view keeps: where the reader is, and how it is shown.
PARAMETERS_NOT_SAVED = ("cursor", "view", "live", "since", *layout.LAYOUT_PARAMETERS)


@dataclass(frozen=True, kw_only=True)
class Menu:
    """The views as one person finds them on the list; `current` is the one the address names."""

    views: list[SavedView]
    current: SavedView | None
    may_save: bool
    may_change: bool  # the current one
    is_changed: bool  # whether the list shows something else by now than the current one keeps

    @property
    def shared(self) -> list[SavedView]:
        return [view for view in self.views if view.is_shared]

    @property
    def private(self) -> list[SavedView]:
        return [view for view in self.views if not view.is_shared]


def visible_to(user: User, project: Project) -> QuerySet[SavedView]:
    views: QuerySet[SavedView] = SavedView.objects.for_project(project)
    return views.filter(Q(is_shared=True) | Q(owner_id=user.pk)).order_by("name", "id")


def may_change(user: User, role: Role, view: SavedView) -> bool:
    return role.edits and (view.owner_id == user.pk or (view.is_shared and role.administers))


def load_menu(user: User, project: Project, params: QueryDict) -> Menu:
    """Load the views that a person sees in the menu of the list. One query."""
    views = list(visible_to(user, project))
    current = named(params.get("view", ""), views)
    changes = current is not None and may_change(user, project.role, current)
    return Menu(
        views=views,
        current=current,
        may_save=project.role.edits,
        may_change=changes,
        is_changed=current is not None and _is_changed(current, params),
    )


def default_of(views: Iterable[SavedView], preferred: str) -> SavedView | None:
    """Return the view with which the list opens: the person's own default, otherwise that of the project."""
    views = list(views)
    if preferred == EVERYTHING:
        return None
    return named(preferred, views) or next((view for view in views if view.is_default), None)


def named(view_id: str, views: Iterable[SavedView]) -> SavedView | None:
    return next((view for view in views if str(view.id) == view_id), None)


def state_of(params: QueryDict) -> dict[str, Any]:
    """Return what a view keeps of an address, without the empty fields of forms."""
    kept = [(name, [v for v in values if v]) for name, values in params.lists() if name not in PARAMETERS_NOT_SAVED]
    said = layout.layout_in(params)
    columns = [name for name in said["columns"] if name]
    density = said["density"] if said["density"] in layout.DENSITIES else ""
    return {"query": urlencode([pair for pair in kept if pair[1]], doseq=True), "columns": columns, "density": density}


def _is_changed(view: SavedView, params: QueryDict) -> bool:
    now = state_of(params)
    is_laid_out = bool(now["columns"]) and now["columns"] != view.columns
    is_dense = bool(now["density"]) and now["density"] != view.density
    return sorted(QueryDict(view.query).lists()) != sorted(QueryDict(now["query"]).lists()) or is_laid_out or is_dense
