"""Finds what a turn repeats of the turns before it.

Most agents send the whole conversation with every call. Messages that were already shown are matched in order, so that
a question that is asked again counts as new."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import orjson

MAX_REMEMBERED_MESSAGES = 5_000  # of one conversation


class History:
    """The messages of a conversation so far, as fingerprints."""

    def __init__(self) -> None:
        self._places: dict[int, list[int]] = defaultdict(list)
        self._count = 0

    def new_from(self, items: Sequence[dict[str, Any]]) -> int:
        """Return the index of the first new one of `items`. The last one always counts as new."""
        reached, start = 0, 0
        for index, item in enumerate(items):
            places = self._places.get(fingerprint(item), [])
            found = bisect_left(places, reached)
            if found < len(places):
                reached, start = places[found] + 1, index + 1
        return min(start, len(items) - 1)

    def add(self, items: Sequence[dict[str, Any]]) -> None:
        """Add messages to the history."""
        for item in items[-MAX_REMEMBERED_MESSAGES:]:
            self._places[fingerprint(item)].append(self._count)
            self._count += 1


def fingerprint(item: dict[str, Any]) -> int:
    """Return a number that is equal for messages that look the same to a reader."""
    content = item.get("content")
    said = content.strip() if isinstance(content, str) else flat(content)
    calls = item.get("tool_calls")
    return hash((flat(item.get("role")), said, flat(calls) if calls and not said else ""))


def flat(value: Any) -> str | bytes:
    """Return JSON on one line, or "" for a value that is nested too deeply, which nobody repeats."""
    try:
        return "" if value is None else orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return ""
