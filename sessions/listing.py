"""The list of sessions: filter, sort and page, the same for the page, the API and the export.

Everything derives from the declared properties. A parameter that cannot be followed is an error by its name: the
answer is then no rows, never the rows of another question."""

from collections.abc import Collection
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.http import urlencode

from projects.models import Project
from sessions.filters import SORTABLE, Input, filters, inputs_of, may_repeat, value_of
from sessions.models import Session
from sessions.properties import Property, PropertyKind, properties_of
from sessions.query.compiling import Query, compiled
from sessions.query.grammar import QueryError
from sessions.query.rewrite import without_part
from sessions.query.writing import write
from sessions.score_order import ScoreOrder, no_order, score_of_sort
from sessions.search.matching import Term
from sessions.search.ranking import place_of, ranked_page
from sessions.search.reach import Reach, least_reach, reach_of
from sessions.span import TIMES, BadSpan, Span, span_of
from tracing.bounded import TooLong, within
from tracing.keyset import BadCursor, Order, Page

DEFAULT_SORT = "-updated_at"
LIMIT = 50
HIGHEST_LIMIT = 100
PATIENCE = 1_500  # ms for a statement of a list that is filtered
OWN = ("q", *TIMES, "sort", "cursor", "limit")
RELEVANCE = "relevance"  # the sort for when words are looked for


class Count(NamedTuple):
    """How many sessions match, as far as they were counted."""

    number: int
    is_capped: bool

    def __str__(self) -> str:
        return f"{self.number:,}{'+' if self.is_capped else ''}"


@dataclass(frozen=True)
class Column:
    """A property as the head of a column. Following `sort_query` sorts by it, the other way round when the list is so
    sorted already; it is None where there is no order to speak of."""

    name: str
    field: str
    label: str
    help: str
    kind: PropertyKind
    sort_query: str | None
    aria_sort: str  # ascending | descending | none
    key: str = ""  # the score's name in a column of one score


@dataclass(frozen=True)
class Asked:
    """A field of the filter form with what was given."""

    input: Input
    values: list[str]
    is_faulty: bool


@dataclass(frozen=True)
class Inputs:
    """A property with the form fields of its filters."""

    name: str
    label: str
    fields: list[Asked]


@dataclass(frozen=True)
class Condition:
    """A filter in force, in words, and the query of the list without it."""

    label: str
    value: str
    query_without: str


