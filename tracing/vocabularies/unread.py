"""What somebody sent and nobody reads, or what is shown otherwise, so that it is named."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from itertools import islice
from typing import Any

from tracing.records import RawSpan, SpanRecord
from tracing.vocabularies.printed import is_printed
from tracing.vocabularies.readers import HALF_CHARACTER, decimal, integer, iso_time, literal
from tracing.vocabularies.speech import mended

COST_WORD = "cost"
JSON_MARKS = ("[", "{", '"')
HALF_CHARACTER_MARK = "\ufffd"  # what stands for half a character
MENDED_CHARACTERS = 20_000  # of a text, in which escapes are looked for
NOT_SENT = frozenset({"", "null", "None", "undefined"})
NUMBER_WORDS = ("token", "cost")  # parts of the names of numbers, in lower case
WHOLE_NAMES = frozenset({"input", "output", "total"})
CONTAINER_WORDS = (*NUMBER_WORDS, "usage")  # of objects that hold numbers alone
# What an object as text has if one of its numbers may be unreadable: a sign, NaN, infinity, or another value.
SUSPICIOUS_PATTERN = re.compile(
    r"[:\[,]\s{0,8}+['\"]?+(?:-|[+]?+[Ii]nf|[Nn]a[Nn])"
    r"|(?:[Tt]oken|[Cc]ost|input|output|total)\w{0,40}+['\"]\s{0,8}+:\s{0,8}+(?:['\"](?!\d)|[tTfF])"
)
PLAIN_DIGITS = 15
MAX_NUMBERS_READ, MAX_NUMBERS_DEPTH = 100, 4  # of an object


def unread_costs(span: RawSpan, record: SpanRecord) -> list[str]:
    """Return the costs among a span's attributes, each with its key, if the record has none of them."""
    if record.total_cost is not None or record.input_cost is not None or record.output_cost is not None:
        return []
    if COST_WORD not in "\n".join(span.attributes).lower():
        return []
    named = ((key, value) for key, value in span.attributes.items() if COST_WORD in key.lower())
    return [f"{key}={value}" for key, value in named if decimal(value)]


def repairs(record: SpanRecord) -> list[str]:
    """Return the places where texts of a record have broken characters, which are shown as what was meant."""
    texts = [text for text in (record.input, record.output) if text is not None]
    return [text[max(0, place - 20) :] for text in texts if (place := _broken_place(text)) >= 0]


def _broken_place(text: str) -> int:
    """Return where a text has half a character or one that was escaped once too often, or -1."""
    if not text.isascii():
        return text.find(HALF_CHARACTER_MARK)
    if "\\u" not in text:
        return -1
    escape = "\\\\u" if text[:1] in JSON_MARKS else "\\u"  # in JSON, an escape is right and two are one too many
    place = text.find(escape)
    if place >= 0 and mended(part := text[place : place + MENDED_CHARACTERS]) != part:
        return place
    half = HALF_CHARACTER.search(text)
    return half.start() if half else -1


def unread_numbers(values: Mapping[str, Any], keys: Iterable[str], objects: Set[str] = frozenset()) -> list[str]:
    """Return what is no number, no time and no amount under `keys`, which must have one, each with its key.

    Those in `objects` need not have one: a text there is about something else."""
    found: list[str] = []
    for key in keys:
        value = values[key]
        if key in objects and isinstance(value, str) and value[:1] not in ("{", "["):
            continue
        if not _is_plainly_number(value):
            found += _unread(key, value, holds_numbers=any(word in key.lower() for word in CONTAINER_WORDS))
    return found


def _is_plainly_number(value: Any) -> bool:
    """Return whether a value is a number at first sight, as nearly all are."""
    if isinstance(value, int | float):
        return 0 <= value < math.inf and value is not True and value is not False
    return isinstance(value, str) and value.isdecimal() and value.isascii() and len(value) <= PLAIN_DIGITS


def _unread(name: str, value: Any, *, holds_numbers: bool) -> Iterator[str]:
    if isinstance(value, str) and value[:1] in ("{", "["):
        if SUSPICIOUS_PATTERN.search(value):
            value = literal(value) or f"no object: {value}"
        else:
            return
    elif isinstance(value, str) and holds_numbers and is_printed(value):
        value = literal(value) or value
    if isinstance(value, dict | list):
        yield from _inside(name, value, 1, holds_numbers=holds_numbers)
    elif not _is_number(value) and not (isinstance(value, str) and iso_time(value)):
        yield f"{name}={value}"


def _inside(path: str, value: Any, depth: int, *, holds_numbers: bool) -> Iterator[str]:
    """Yield the numbers of an object that cannot be read. Its other values, such as the name of a unit, are none."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in islice(inner, MAX_NUMBERS_READ):
        name = str(key)
        if isinstance(item, dict | list):
            if depth < MAX_NUMBERS_DEPTH:
                yield from _inside(f"{path}.{name}", item, depth + 1, holds_numbers=holds_numbers)
            continue
        is_number = any(word in name.lower() for word in NUMBER_WORDS)
        if holds_numbers and not is_number:
            is_number = name in WHOLE_NAMES or _looks_like_number(item)
        if is_number and not _is_number(item):
            yield f"{path}.{name}={item}"


def _is_number(value: Any) -> bool:
    """Return whether a value is a count or an amount, or was not sent."""
    if value is None or (isinstance(value, str) and value.strip() in NOT_SENT):
        return True
    return integer(value) is not None or decimal(value) is not None


def _looks_like_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return False
    try:
        float(value)
    except (ValueError, OverflowError):
        return False
    return True
