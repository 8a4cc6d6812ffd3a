"""Every regular expression of the product takes linear time, whatever the text."""

import re
from collections.abc import Iterable
from functools import cache

import pytest

from tests.linear.derived import pumps_of
from tests.linear.growth import ENDS, SIZES, UNITS, grown, steepness, worker
from tests.linear.patterns import inline, methods_by_name, patterns

FOUND = patterns()
# Patterns that see texts of a bounded length alone, and how long: there they must be quick, whatever their growth.
BOUNDED = {"sessions.listing.completing.ASKED": 256, "sessions.listing.completing.TOKEN_BEFORE_CURSOR": 256}
MANY = 60  # repeated parts: of so many, each is tried with fewer ends
# Functions that make a pattern out of a text, which they escape; what they are for is tried in test_functions.py.
MADE = [
    "sessions/deletion/remains.py:__init__",
    "sessions/search/snippets.py:pattern_of",
    "sessions/translation/masking.py:_placeholder",
    "tracing/reading/code.py:_grammar",
]


@cache
def used() -> dict[str, set[str]]:
    return methods_by_name()


def faults(pattern: re.Pattern[str], methods: set[str], sizes: Iterable[int] = SIZES) -> list[str]:
    found = []
    for method in sorted(methods):
        work = worker(pattern, method)
        pumps = pumps_of(pattern)
        ends = ENDS if len(pumps) < MANY else ENDS[:1]
        cases = [("", unit, end) for unit in UNITS for end in ("", "\x00!")[: len(ends)]]
        cases += [(lead, turn, end) for lead, turn in pumps for end in ends]
        cases += [("", lead + turn, end) for lead, turn in pumps if lead for end in ends[:4]]
        cases += [("", lead, "") for lead, _ in pumps if lead]
        for lead, unit, end in cases:
            if unit and (cost := steepness(work, lambda size, c=(lead, unit, end): grown(size, *c), sizes)):
                found.append(f"{method} {pattern.pattern[:100]!r} on {lead!r} + {unit!r}... + {end!r}: {cost}")
                break
    return found


@pytest.mark.parametrize("name", sorted(FOUND))
def test_a_pattern_takes_linear_time(name: str) -> None:
    methods = used().get(name.split(".")[-1], {"search", "match", "fullmatch"})
    longest = BOUNDED.get(name, SIZES[-1])

    assert faults(FOUND[name], methods, sizes=[size for size in SIZES if size <= longest]) == []


@pytest.mark.parametrize(
    "bad", [r"(a+)+$", r"(?m)^\s*x", r"\[[^\]]+\]\(", r"(?:a|a)*b", r"(\w+\s?)*:", r"x*y*x*z", r".*,.*;", r"(?s)a.*?b"]
)
def test_the_test_finds_patterns_that_are_not_linear(bad: str) -> None:
    assert faults(re.compile(bad), {"search"})


def test_no_pattern_hides_in_a_function() -> None:
    assert inline() == MADE
