"""How an attribute's value becomes a field's: a reader takes any value and gives None for what it cannot use."""

import ast
import math
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import IntEnum
from typing import Any, TypeVar

import orjson

from projects.values import in_utc
from tracing.json_text import dump

Member = TypeVar("Member", bound=IntEnum)
MAX_NUMBER_CHARACTERS = 60  # characters
LONGEST_LITERAL = 200_000  # characters; Python's parser takes about a millisecond for ten thousand


def text(value: Any) -> str | None:
    """Text as it is, anything else as JSON; empty is not said."""
    if value is None or value == "":
        return None
    return value if isinstance(value, str) else dump(value)


def identifier(value: Any) -> str | None:
    """An id or a name: text, also once more quoted as JSON (`"\\"gold\\""`), or a number. Blank is not said."""
    if isinstance(value, str):
        if value[:1] == '"' and isinstance(decoded := json_value(value), str):
            value = decoded
        return value if value.strip() else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return dump(value)


def json_value(value: Any) -> Any:
    """JSON text decoded, other values as they are; None for text that is no JSON."""
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value)
    except (orjson.JSONDecodeError, RecursionError):
        return None


def loose_json(value: Any) -> Any:
    """A value out of metadata: objects, lists and quoted text are decoded, other text stays text."""
    if isinstance(value, str) and value[:1] in ('"', "{", "[") and (decoded := json_value(value)) is not None:
        return decoded
    return value


def decoded(values: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata that was sent key by key."""
    return {key: loose_json(value) for key, value in values.items()}


def mapping(value: Any) -> dict[str, Any] | None:
    """An object, also as JSON text; an empty one is not said."""
    if isinstance(value, str):
        value = json_value(value) if value[:1] == "{" else None
    return value if isinstance(value, dict) and value else None


def literal(value: Any) -> Any:
    """What Python's `repr` wrote, or JSON; nothing is evaluated. None when it is neither."""
    if not isinstance(value, str) or len(value) > LONGEST_LITERAL:
        return None if isinstance(value, str) else value
    if (decoded := json_value(value)) is not None:
        return decoded
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def tags(value: Any) -> list[str] | None:
    """A list, a JSON list, a comma list or a single text, without empty ones."""
    if isinstance(value, str):
        decoded = json_value(value) if value[:1] == "[" else None
        value = decoded if isinstance(decoded, list) else value.split(",")
    if not isinstance(value, list):
        return None
    named = (identifier(item) for item in value)
    return [tag.strip() for tag in named if tag] or None


def array(value: Any) -> list[str] | None:
    """Tags under a name that anybody may use: only a real list of texts is one."""
    return tags(value) if isinstance(value, list) else None


def integer(value: Any) -> int | None:
    """A count, also as float or numeric text; True, NaN, infinity and negative numbers are none."""
    if isinstance(value, str):
        try:
            value = float(value) if value.isascii() and len(value) <= MAX_NUMBER_CHARACTERS else None
        except ValueError:
            return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        return None
    return int(value)


def decimal(value: Any) -> Decimal | None:
    """An amount of USD, exact as written; negative and unbounded ones are not said."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        written = str(value)
        amount = Decimal(written) if len(written) <= MAX_NUMBER_CHARACTERS else None
    except (InvalidOperation, ValueError):
        return None
    return amount if amount is not None and amount.is_finite() and amount >= 0 else None


def flag(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.strip().lower()) if isinstance(value, str) else None


def iso_time(value: Any) -> datetime | None:
    """ISO 8601, also once more quoted as JSON; a time without offset is UTC."""
    value = identifier(value)
    if value is None:
        return None
    try:
        return in_utc(datetime.fromisoformat(value))
    except ValueError:
        return None


def seconds(value: Any) -> timedelta | None:
    """So long after the start of the span."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 10**9:
        return None
    return timedelta(seconds=value)


def milliseconds(value: Any) -> timedelta | None:
    return seconds(value / 1000) if isinstance(value, float) or (isinstance(value, int) and value < 10**12) else None


def one_of(names: Mapping[str, Member]) -> Callable[[Any], Member | None]:
    """A reader of names; upper and lower case do not matter, other names are not said."""
    members = {name.lower(): member for name, member in names.items()}

    def read(value: Any) -> Member | None:
        name = identifier(value)
        return None if name is None else members.get(name.lower())

    return read


def always(member: Any) -> Callable[[Any], Any]:
    """A reader for keys that say something by being there."""
    return lambda value: None if value is None else member


def member_of(reader: Callable[[Any], Any], *names: str) -> Callable[[Any], Any]:
    """Reads the first of `names` that an object, or its JSON text, has."""

    def read(value: Any) -> Any:
        found = mapping(value) or {}
        return next((said for name in names if (said := reader(found.get(name))) is not None), None)

    return read
