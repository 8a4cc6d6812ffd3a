"""The layout of a list: which columns in which order, how wide and how dense.

The address comes first, so that a link shows what its sender saw; then a saved view; then what the reader has set."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

DENSITIES = ("compact", "normal", "roomy")
MIN_COLUMN_PIXELS, WIDEST = 60, 900  # pixels
PIXELS = re.compile(r"[0-9]{1,4}\Z")
MAX_LAYOUT_COLUMNS = 200  # columns; nobody declares so many
# Parameters that say how a list is shown, and nothing of what is in it.
LAYOUT_PARAMETERS = ("columns", "density")


@dataclass(frozen=True)
class Layout:
    """Names of the columns that are shown, in order; widths in pixels by name, where one was set."""

    columns: tuple[str, ...]
    widths: Mapping[str, int]
    density: str


def layout_of(offered: Iterable[str], first: Sequence[str], *sources: Mapping[str, Any]) -> Layout:
    """Return the layout that the first of `sources` with an opinion wants, otherwise the columns `first`.

    A column that is not `offered` is left out: it may be gone while a view or a reader's settings still name it."""
    known = set(offered)
    columns = next((chosen for source in sources if (chosen := _names(source.get("columns"), known))), tuple(first))
    density = next((named for source in sources if (named := source.get("density")) in DENSITIES), "normal")
    return Layout(columns, valid_widths(next((s["widths"] for s in sources if s.get("widths")), {})), str(density))


def said_in(params: QueryDict) -> dict[str, Any]:
    """Return what an address says about the layout: `?columns=a,b&density=compact`."""
    return {"columns": params.get("columns", "").split(","), "density": params.get("density", "")}


def _names(chosen: Any, known: set[str]) -> tuple[str, ...]:
    if not isinstance(chosen, list):
        return ()
    return tuple(dict.fromkeys(name for name in chosen if isinstance(name, str) and name in known))


def valid_widths(widths: Any) -> dict[str, int]:
    """Pixels by column; what is no sensible width is left out."""
    if not isinstance(widths, dict):
        return {}
    read = {str(name)[:80]: PIXELS.match(str(width)) for name, width in widths.items()}
    return {name: min(max(int(found[0]), MIN_COLUMN_PIXELS), WIDEST) for name, found in read.items() if found}
