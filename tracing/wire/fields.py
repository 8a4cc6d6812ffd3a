"""Readers of fields in JSON bodies from strangers. A reader takes any value, and returns None if it cannot use it."""

import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from projects.values import in_utc
from tracing.json_text import dump

MAX_JSON_DEPTH = 100  # levels of a JSON body, including those around the program's own data
WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def snake_case(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body with `traceId` as `trace_id`, the only difference between Langfuse's and InteractiveAI's API."""
    return {WORD_START.sub("_", key).lower(): value for key, value in body.items()}


def nests_deeper(value: Any, levels: int) -> bool:
    """Return whether objects and arrays are nested more than `levels` deep, too deep to be written again."""
    if not isinstance(value, dict | list):
        return False
    children = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(nests_deeper(child, levels - 1) for child in children if isinstance(child, dict | list))


def text(value: Any) -> str | None:
    """Return text unchanged and other values as JSON. Empty values count as not reported."""
    if value is None or value == "":
        return None
    return value if isinstance(value, str) else dump(value)


def identifier(value: Any) -> str | None:
    """Return an id from text, or from a number that the client did not quote."""
    if isinstance(value, bool | dict | list):
        return None
    return text(value)


def number(value: Any) -> float | None:
    """Return a finite number. True and False are not numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def count(value: Any) -> int | None:
    """Return a number of tokens, also from text."""
    if isinstance(value, str):
        try:
            value = float(value) if value.isascii() else None
        except ValueError:
            return None
    found = number(value)
    return None if found is None or found < 0 else int(found)


def moment(value: Any) -> datetime | None:
    """Return an ISO 8601 time. Without an offset it is UTC."""
    if not isinstance(value, str):
        return None
    try:
        return in_utc(datetime.fromisoformat(value))
    except ValueError:
        return None


def mapping(value: Any) -> dict[str, Any] | None:
    """Return metadata: an object unchanged, and other values under a name."""
    if value is None:
        return None
    return value if isinstance(value, dict) else {"metadata": value}


def texts(value: Any) -> list[str] | None:
    """Return tags: a list of texts, with other items as JSON."""
    if not isinstance(value, list):
        return None
    return [item for item in map(text, value) if item is not None]
