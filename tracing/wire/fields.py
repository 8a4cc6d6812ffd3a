"""Reads fields of JSON bodies that strangers wrote: a reader takes any value, and gives None for what it cannot use."""

import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from projects.values import in_utc
from tracing.json_text import dump

MAX_JSON_DEPTH = 100  # levels of a JSON body, some of them its own frame around what a program sent
WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def snake_case(body: Mapping[str, Any]) -> dict[str, Any]:
    """The same body with `traceId` as `trace_id`: InteractiveAI's platform face and Langfuse's differ only in this."""
    return {WORD_START.sub("_", key).lower(): value for key, value in body.items()}


def nests_deeper(value: Any, levels: int) -> bool:
    """Whether objects and arrays nest more than `levels` deep; much deeper JSON could not be written again."""
    if not isinstance(value, dict | list):
        return False
    children = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(nests_deeper(child, levels - 1) for child in children if isinstance(child, dict | list))


def text(value: Any) -> str | None:
    """Text as it is, anything else as JSON; empty is not said."""
    if value is None or value == "":
        return None
    return value if isinstance(value, str) else dump(value)


def identifier(value: Any) -> str | None:
    """An id: text, or a number that a client did not quote."""
    if isinstance(value, bool | dict | list):
        return None
    return text(value)


def number(value: Any) -> float | None:
    """A finite number; True and False are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def count(value: Any) -> int | None:
    """A number of tokens, also as text."""
    if isinstance(value, str):
        try:
            value = float(value) if value.isascii() else None
        except ValueError:
            return None
    found = number(value)
    return None if found is None or found < 0 else int(found)


def moment(value: Any) -> datetime | None:
    """An ISO 8601 time; without an offset it is UTC."""
    if not isinstance(value, str):
        return None
    try:
        return in_utc(datetime.fromisoformat(value))
    except ValueError:
        return None


def mapping(value: Any) -> dict[str, Any] | None:
    """Metadata: an object as it is, anything else under a name."""
    if value is None:
        return None
    return value if isinstance(value, dict) else {"metadata": value}


def texts(value: Any) -> list[str] | None:
    """Tags: a list of texts; other items as JSON."""
    if not isinstance(value, list):
        return None
    return [item for item in map(text, value) if item is not None]
