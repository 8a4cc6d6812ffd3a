"""What the query box shows beside its text: where it is faulty, which times are offered, which facets there are."""

from dataclasses import dataclass

from django import template

from projects.preferences import day_zone
from sessions.listing.facets import Facet, FacetValue, facets, quick_values
from sessions.listing.list_query import LIST_PARAMETERS
from sessions.listing.listing import Listing
from sessions.query.period import ALL, RANGES, TIMES

register = template.Library()
PARAMETER_SETS = {"query": ("q",), "times": TIMES, "fields": ("limit",)}


@dataclass(frozen=True)
class Fault:
    """The text in three pieces: the middle one is wrong."""

    before: str
    wrong: str
    after: str
    reason: str
    hint: str
    character: int  # counted from 1


@dataclass(frozen=True)
class Range:
    name: str
    label: str
    query: str
    is_current: bool


@register.simple_tag
def fault_of(listing: Listing) -> Fault | None:
    error, text = listing.query_error, listing.query_text
    if error is None:
        return None
    end = error.position + error.length
    wrong = text[error.position : end]
    return Fault(text[: error.position], wrong or " ", text[end:], error.message, error.hint, error.position + 1)


@register.simple_tag
def without_fault(listing: Listing) -> dict[str, list[str]]:
    """Return all errors except the query's, which stands below its box."""
    return {name: reasons for name, reasons in listing.errors.items() if name != "q" or not listing.query_error}


@register.simple_tag
def hidden_of(listing: Listing, form: str) -> list[tuple[str, str]]:
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
def ranges_of(listing: Listing) -> list[Range]:
    """Those relative to now, all of time first."""
    given = listing.params.get("range") or ALL
    is_absolute = any(listing.params.get(name) for name in ("from", "to"))
    offered = {ALL: "All time", **{name: words for name, (words, _) in RANGES.items()}}
    return [
        Range(
            name,
            words,
            listing.query_string(**{**dict.fromkeys(TIMES), "range": None if name == ALL else name}),
            given == name and not is_absolute,
        )
        for name, words in offered.items()
    ]


@register.simple_tag
def time_given(listing: Listing, name: str) -> str:
    return listing.params.get(name, "")


@register.simple_tag
def zone() -> str:
    """Return the name of the zone in which days without a zone are meant."""
    return str(day_zone())


@register.simple_tag
def quick_of(listing: Listing) -> list[FacetValue]:
    return quick_values(listing)


@register.simple_tag
def all_facets() -> list[Facet]:
    return facets()
