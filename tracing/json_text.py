"""JSON as this product writes it."""

import json
import math
from contextlib import suppress
from typing import Any

import orjson

# Of values as they are and of those with sorted keys. Keys that are not text are allowed only in the second attempt,
# which takes half as long again.
OPTIONS_OF_SORTED = (
    (None, orjson.OPT_NON_STR_KEYS),
    (orjson.OPT_SORT_KEYS, orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS),
)


def dump(value: Any, *, sort_keys: bool = False) -> str:
    """Return JSON that every reader accepts, also for values that orjson refuses.

    These are integers beyond 64 bits, lone surrogates (replaced by "?"), and keys that are not text. NaN and infinities
    become null."""
    for option in OPTIONS_OF_SORTED[sort_keys]:
        with suppress(TypeError, ValueError):
            return orjson.dumps(value, option=option, default=str).decode()
    return json.dumps(_tame(value), default=str, sort_keys=sort_keys)


def _tame(value: Any) -> Any:
    match value:
        case dict():
            return {_tame(str(key)): _tame(item) for key, item in value.items()}
        case list() | tuple():
            return [_tame(item) for item in value]
        case str():
            return value.encode("utf-8", "replace").decode("utf-8")
        case float() if not math.isfinite(value):
            return None
    return value
