"""The conditions of a list's address in words: `Tags is vip`, `Cost at least $0.02`, `says “refund”`."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from projects.date_range import ALL, CALENDAR_RANGES
from projects.range_picker import PRESET_LABELS
from projects.values import whole_number
from sessions.listing.filters import WAYS
from sessions.models import Session
from sessions.models.properties import Property, PropertyKind, properties_of
from sessions.query import values
from sessions.query.fields import fields_of
from sessions.query.grammar import All, Either, FieldComparison, Nested, Node, Not, Operator, SetChoice, Word
from sessions.query.period import TIMES
from sessions.query.rewrite import parts_of
from sessions.query.words import words_in
from sessions.query.writing import write
from tracing.formatting import duration, money

WORDS_OF_OPERATORS = {
    Operator.HAS: "is",
    Operator.IS: "is",
    Operator.IS_NOT: "is not",
    Operator.ABOVE: "over",
    Operator.AT_LEAST: "at least",
    Operator.BELOW: "under",
    Operator.AT_MOST: "at most",
}
WORDS_OF_WAYS = {"any of": "is", "exactly": "is"}
WORDS_OF_CHOICES = {SetChoice.ALL: "has all of", SetChoice.ONLY: "has only"}
WORDS_OF_SETS = {"cohort": "on a fixed list", "firing": "reported by an alert"}
KEYED_LABELS = {"metadata": "Metadata", "score": "Score"}


class ConditionWords(NamedTuple):
    """One condition: of what, how it is compared, and with what; the first may be empty."""

    label: str
    relation: str
    value: str

    def __str__(self) -> str:
        return " ".join(part for part in self if part)


def conditions_in_words(params: QueryDict) -> list[ConditionWords]:
    """Return the conditions of a list's parameters. What cannot be read is shown as it was written."""
    return [*_of_query(params.get("q", "")), *_of_time(params), *_of_filters(params)]


def properties_asked(params: QueryDict) -> set[tuple[str, str]]:
    """Return what the parameters say about each property or score: its name (`score.NAME`) and the condition."""
    asked = {(name.partition("__")[0], f"{name}={value}") for name, given in _filters_in(params) for value in given}
    for part in parts_of(params.get("q", "")):
        asked |= {(name, write(part)) for name in _names_in(part)}
    return asked


def _names_in(node: Node) -> Iterator[str]:
    match node:
        case FieldComparison(name="score"):
            yield f"score.{node.key}"
        case FieldComparison(name="has") if node.value.startswith("error"):
            yield "error_count"
        case FieldComparison():
            field = fields_of("session").get(node.value if node.name == "has" else node.name)
            if field:
                yield field.name
        case Nested() | Not():
            yield from _names_in(node.inside)
        case All() | Either():
            for part in node.parts:
                yield from _names_in(part)


def _of_query(text: str) -> Iterator[ConditionWords]:
    parts = parts_of(text)
    if text.strip() and not parts:
        yield ConditionWords("", "", text)
    yield from (_part(part) for part in parts)


def _part(node: Node) -> ConditionWords:
    match node:
        case Word():
            return ConditionWords("", "says", f"“{node.text}{'…' if node.is_prefix else ''}”")
        case Not(inside=Word() as word):
            return ConditionWords("", "does not say", f"“{word.text}”")
        case FieldComparison():
            return _comparison(node)
        case Not(inside=FieldComparison() as inside) if inside.name not in ("has", "is", "status"):
            label, relation, value = _comparison(inside)
            return ConditionWords(label, "is not" if relation == "is" else f"not {relation}", value)
    return ConditionWords("", "matches", write(node))


def _comparison(asked: FieldComparison) -> ConditionWords:
    for word in words_in("session", asked.name):
        if asked.value in (word.value, *word.aliases):
            return ConditionWords("", "", word.label or f"{asked.name} {asked.value}".capitalize())
    relation = WORDS_OF_CHOICES.get(asked.choice) or WORDS_OF_OPERATORS[asked.operator]
    joint = " and " if asked.choice == SetChoice.ALL else " or "
    dots = " to " if asked.operator == Operator.HAS else ".."
    value = joint.join(value.replace("..", dots) for value in asked.values)
    if asked.name in KEYED_LABELS:
        return ConditionWords(f"{KEYED_LABELS[asked.name]} {asked.key}", relation, value)
    field = fields_of("session").get(asked.name)
    if field is None:
        return ConditionWords("", "", write(asked))
    if field.kind == PropertyKind.TEXT and asked.operator == Operator.HAS:
        relation = "contains"
    amounts = asked.values if field.kind == PropertyKind.MONEY and ".." not in asked.value else ()
    return ConditionWords(field.label, relation, joint.join(map(_dollars, amounts)) or value)


def _of_time(params: QueryDict) -> Iterator[ConditionWords]:
    given = params.get("range", "")
    if given and given != ALL:
        words = PRESET_LABELS.get(given, given)
        yield ConditionWords("", "in" if given in CALENDAR_RANGES else "in the", words.lower())
    for name in ("from", "to"):
        if value := params.get(name):
            yield ConditionWords("", name, _moment(value))


def _of_filters(params: QueryDict) -> Iterator[ConditionWords]:
    ways = {p.name + way.suffix: (p, way.words) for p in properties_of(Session).values() for way in WAYS[p.kind]}
    for name, given in _filters_in(params):
        if name not in ways:
            yield ConditionWords("", "", WORDS_OF_SETS.get(name, f"{name} {given[0]}"))
            continue
        declared, words = ways[name]
        value = " or ".join(_value(declared, text) for text in given)
        yield ConditionWords(declared.label, WORDS_OF_WAYS.get(words, words), value)


def _filters_in(params: QueryDict) -> Iterator[tuple[str, Sequence[str]]]:
    others = ("q", "sort", "limit", "cursor", *TIMES)
    for name, given in params.lists():
        if name not in others and (kept := [value for value in given if value]):
            yield name, kept


def _value(declared: Property, text: str) -> str:
    if declared.kind == PropertyKind.MONEY:
        return _dollars(text)
    if declared.kind == PropertyKind.DURATION and (milliseconds := whole_number(text)) is not None:
        return duration(milliseconds)
    return _moment(text) if declared.kind == PropertyKind.TIME else text


def _dollars(text: str) -> str:
    try:
        return money(values.number(text))
    except values.NoValue:
        return text


def _moment(text: str) -> str:
    """Return a time as people write it, in the active zone; what is no time stays."""
    try:
        at = parse_datetime(text)
    except ValueError:
        at = None
    if not isinstance(at, datetime):
        return text
    local = timezone.localtime(at) if timezone.is_aware(at) else at
    return f"{local.day} {local:%b %Y, %H:%M}"
