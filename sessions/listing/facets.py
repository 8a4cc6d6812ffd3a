"""Facets: the values that the sessions of a list have, and links that ask for a value or exclude it.

Each facet counts under all conditions except those on itself, so that a value that was chosen can be compared with the
others. Only the latest sessions of the list are counted, so that a facet costs the same in a project of any size."""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.http import QueryDict

from sessions.listing.filters import inputs_of
from sessions.listing.listing import Listing
from sessions.listing.people_facets import STATE_FACETS, StateFacet
from sessions.listing.summary import SUMMARY_TIMEOUT_MS, count_each, facet_counts, newest
from sessions.models import Session
from sessions.models.properties import Property, PropertyKind, properties_of
from sessions.query.grammar import All, Either, FieldComparison, Node, Not, Operator
from sessions.query.people import ASSIGNED_TO_ME
from sessions.query.rewrite import parts_of, with_part, without_part, written
from sessions.query.values import DURATION_UNITS
from sessions.query.words import words_in
from tracing.formatting import count as count_text
from tracing.formatting import duration, money
from tracing.lists.bounded import within

MAX_FACET_SESSIONS = 5_000  # sessions whose amounts and scores are read; sets are counted by the database, further
MAX_FACET_VALUES = 12  # values
OFFERED = 30  # values, to choose from while typing
QUANTILES = ((50, "half"), (75, "a quarter"), (90, "a tenth"), (99, "a hundredth"))
MULTIPLE_CHOICE_KINDS = (PropertyKind.SET, PropertyKind.SCORES)
AMOUNT_WRITERS: dict[PropertyKind, Callable[[Any], str]] = {
    PropertyKind.NUMBER: count_text,
    PropertyKind.MONEY: money,
    PropertyKind.DURATION: duration,
}
AMOUNT_KINDS = tuple(AMOUNT_WRITERS)


@dataclass(frozen=True, kw_only=True)
class Facet:
    """A property by whose values a list can be narrowed; `name` is how a query calls it."""

    name: str
    label: str
    help: str
    declared: Property
    of_people: StateFacet | None = None


@dataclass(frozen=True, kw_only=True)
class FacetValue:
    """One value of a facet, with links.

    `query` asks for the value, `query_without` excludes it. If the list does so already, the link undoes it. `share`
    is its count in percent of the largest of the facet."""

    text: str
    count: int | None
    is_asked: bool
    is_refused: bool
    query: str
    query_without: str
    note: str = ""
    share: int = 0
    icon: str = ""


def facets() -> list[Facet]:
    """Return the facets: first what people set, then sets, scores, and the amounts with a short name."""
    set_by_people = [_facet(one.declared, one) for one in STATE_FACETS]
    found = [
        _facet(p)
        for p in properties_of(Session).values()
        if p.kind in MULTIPLE_CHOICE_KINDS or (p.kind in AMOUNT_KINDS and p.aliases)
    ]
    return [*set_by_people, *sorted(found, key=lambda facet: facet.declared.kind not in MULTIPLE_CHOICE_KINDS)]


def _facet(declared: Property, of_people: StateFacet | None = None) -> Facet:
    name, label, help = declared.short_name, declared.label, declared.help
    return Facet(name=name, label=label, help=help, declared=declared, of_people=of_people)


def facet_of(name: str) -> Facet | None:
    return next((facet for facet in facets() if name in (facet.name, facet.declared.name)), None)


def count_facet_values(listing: Listing, facet: Facet, most: int = MAX_FACET_VALUES) -> list[tuple[str, int]]:
    """Count the most frequent values of a set, or the names of scores. One query. Raise TooLong."""
    listing = without_own(listing, facet)
    if facet.of_people:
        return count_each(listing, facet.of_people.beside_session(listing.project.pk), most)
    if facet.declared.kind == PropertyKind.SET:
        return facet_counts(listing, facet.declared.name, most)
    counts = Counter(text for texts in _latest(listing, facet) for text in texts)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most]


def load_facet_values(listing: Listing, facet: Facet) -> list[FacetValue]:
    """Return the values of a facet, first those that the query asks for. At most one query. Raise TooLong."""
    if facet.declared.kind in AMOUNT_KINDS:
        return _with_shares(_thresholds(listing, facet))
    found = dict(count_facet_values(listing, facet))
    given = [text for text in _given(listing, facet) if text not in found]
    counted: list[tuple[str, int | None]] = [*((text, None) for text in given), *found.items()]
    return _with_shares(
        [_linked(listing, FieldComparison(facet.name, Operator.HAS, (text,)), text, count) for text, count in counted]
    )


