"""Texts that a pattern nearly matches, made from its parts: a repeated part many times, behind what leads to it."""

import re
from collections.abc import Iterator
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)
CATEGORIES = {op.CATEGORY_DIGIT: "1", op.CATEGORY_SPACE: " ", op.CATEGORY_WORD: "a"}
OTHERS = {op.CATEGORY_NOT_DIGIT: "a", op.CATEGORY_NOT_SPACE: "a", op.CATEGORY_NOT_WORD: "-"}
CANDIDATES = "a1 -._:=/\"'()[]{}<>|*#`\\\n\t@,;%éA日"


def pumps_of(pattern: re.Pattern[str]) -> list[tuple[str, str]]:
    """(what leads to it, one turn of it) of every repeated part."""
    return list(dict.fromkeys(_pumps(parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG), "")))


def _pumps(parsed: Any, lead: str) -> Iterator[tuple[str, str]]:
    for kind, value in parsed:
        if kind in REPEATS:
            for turn in _examples(value[2]):
                yield lead, turn
            yield from _pumps(value[2], lead)
        elif kind is op.SUBPATTERN:
            yield from _pumps(value[3], lead)
        elif kind is op.ATOMIC_GROUP:
            yield from _pumps(value, lead)
        elif kind is op.BRANCH:
            for branch in value[1]:
                yield from _pumps(branch, lead)
        elif kind in (op.ASSERT, op.ASSERT_NOT):
            yield from _pumps(value[1], lead)
        lead += _example([(kind, value)])


def _examples(parsed: Any) -> Iterator[str]:
    """A few texts that it matches: two characters for a set, each branch of an alternative."""
    yield _example(parsed)
    for kind, value in parsed:
        if kind is op.BRANCH:
            yield from (_example(branch) for branch in value[1])
        elif kind is op.SUBPATTERN:
            yield from _examples(value[3])
        elif kind is op.IN:
            yield from list(_members(value))[1:4]


def _example(parsed: Any) -> str:
    text = ""
    for kind, value in parsed:
        if kind is op.LITERAL:
            text += chr(value)
        elif kind in (op.ANY, op.NOT_LITERAL):
            text += "b" if value == ord("a") else "a"
        elif kind is op.IN:
            text += next(_members(value), "a")
        elif kind in REPEATS:
            text += _example(value[2]) * max(value[0], 1)
        elif kind is op.SUBPATTERN:
            text += _example(value[3])
        elif kind is op.ATOMIC_GROUP:
            text += _example(value)
        elif kind is op.BRANCH:
            text += _example(value[1][0])
    return text


def _members(value: Any) -> Iterator[str]:
    """Characters of a set, its own before those that many sets have."""
    if value[0][0] is op.NEGATE:
        yield from (one for one in CANDIDATES if not any(one in _all_of(item) for item in value[1:]))
        return
    for item in value:
        yield from _all_of(item)[:2]


def _all_of(item: Any) -> str:
    kind, value = item
    if kind is op.LITERAL:
        return chr(value)
    if kind is op.RANGE:
        low, high = value
        return "".join(map(chr, range(low, min(high, low + 200) + 1)))
    return "".join(one for one in CANDIDATES if re.match(_spelled(value), one))


def _spelled(category: Any) -> str:
    names = {"DIGIT": r"\d", "SPACE": r"\s", "WORD": r"\w", "NOT_DIGIT": r"\D", "NOT_SPACE": r"\S", "NOT_WORD": r"\W"}
    return names[str(category).removeprefix("CATEGORY_").removeprefix("UNI_")]
