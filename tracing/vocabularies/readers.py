"""Readers convert an attribute's value to a field's value, and return None for a value that they cannot use."""

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import IntEnum
from typing import Any, TypeVar

import orjson

from projects.values import in_utc
from tracing.json_text import dump
from tracing.vocabularies.printed import unprinted

# Half a character as an escape: a first half that no second half follows, or a second half alone.
HALF_CHARACTER = re.compile(
    r"(?<!\\)\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    r"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})(?<!\\)\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
Member = TypeVar("Member", bound=IntEnum)
MAX_SECONDS = 10**13  # 300,000 years, or nanoseconds that are taken for seconds
MAX_NUMBER_CHARACTERS = 60
THOUSANDS_PATTERN = re.compile(r"[0-9]{1,3}(?:,[0-9]{3}){1,9}", re.ASCII)  # `1,200`
MAX_LITERAL_CHARACTERS = 200_000


def text(value: Any) -> str | None:
    """Return text unchanged and other values as JSON. Empty values count as not reported."""
    if value is None or value == "":
        return None
    return value if isinstance(value, str) else dump(value)


def identifier(value: Any) -> str | None:
    r"""Return an id or a name from text, from text quoted as JSON (`"\"gold\""`), or from a number.

    Blank text counts as not reported."""
    if isinstance(value, str):
        if value[:1].isalnum():  # most ids and names
            return value
        if value[:1] == '"' and isinstance(decoded := json_value(value), str):
            value = decoded
        return value if value.strip() else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return dump(value)


def json_value(value: Any) -> Any:
    """Return decoded JSON text, or another value unchanged. Return None for text that is not JSON."""
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError as error:
        return with_half_characters(value) if "surrogate" in error.msg else None
    except RecursionError:
        return None


def with_half_characters(text: str) -> Any:
    """Return the value of JSON whose escapes leave half a character, `\\ud83d`, as a cut between its halves does.

    The half becomes the replacement character. Return None if the text is no JSON otherwise either."""
    try:
        return json.loads(HALF_CHARACTER.sub(r"\\ufffd", text))
    except (ValueError, RecursionError):
        return None


def loose_json(value: Any) -> Any:
    """Return a value of metadata with objects, lists and quoted text decoded. Other text stays text."""
    if isinstance(value, str) and value[:1] in ('"', "{", "[") and (decoded := json_value(value)) is not None:
        return decoded
    return value


def decoded(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return metadata that was sent key by key, with each value decoded."""
    return {key: loose_json(value) for key, value in values.items()}


def mapping(value: Any) -> dict[str, Any] | None:
    """Return an object, also from JSON text. An empty object counts as not reported."""
    if isinstance(value, str):
        value = json_value(value) if value[:1] == "{" else None
    return value if isinstance(value, dict) and value else None


def literal(value: Any) -> Any:
    """Return a value from JSON or from what Python prints, without evaluating code, or None if it is neither."""
    if not isinstance(value, str):
        return value
    if len(value) > MAX_LITERAL_CHARACTERS:
        return None
    return unprinted(value) if (decoded := json_value(value)) is None else decoded


def tags(value: Any) -> list[str] | None:
    """Return the non-empty tags of a list, a JSON list, a comma-separated text, or a single text."""
    if isinstance(value, str):
        decoded = json_value(value) if value[:1] == "[" else None
        value = decoded if isinstance(decoded, list) else value.split(",")
    if not isinstance(value, list):
        return None
    named = (identifier(item) for item in value)
    return [tag.strip() for tag in named if tag] or None


def array(value: Any) -> list[str] | None:
    """Return tags under a common name, for which only a real list of texts counts."""
    return tags(value) if isinstance(value, list) else None


def integer(value: Any) -> int | None:
    """Return a count, also from a float or from numeric text.

    True, NaN, infinity and negative numbers are not counts."""
    if type(value) is int:
        return value if value >= 0 else None
    if isinstance(value, str):
        try:
            if THOUSANDS_PATTERN.fullmatch(value):
                value = value.replace(",", "")
            value = float(value) if value.isascii() and len(value) <= MAX_NUMBER_CHARACTERS else None
        except ValueError:
            return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        return None
    return int(value)


def decimal(value: Any) -> Decimal | None:
    """Return an amount in USD, exactly as written. Negative and infinite amounts count as not reported."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        written = value.strip().removeprefix("$") if isinstance(value, str) else str(value)
        amount = Decimal(written) if len(written) <= MAX_NUMBER_CHARACTERS else None
    except (InvalidOperation, ValueError):
        return None
    return amount if amount is not None and amount.is_finite() and amount >= 0 else None


def computed_cost(value: Any) -> Decimal | None:
    """Return an amount in USD that a library computed from a price list. 0 means that its list lacks the model."""
    return decimal(value) or None


def service_tier(value: Any) -> str | None:
    """Return the name of a service tier in lower case."""
    named = identifier(value)
    return named.strip().lower() if named else None


def flag(value: Any) -> bool | None:
    """Return a truth value, also from the texts "true" and "false"."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.strip().lower()) if isinstance(value, str) else None


def iso_time(value: Any) -> datetime | None:
    """Return an ISO 8601 time, also if it is quoted as JSON. Without an offset it is UTC."""
    value = identifier(value)
    if value is None:
        return None
    try:
        return in_utc(datetime.fromisoformat(value))
    except ValueError:
        return None


def seconds(value: Any) -> timedelta | None:
    """Return a duration after the start of the span, from seconds, also as text."""
    amount = decimal(value)
    return timedelta(seconds=float(amount)) if amount is not None and amount < MAX_SECONDS else None


def milliseconds(value: Any) -> timedelta | None:
    """Return a duration after the start of the span, from milliseconds, also as text."""
    amount = decimal(value)
    return None if amount is None else seconds(amount / 1000)


def one_of(names: Mapping[str, Member]) -> Callable[[Any], Member | None]:
    """Return a reader of names, which ignores case. Unknown names count as not reported."""
    members = {name.lower(): member for name, member in names.items()}

    def read(value: Any) -> Member | None:
        name = identifier(value)
        return None if name is None else members.get(name.lower())

    return read


def always(member: Any) -> Callable[[Any], Any]:
    """Return a reader for keys whose presence means `member`."""
    return lambda value: None if value is None else member


def member_of(reader: Callable[[Any], Any], *names: str) -> Callable[[Any], Any]:
    """Return a reader of the first of `names` in an object or its JSON text."""

    def read(value: Any) -> Any:
        found = mapping(value) or {}
        return next((said for name in names if (said := reader(found.get(name))) is not None), None)

    return read


def first_text(part: dict[str, Any], keys: tuple[str, ...]) -> str:
    """Return the first text under one of `keys`, or ""."""
    return next((value for key in keys if isinstance(value := part.get(key), str) and value), "")
