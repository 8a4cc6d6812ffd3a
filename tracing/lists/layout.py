"""The layout of a list: its columns in order, their widths, and the density.

The address has precedence, so that a link shows what its sender saw, then a saved view, then the reader's own settings.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from projects.access import reader

DENSITIES = ("compact", "normal", "roomy")
MIN_COLUMN_PIXELS, MAX_COLUMN_PIXELS = 60, 900
MIN_PEEK_PIXELS, MAX_PEEK_PIXELS = 320, 640  # of the preview beside the list
PIXELS = re.compile(r"[0-9]{1,4}\Z")
MAX_LAYOUT_COLUMNS = 200  # more than anybody declares
# Parameters that change how a list is shown, but not what is in it.
LAYOUT_PARAMETERS = ("columns", "density")


@dataclass(frozen=True)
class Layout:
    """Names of the visible columns in order, widths in pixels of those that have one, and the density."""

    columns: tuple[str, ...]
    widths: Mapping[str, int]
    density: str


def layout_of(offered: Iterable[str], first: Sequence[str], *sources: Mapping[str, Any]) -> Layout:
    """Return the layout from `sources`, strongest first.

    `first` has the columns that are shown if no source names any. Columns that are not `offered` are dropped: a
    property may be gone while somebody's settings still contain it."""
    known = set(offered)
    columns = next((chosen for source in sources if (chosen := _names(source.get("columns"), known))), tuple(first))
    reading = reader()
    usual = reading.density if reading and reading.density in DENSITIES else "normal"
    density = next((named for source in sources if (named := source.get("density")) in DENSITIES), usual)
    return Layout(columns, valid_widths(next((s["widths"] for s in sources if s.get("widths")), {})), str(density))


def layout_in(params: QueryDict) -> dict[str, Any]:
    """Return the layout in an address, such as `?columns=a,b&density=compact`."""
    return {"columns": params.get("columns", "").split(","), "density": params.get("density", "")}


def _names(chosen: Any, known: set[str]) -> tuple[str, ...]:
    if not isinstance(chosen, list):
        return ()
    return tuple(dict.fromkeys(name for name in chosen if isinstance(name, str) and name in known))


def valid_widths(widths: Any) -> dict[str, int]:
    """Return widths in pixels by column, without impossible ones."""
    if not isinstance(widths, dict):
        return {}
    read = {str(name)[:80]: PIXELS.match(str(width)) for name, width in widths.items()}
    return {
        name: min(max(int(found[0]), MIN_COLUMN_PIXELS), MAX_COLUMN_PIXELS) for name, found in read.items() if found
    }
