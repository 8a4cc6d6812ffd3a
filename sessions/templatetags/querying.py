"""What the query box shows beside its text: where it is faulty, which facets there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from django import template
from django.http import QueryDict
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from projects.models import Project
from sessions.listing.facets import Facet, FacetValue, facets, quick_values
from sessions.listing.list_query import LIST_PARAMETERS
from sessions.listing.listing import Listing
from sessions.listing.traces import QueriedTraces
from sessions.query.grammar import QueryError
from tracing.lists.table import TIME_LABEL, ListCondition

register = template.Library()
PARAMETER_SETS = {"query": ("q",), "fields": ("limit",)}


class QueriedList(Protocol):
    """A list with a query line."""

    @property
    def project(self) -> Project: ...

    @property
    def params(self) -> QueryDict: ...

    @property
    def conditions(self) -> list[ListCondition]: ...


@dataclass(frozen=True, kw_only=True)
class QueryLine:
    """The query line of one list: where it leads, its words, and what it carries along. The time stands beside it."""

    page: str
    suggest: str
    label: str
    placeholder: str
    clear: str  # the query of the list without conditions
    tokens: list[ListCondition]
    kept: list[tuple[str, str]]


# By the route of the list: label, placeholder, the query without conditions, and what suggestions are of.
QUERY_LINES = {
    "sessions": ("Find sessions", "Add a condition, or a word somebody said", "?view=all", "session"),
    "traces": ("Find traces", "Add a condition, or a word of an input or output", "", "trace"),
    "users": ("Find users", "Any part of a user id, or a condition such as cost > 1", "", "session"),
}


@register.simple_tag
def query_line(listing: QueriedList, route: str) -> QueryLine:
    label, placeholder, clear, scope = QUERY_LINES[route]
    ids = [listing.project.pk]
    return QueryLine(
        page=reverse(route, args=ids),
        suggest=f"{reverse('suggest', args=ids)}?scope={scope}",
        label=label,
        placeholder=placeholder,
        clear=clear,
        kept=hidden_of(listing, "query"),
        tokens=[one for one in listing.conditions if one.label != TIME_LABEL],
    )


@register.simple_tag
def marked_query(text: str, faults: Sequence[QueryError]) -> SafeString:
    """Write a query with its faults marked. One at the end of the text marks a space behind it."""
    pieces, at = list[SafeString](), 0
    for fault in faults:
        start, end = max(fault.position, at), fault.position + fault.length
        if end > at:
            pieces.append(format_html("{}<mark>{}</mark>", text[at:start], text[start:end] or " "))
            at = end
    return format_html("{}{}", SafeString("".join(pieces)), text[at:])


@register.filter
def character(fault: QueryError) -> int:
    """Return the place of a fault as people count, from 1."""
    return fault.position + 1


@register.simple_tag
def without_fault(listing: Listing | QueriedTraces) -> dict[str, list[str]]:
    """Return all errors except the query's, which stands below its box."""
    return {name: reasons for name, reasons in listing.errors.items() if name != "q" or not listing.query_error}


@register.simple_tag
def hidden_of(listing: QueriedList, form: str) -> list[tuple[str, str]]:
    """Return the parameters that a form of the list carries along: all that it does not set, except the page."""
    return [
        (name, value)
        for name, values in listing.params.lists()
        if name not in PARAMETER_SETS[form]
        and name != "cursor"
        and not (form == "fields" and name not in LIST_PARAMETERS)
        for value in values
        if value
    ]


@register.simple_tag
def quick_of(listing: Listing) -> list[FacetValue]:
    return quick_values(listing)


@register.simple_tag
def all_facets() -> list[Facet]:
    return facets()
