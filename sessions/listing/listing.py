"""The list of sessions: filtered, sorted and paged in the same way for the page, the API and the export.

If a parameter cannot be followed, the list has no rows, and never those of another question."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from django.db.models import QuerySet

from sessions.listing.filters import Input, inputs_of, narrowed
from sessions.listing.list_query import RELEVANCE, ListQuery
from sessions.listing.score_order import score_of_sort
from sessions.models import Session
from sessions.search.ranking import ranked_page
from sessions.search.reach import Reach, least_reach, reach_of
from tracing.lists.bounded import TooLong, within
from tracing.lists.keyset import KeysetPage

FILTERED_LIST_TIMEOUT_MS = 1_500  # ms for a statement of a list that is filtered
FIRST_ATTEMPT_MS = 150  # ms of these, until it is tried another way


class Count(NamedTuple):
    """How many sessions match, as far as they were counted."""

    number: int
    is_capped: bool

    def __str__(self) -> str:
        return f"{self.number:,}{'+' if self.is_capped else ''}"


@dataclass(frozen=True)
class FilterField:
    """A field of the filter form with what was given."""

    input: Input
    values: tuple[str, ...]
    is_faulty: bool


@dataclass(frozen=True)
class Inputs:
    """A property with the form fields of its filters."""

    name: str
    label: str
    fields: tuple[FilterField, ...]

    @property
    def is_answered(self) -> bool:
        """Whether something was given for one of them."""
        return any(field.values for field in self.fields)


class Listing(ListQuery):
    """The rows that the parameters of a list ask for."""

    is_too_wide = False  # known when the rows were asked for

    @property
    def rows(self) -> list[Session]:
        return self._page.rows

    @property
    def next(self) -> str | None:
        """The cursor of the page after this one."""
        return self._page.next

    @property
    def previous(self) -> str | None:
        return self._page.previous

    @cached_property
    def matching(self) -> QuerySet[Session]:
        """Every session that matches, in no order. None if a parameter cannot be followed."""
        if self.errors:
            return self._none
        return self._besides.filter(self.query.condition)

    @property
    def shown(self) -> QuerySet[Session]:
        """The matching sessions whose words are in the turns that the list searches."""
        if self.reach is None or self.errors:
            return self.matching
        return self._besides.filter(self.query.among(self.project.pk, self.reach.turns))

    @property
    def since(self) -> datetime | None:
        """How far back the words were searched; None for all time."""
        return self.reach.since if self.reach else None

    @cached_property
    def reach(self) -> Reach | None:
        """Which turns are searched for the words; None without words. Reading the page may shorten it."""
        if not self.terms:
            return None
        others = self._besides.filter(self.query.besides)
        return reach_of(self.project, self.terms, others, is_ranked=self.sort == RELEVANCE, until=self.span.until)

    @property
    def count(self) -> Count | None:
        """The number of sessions, or None if this page alone does not show it. Then the totals above the list count."""
        is_known = not (self.next or self.previous or self.is_too_wide or self.since)
        return Count(len(self.rows), is_capped=False) if is_known else None

    @cached_property
    def fields(self) -> list[Inputs]:
        """The filter form, property by property."""
        return [
            Inputs(
                declared.name,
                declared.label,
                tuple(
                    FilterField(one, tuple(self.given(one.name)), one.name in self.errors)
                    for one in inputs_of(declared)
                ),
            )
            for declared in self.properties.values()
        ]

    @property
    def _none(self) -> QuerySet[Session]:
        none: QuerySet[Session] = Session.objects.for_project(self.project).none()
        return none

    @property
    def _besides(self) -> QuerySet[Session]:
        """The sessions that match the parameters other than the query."""
        found: QuerySet[Session] = Session.objects.for_project(self.project)
        for name, value in self.values.items():
            found = narrowed(found, name, value, self.project.pk)
        return found.filter(self.span.condition)

    @cached_property
    def _page(self) -> KeysetPage[Session]:
        if self.errors:
            return KeysetPage([], None, None)
        for attempt in self._attempts():
            with suppress(TooLong), attempt:
                return self._found()
        self.is_too_wide = True
        return KeysetPage([], None, None)

    def _attempts(self) -> Iterator[AbstractContextManager[None]]:
        """Yield the ways to read the page, each with its time limit, until one is fast enough.

        Every order has an index, but not every filter, and not the end of an order by a score."""
        if not self.conditions and not score_of_sort(self.sort):
            yield nullcontext()
        elif self.terms:
            yield within(FILTERED_LIST_TIMEOUT_MS)
            self.reach = least_reach(self.project, self.terms, self.span.until)
            yield within(FILTERED_LIST_TIMEOUT_MS)
        elif self.asks_a_set and not score_of_sort(self.sort):
            # A value that is new, or too rare for the statistics, is taken for a frequent one, and looked for along the
            # order. Without that way its own index answers.
            yield within(FIRST_ATTEMPT_MS)
            yield within(FILTERED_LIST_TIMEOUT_MS - FIRST_ATTEMPT_MS, enable_indexscan="off")
        else:
            yield within(FILTERED_LIST_TIMEOUT_MS)

    def _found(self) -> KeysetPage[Session]:
        """Read the page. Raise TooLong."""
        cursor = self.params.get("cursor", "")
        if self.sort != RELEVANCE:
            return self.order.page(self.shown, cursor=cursor, limit=self.limit)
        others = self._besides.filter(self.query.besides)
        turns = self.reach.turns if self.reach else None
        return ranked_page(self.project, self.terms, others, turns, cursor=cursor, limit=self.limit)
