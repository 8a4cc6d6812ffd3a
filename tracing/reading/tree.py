"""Renders a JSON value as foldable HTML, built here instead of a template because it may have a thousand nodes."""

from collections.abc import Iterator
from typing import Any

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

MAX_TREE_CHARACTERS = 10_000  # of keys and texts
MAX_TREE_NODES = 1_000  # a larger or deeper value is shown as text, piece by piece
MAX_TREE_LEVELS = 40
OPEN_LEVELS = 2
MAX_OPEN_ITEMS = 20  # a longer list is folded at first


def is_small(value: Any) -> bool:
    """Return whether `value` may be shown as a tree."""
    waiting, found, characters = [(value, 0)], 1, 0
    while waiting:
        item, level = waiting.pop()
        if isinstance(item, str):
            characters += len(item)
        elif isinstance(item, dict | list):
            found += len(item)
            if found > MAX_TREE_NODES or level > MAX_TREE_LEVELS:
                return False
            characters += sum(map(len, item)) if isinstance(item, dict) else 0
            waiting.extend((child, level + 1) for child in (item.values() if isinstance(item, dict) else item))
        if characters > MAX_TREE_CHARACTERS:
            return False
    return True


def foldable(value: Any) -> SafeString:
    """Return the HTML of a value."""
    return format_html('<div class="json">{}</div>', mark_safe("".join(_value("", value, 0))))


def _value(key: str, value: Any, level: int) -> Iterator[str]:
    """Yield the HTML of a value. `key` is HTML to put before it; everything else is escaped here."""
    if isinstance(value, dict | list) and value:
        yield from _branch(key, value, level)
    else:
        yield key
        yield _leaf(value)


def _leaf(value: Any) -> str:
    if isinstance(value, str):
        return f'<span class="text">"{escape(value)}"</span>'
    if isinstance(value, bool) or value is None:
        return f'<span class="word">{ {True: "true", False: "false", None: "null"}[value] }</span>'
    if isinstance(value, int | float):
        return f'<span class="number">{value}</span>'
    return "{}" if isinstance(value, dict) else "[]"


def _branch(key: str, value: dict[str, Any] | list[Any], level: int) -> Iterator[str]:
    is_open = level < OPEN_LEVELS and len(value) <= MAX_OPEN_ITEMS
    root = ' class="root"' if not level and isinstance(value, dict) else ""
    yield f"<details{root}{' open' if is_open else ''}><summary>{key}{_gist(value)}</summary><ul>"
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for name, item in items:
        yield "<li>"
        yield from _value(f'<span class="key">{escape(name)}:</span> ', item, level + 1)
        yield "</li>"
    yield "</ul></details>"


def _gist(value: dict[str, Any] | list[Any]) -> str:
    """Return a summary of a folded branch."""
    if isinstance(value, list):
        return f'<span class="key">[{len(value):,} {"item" if len(value) == 1 else "items"}]</span>'
    keys = ", ".join(str(key) for key in list(value)[:4])
    return f'<span class="key">{{{escape(keys[:60])}{", …" if len(value) > 4 or len(keys) > 60 else ""}}}</span>'
