"""The parameters of a list of sessions, parsed. A parameter that cannot be followed is refused by its name."""

from collections.abc import Collection
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import QueryDict

from projects.date_range import BadRange
from projects.models import Project
from projects.values import whole_number
from sessions.listing.filters import filters, may_repeat, value_of
from sessions.listing.score_order import ScoreOrder, find_reason_against, score_of_sort
from sessions.models import Session
from sessions.models.properties import SORTABLE_KINDS, properties_of, sets_of
from sessions.query.compiling import Query, compiled
from sessions.query.faults import faults_of
from sessions.query.grammar import QueryError
from sessions.query.period import TIMES, Period, period_of
from sessions.query.rewrite import without_part
from sessions.query.special import mean_bounds
from sessions.query.writing import write
from sessions.search.matching import Term
from sessions.search.ranking import place_of
from tracing.lists.keyset import BadCursor, Order
from tracing.lists.table import TIME_LABEL, ListCondition, changed_query

DEFAULT_SORT = "-updated_at"
LIMIT = 50
MAX_LIST_LIMIT = 100
LIST_PARAMETERS = ("q", *TIMES, "sort", "cursor", "limit")
RELEVANCE = "relevance"  # the sort for when words are looked for


class ListQuery:
    """The parsed parameters of a list.

    Parameters named in `foreign` belong to somebody else and are ignored. `errors` has the reasons for what is refused,
    `values` the values of the filters."""

    def __init__(self, project: Project, params: QueryDict, *, foreign: Collection[str] = ()) -> None:
        self.project = project
        self.params = params
        self.foreign = foreign
        self.properties = properties_of(Session)
        self.errors: dict[str, list[str]] = {}
        self.query_error: QueryError | None = None
        self._check_names(foreign)
        self.values = self._read_filters()
        self.query = self._query(project)
        self.span = self._span()
        self.sort = self._sort()
        self.limit = self._limit()
        self._check_cursor()

    @property
    def query_text(self) -> str:
        return self.params.get("q", "")

    @property
    def query_faults(self) -> list[QueryError]:
        """All that is wrong with the query."""
        return faults_of(self.query_text, self.project.pk) if self.query_error else []

    @property
    def terms(self) -> tuple[Term, ...]:
        """The words that every session of the list contains."""
        return self.query.terms

    @property
    def asks_a_set(self) -> bool:
        """Whether each session found has certain values in one of its sets."""
        asked = self.query.besides
        are_needed = asked.connector == Q.AND and not asked.negated
        lookups = [part[0] for part in asked.children if isinstance(part, tuple)] if are_needed else []
        names = {name.partition("__")[0] for name in (*self.values, *lookups)}
        return any(declared.field in names for declared in sets_of(Session))

    @cached_property
    def order(self) -> Order | ScoreOrder:
        """The order in which rows are read. A list by relevance has the default order here."""
        name = DEFAULT_SORT if self.sort == RELEVANCE else self.sort
        if score_of_sort(name):
            return ScoreOrder(self.project.pk, name, mean_bounds(self.query.parts, score_of_sort(name)))
        column = self.properties[name.removeprefix("-")].field
        field: Any = Session._meta.get_field(column)
        return Order(name, column, "session_id", field, is_descending=name.startswith("-"))

    @cached_property
    def conditions(self) -> list[ListCondition]:
        """The filters in force, including faulty ones."""
        text, span = self.query_text, self.span.words
        parts = [("", write(part), self.query_string(q=without_part(text, part))) for part in self.query.parts]
        time = [(TIME_LABEL, span, self.query_string(**dict.fromkeys(TIMES)))] if span else []
        others = [
            (found.label, value, self._query_without(name, value))
            for name, found in filters().items()
            for value in self.given(name)
        ]
        return [
            ListCondition(label=label, value=value, query_without=query)
            for label, value, query in (*parts, *time, *others)
        ]

    def query_string(self, **changes: Any) -> str:
        """Return the query of this list with changes, from its first page on; None removes a parameter."""
        return changed_query(self.params, changes)

    def _query_without(self, name: str, value: str) -> str:
        return self.query_string(**{name: [other for other in self.given(name) if other != value]})

    def given(self, name: str) -> list[str]:
        """Return the values of a parameter, without the empty ones that forms send."""
        return [value for value in self.params.getlist(name) if value]

    def _refuse(self, name: str, reason: str) -> None:
        self.errors.setdefault(name, []).append(reason)

    def _check_names(self, foreign: Collection[str]) -> None:
        for name in self.params:
            if name not in filters() and name not in LIST_PARAMETERS and name not in foreign:
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

    def _span(self) -> Period:
        try:
            return period_of({name: self.params.get(name, "") for name in TIMES})
        except BadRange as error:
            self._refuse(error.name, str(error))
            return Period()

    def _sort(self) -> str:
        sort = self.params.get("sort") or DEFAULT_SORT
        if sort == RELEVANCE and (self.terms or self.errors):
            return sort
        declared = self.properties.get(sort.removeprefix("-"))
        if declared and declared.kind in SORTABLE_KINDS:
            return sort
        if name := score_of_sort(sort):
            if not (reason := find_reason_against(self.project.pk, name)):
                return sort
            self._refuse("sort", reason)
            return DEFAULT_SORT
        offered = ", ".join(p.name for p in self.properties.values() if p.kind in SORTABLE_KINDS)
        self._refuse("sort", f"Sessions can be sorted by {offered}, score.NAME, or one of them with a minus before it.")
        return DEFAULT_SORT

    def _limit(self) -> int:
        limit = whole_number(self.params.get("limit") or str(LIMIT), 1, MAX_LIST_LIMIT)
        if limit is None:
            self._refuse("limit", f"The limit is a whole number from 1 to {MAX_LIST_LIMIT}.")
        return limit or LIMIT

    def _check_cursor(self) -> None:
        cursor = self.params.get("cursor")
        try:
            if cursor and self.sort == RELEVANCE:
                place_of(cursor)
            elif cursor:
                self.order.position(cursor)
        except BadCursor as error:
            self._refuse("cursor", str(error))
