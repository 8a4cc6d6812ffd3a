"""Why a list is empty: which of its conditions, taken away alone, would let sessions through."""

from dataclasses import dataclass

from django.http import QueryDict

from projects.models import Project
from sessions.listing.listing import Count, Listing
from tracing.lists.bounded import TooLong, within
from tracing.lists.table import ListCondition

MAX_CONDITIONS_COUNTED = 6  # conditions, each of which costs one bounded count
MAX_COUNTED_WITHOUT_CONDITION = 1_000
CONDITION_COUNT_TIMEOUT_MS = 100  # ms for a count; without one a condition is not blamed


@dataclass(frozen=True)
class Blame:
    condition: ListCondition
    count: Count  # of sessions without the condition


def find_blocking_conditions(project: Project, listing: Listing, foreign: set[str]) -> list[Blame]:
    """Find the conditions without which the list would have sessions.

    None are found if there is only one condition, or if no single one empties the list."""
    if listing.rows or listing.errors or listing.is_too_wide or len(listing.conditions) < 2:
        return []
    found = []
    for condition in listing.conditions[:MAX_CONDITIONS_COUNTED]:
        others = Listing(project, QueryDict(condition.query_without.removeprefix("?")), foreign=foreign)
        if not others.errors and (count := _count(others)).number:
            found.append(Blame(condition, count))
    return found


def _count(listing: Listing) -> Count:
    try:
        with within(CONDITION_COUNT_TIMEOUT_MS):
            number = listing.matching[: MAX_COUNTED_WITHOUT_CONDITION + 1].count()
    except TooLong:
        return Count(0, is_capped=False)
    return Count(min(number, MAX_COUNTED_WITHOUT_CONDITION), is_capped=number > MAX_COUNTED_WITHOUT_CONDITION)
