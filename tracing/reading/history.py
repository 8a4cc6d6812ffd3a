"""What a turn repeats of the turns before it.

Most agents send the whole conversation with every call. The messages that were read already are found by walking along
what is known, in order, so that a question that is asked again is new again."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import orjson

MAX_REMEMBERED_MESSAGES = 5_000  # messages that are remembered


class History:
    """The messages of a conversation so far, as fingerprints."""

    def __init__(self) -> None:
        self._places: dict[int, list[int]] = defaultdict(list)
        self._count = 0

    def new_from(self, items: Sequence[dict[str, Any]]) -> int:
        """The number of the first of `items` that was not read before; the last one always counts as new."""
        reached, start = 0, 0
        for index, item in enumerate(items):
            places = self._places.get(fingerprint(item), [])
            found = bisect_left(places, reached)
            if found < len(places):
                reached, start = places[found] + 1, index + 1
        return min(start, len(items) - 1)

    def add(self, items: Sequence[dict[str, Any]]) -> None:
        for item in items[-MAX_REMEMBERED_MESSAGES:]:
            self._places[fingerprint(item)].append(self._count)
            self._count += 1


def fingerprint(item: dict[str, Any]) -> int:
    """Equal for messages that a reader cannot tell apart."""
    content = item.get("content")
    said = content.strip() if isinstance(content, str) else flat(content)
    calls = item.get("tool_calls")
    return hash((flat(item.get("role")), said, flat(calls) if calls and not said else ""))


def flat(value: Any) -> str | bytes:
    """JSON on one line; what nests too deep to be written is no message that anybody repeats."""
    try:
        return "" if value is None else orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return ""