class Listing:
    """One answer to `params`. Parameters named in `foreign` are somebody else's and are let pass."""

    sort_default = DEFAULT_SORT

    def __init__(self, project: Project, params: QueryDict, *, foreign: Collection[str] = ()) -> None:
        self.project = project
        self.params = params
        self.properties = properties_of(Session)
        self.errors: dict[str, list[str]] = {}
        self.query_error: QueryError | None = None
        self.is_too_wide = False  # known when the rows were asked for
        self._check_names(foreign)
        self._values = self._read_filters()
        self.query = self._query(project)
        self.span = self._span()
        self.sort = self._sort()
        self.limit = self._limit()
        self._check_cursor()

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
        """Every session that the filters let through, in no order; none when a parameter cannot be followed."""
        if self.errors:
            return self._none
        return self._besides.filter(self.query.condition)

    @property
    def shown(self) -> QuerySet[Session]:
        """Those of them whose words are in the turns that the list looks into."""
        if self.reach is None or self.errors:
            return self.matching
        return self._besides.filter(self.query.among(self.project.pk, self.reach.turns))

    @property
    def since(self) -> datetime | None:
        """How far back the words were looked for; None for all of time."""
        return self.reach.since if self.reach else None

    @cached_property
    def reach(self) -> Reach | None:
        """None when no words are looked for. The rows may turn out to need a shorter one."""
        if not self.terms:
            return None
        others = self._besides.filter(self.query.besides)
        return reach_of(self.project, self.terms, others, is_ranked=self.sort == RELEVANCE, until=self.span.until)

    @property
    def query_text(self) -> str:
        return self.params.get("q", "")

    @property
    def terms(self) -> tuple[Term, ...]:
        """The words that every session of the list says."""
        return self.query.terms

    @cached_property
    def order(self) -> Order | ScoreOrder:
        """By which rows are walked; those sorted by relevance are walked by their default."""
        name = DEFAULT_SORT if self.sort == RELEVANCE else self.sort
        if score_of_sort(name):
            return ScoreOrder(self.project.pk, name)
        column = self.properties[name.removeprefix("-")].field
        field: Any = Session._meta.get_field(column)
        return Order(name, column, "session_id", field, is_descending=name.startswith("-"))

    @property
    def count(self) -> Count | None:
        """None when the page alone cannot know: the strip above it counts then."""
        is_known = not (self.next or self.previous or self.is_too_wide or self.since)
        return Count(len(self.rows), is_capped=False) if is_known else None

    @cached_property
    def columns(self) -> list[Column]:
        return [self._column(declared) for declared in self.properties.values()]

    @cached_property
    def fields(self) -> list[Inputs]:
        """The filter form, property by property."""
        return [
            Inputs(
                declared.name,
                declared.label,
                [Asked(one, self._given(one.name), one.name in self.errors) for one in inputs_of(declared)],
            )
            for declared in self.properties.values()
        ]

    @cached_property
    def conditions(self) -> list[Condition]:
        """The filters in force, faulty ones too."""
        return [
            *(
                Condition("", write(part), self.query_string(q=without_part(self.query_text, part)))
                for part in self.query.parts
            ),
            *([Condition("Time", self.span.words, self._query_without_span())] if self.span.words else []),
            *(
                Condition(found.label, value, self._query_without(name, value))
                for name, found in filters().items()
                for value in self._given(name)
            ),
        ]

    def query_string(self, **changes: Any) -> str:
        """`?...` of this list with `changes`; None takes a parameter away. Only a given cursor is part of it, since
        another question starts at its first page."""
        kept = {name: self._given(name) for name in self.params if name != "cursor"}
        asked = {name: value for name, value in {**kept, **changes}.items() if value not in (None, "", [])}
        return "?" + urlencode(asked, doseq=True)

    @property
    def _none(self) -> QuerySet[Session]:
        none: QuerySet[Session] = Session.objects.for_project(self.project).none()
        return none

    @property
    def _besides(self) -> QuerySet[Session]:
        """What the parameters beside the query let through."""
        found: QuerySet[Session] = Session.objects.for_project(self.project)
        for name, value in self._values.items():
            found = filters()[name].filter(found, value)
        return found.filter(self.span.condition)

    @cached_property
    def _page(self) -> Page[Session]:
        if self.errors:
            return Page([], None, None)
        for is_last in (False, True) if self.terms else (True,):
            with suppress(TooLong):
                return self._found()
            if not is_last:
                self.reach = least_reach(self.project, self.terms, self.span.until)
        self.is_too_wide = True
        return Page([], None, None)

    def _found(self) -> Page[Session]:
        """Raises TooLong."""
        cursor = self.params.get("cursor", "")
        with self._bounded():
            if self.sort != RELEVANCE:
                return self.order.page(self.shown, cursor=cursor, limit=self.limit)
            others = self._besides.filter(self.query.besides)
            turns = self.reach.turns if self.reach else None
            return ranked_page(self.project, self.terms, others, turns, cursor=cursor, limit=self.limit)

    def _bounded(self) -> AbstractContextManager[None]:
        """Every order has an index, but not every filter, and not the end of an order by a score."""
        return within(PATIENCE) if self.conditions or score_of_sort(self.sort) else nullcontext()

    def _column(self, declared: Property) -> Column:
        query, aria_sort = None, "none"
        if declared.kind in SORTABLE:
            if declared.name == self.sort.removeprefix("-"):
                aria_sort = "descending" if self.sort.startswith("-") else "ascending"
            rising = aria_sort == "descending" or (declared.kind == PropertyKind.ID and aria_sort == "none")
            query = self.query_string(sort=declared.name if rising else f"-{declared.name}")
        return Column(declared.name, declared.field, declared.label, declared.help, declared.kind, query, aria_sort)

    def _query_without_span(self) -> str:
        return self.query_string(**dict.fromkeys(TIMES))

    def _query_without(self, name: str, value: str) -> str:
        return self.query_string(**{name: [other for other in self._given(name) if other != value]})

    def _given(self, name: str) -> list[str]:
        """The parameter's values; a form sends its empty fields too."""
        return [value for value in self.params.getlist(name) if value]

    def _refuse(self, name: str, reason: str) -> None:
        self.errors.setdefault(name, []).append(reason)

    def _check_names(self, foreign: Collection[str]) -> None:
        for name in self.params:
            if name not in filters() and name not in OWN and name not in foreign:
                self._refuse(name, "There is no such parameter.")
            elif len(self.params.getlist(name)) > 1 and (name not in filters() or not may_repeat(name)):
                self._refuse(name, "Give this parameter once.")

    def _read_filters(self) -> dict[str, Any]:
        values = {}
        for name in self.params:
            if name in filters():
                try:
                    values[name] = value_of(name, self.params)
                except ValidationError as error:
                    self.errors.setdefault(name, []).extend(error.messages)
        return values

    def _query(self, project: Project) -> Query:
        try:
            return compiled(self.query_text, project.pk)
        except QueryError as error:
            self.query_error = error
            self._refuse("q", str(error))
            return Query(self.query_text)

    def _span(self) -> Span:
        try:
            return span_of(*(self.params.get(name, "") for name in TIMES))
        except BadSpan as error:
            self._refuse(error.name, str(error))
            return Span()

    def _sort(self) -> str:
        sort = self.params.get("sort") or DEFAULT_SORT
        if sort == RELEVANCE and (self.terms or self.errors):
            return sort
        declared = self.properties.get(sort.removeprefix("-"))
        if declared and declared.kind in SORTABLE:
            return sort
        if name := score_of_sort(sort):
            if not (reason := no_order(self.project.pk, name)):
                return sort
            self._refuse("sort", reason)
            return DEFAULT_SORT
        offered = ", ".join(p.name for p in self.properties.values() if p.kind in SORTABLE)
        self._refuse("sort", f"Sessions can be sorted by {offered}, score.NAME, or one of them with a minus before it.")
        return DEFAULT_SORT

    def _limit(self) -> int:
        text = self.params.get("limit") or str(LIMIT)
        if text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= HIGHEST_LIMIT:
            return int(text)
        self._refuse("limit", f"The limit is a whole number from 1 to {HIGHEST_LIMIT}.")
        return LIMIT

    def _check_cursor(self) -> None:
        cursor = self.params.get("cursor")
        try:
            if cursor and self.sort == RELEVANCE:
                place_of(cursor)
            elif cursor:
                self.order.position(cursor)
        except BadCursor as error:
            self._refuse("cursor", str(error))