def quick_values(listing: Listing) -> list[FacetValue]:
    """Return the words that are asked for most often, without a count."""
    words = [word for word in words_in("session") if word.label]
    asked = [(FieldComparison(word.name, Operator.HAS, (word.value,)), word.label, word.icon) for word in words]
    asked.append((ASSIGNED_TO_ME, "Assigned to me", "assign"))
    return [replace(_linked(listing, one, label, None), icon=icon) for one, label, icon in asked]


def without_own(listing: Listing, facet: Facet) -> Listing:
    """Return the list without its conditions on what the facet is about."""
    names = {facet.name, facet.declared.name, *facet.declared.aliases}
    parts = parts_of(listing.query_text)
    others = [part for part in parts if not _is_only_about(part, names)]
    inputs = [] if facet.of_people else [one.name for one in inputs_of(facet.declared) if listing.given(one.name)]
    if others == list(parts) and not inputs:
        return listing
    left = listing.query_string(q=written(others), **dict.fromkeys(inputs))
    return Listing(listing.project, QueryDict(left[1:]), foreign=listing.foreign)


def _is_only_about(part: Node, names: Collection[str]) -> bool:
    match part:
        case FieldComparison():
            return part.name in names and not part.key
        case Not():
            return _is_only_about(part.inside, names)
        case All() | Either():
            return all(_is_only_about(inside, names) for inside in part.parts)
    return False


def _with_shares(values: list[FacetValue]) -> list[FacetValue]:
    largest = max((value.count or 0 for value in values), default=0)
    return [replace(value, share=round((value.count or 0) / largest * 100) if largest else 0) for value in values]


def _latest(listing: Listing, facet: Facet) -> list[Any]:
    with within(SUMMARY_TIMEOUT_MS):
        return list(newest(listing).values_list(facet.declared.field, flat=True)[:MAX_FACET_SESSIONS])


def _thresholds(listing: Listing, facet: Facet) -> list[FacetValue]:
    """Return round amounts that at least half, a quarter, ... of the sessions reach."""
    amounts = sorted(_latest(without_own(listing, facet), facet))
    found: list[tuple[Any, str]] = []
    for percent, words in QUANTILES:
        least = _rounded_down(amounts[len(amounts) * percent // 100]) if amounts else 0
        if least and (not found or least > found[-1][0]):
            found.append((least, words))
    return [
        _linked(
            listing,
            FieldComparison(facet.name, Operator.AT_LEAST, (_written(facet, least),)),
            _shown(facet, least),
            sum(amount >= least for amount in amounts),
            words,
        )
        for least, words in found
    ]


def _rounded_down(amount: Any) -> Any:
    """Return the amount with its first two digits, the others zero."""
    exact = Decimal(amount)
    if not exact:
        return amount
    step = Decimal(1).scaleb(exact.adjusted() - 1)
    return type(amount)(exact // step * step)


def _shown(facet: Facet, amount: Any) -> str:
    """Write an amount for people: `$0.0029 and more`."""
    return f"{AMOUNT_WRITERS[facet.declared.kind](amount)} and more"


def _written(facet: Facet, amount: Any) -> str:
    """Write an amount for the query language, without zeros at its end."""
    if facet.declared.kind == PropertyKind.DURATION:
        units = (
            (unit, length // DURATION_UNITS["ms"])
            for unit, length in reversed(DURATION_UNITS.items())
            if unit not in "wd"
        )
        return next(f"{amount // size}{unit}" for unit, size in units if amount % size == 0)
    return f"{Decimal(amount).normalize():f}"


def _linked(listing: Listing, asked: FieldComparison, text: str, count: int | None, note: str = "") -> FacetValue:
    query, parts = listing.query_text, parts_of(listing.query_text)
    refused = Not(asked)
    is_asked, is_refused = asked in parts, refused in parts
    bare = without_part(without_part(query, asked), refused) if is_asked or is_refused else query
    return FacetValue(
        text=text,
        count=count,
        is_asked=is_asked,
        is_refused=is_refused,
        query=listing.query_string(q=bare if is_asked else with_part(bare, asked)),
        query_without=listing.query_string(q=bare if is_refused else with_part(bare, refused)),
        note=note,
    )


def _given(listing: Listing, facet: Facet) -> list[str]:
    found = []
    for part in parts_of(listing.query_text):
        asked: Node = part.inside if isinstance(part, Not) else part
        if isinstance(asked, FieldComparison) and asked.name == facet.name and not asked.key and len(asked.values) == 1:
            found.append(asked.value)
    return list(dict.fromkeys(found))
