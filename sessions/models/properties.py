"""The declaration of a session property, made once, on its model field.

Column, index, sort, filter, API field, suggestion, documentation and SQL are derived from it."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from django.db import models


class PropertyKind(StrEnum):
    """The kinds of values. The kind decides how a value is filtered and shown."""

    ID = "id"
    TIME = "time"
    DURATION = "duration"  # whole milliseconds
    NUMBER = "number"
    MONEY = "money"  # USD, Decimal
    SET = "set"  # sorted distinct texts
    SCORES = "scores"  # {score name: {"count", "mean", "shares"}}
    USAGE = "usage"  # {model: {"call_count", "input_tokens", "output_tokens", "total_tokens", "input_cost", ...}}
    TEXT = "text"


# Kinds whose values have an order that people ask for.
SORTABLE_KINDS = {
    PropertyKind.ID,
    PropertyKind.TIME,
    PropertyKind.DURATION,
    PropertyKind.NUMBER,
    PropertyKind.MONEY,
}


# What counts the calls that a sum lacks, by how the name of the sum ends.
LACK_COUNTS = {"_tokens": "unmeasured_count", "_cost": "unpriced_count"}


@dataclass(frozen=True, kw_only=True)
class Property:
    """One documented session property.

    `sql` aggregates rows of `trace t` that share project_id and session_id. `trace_values` is the array of one such
    row's values, which every set needs."""

    name: str  # the API's name; equal to the field's, except for "id"
    field: str
    sql: str
    label: str
    help: str
    kind: PropertyKind
    aliases: tuple[str, ...] = ()  # further names in a query, the shortest first
    trace_values: str = ""

    @property
    def short_name(self) -> str:
        """The name that is easiest to type."""
        return self.aliases[0] if self.aliases else self.name


def from_traces(
    field: Any,
    *,
    sql: str,
    label: str,
    help: str,
    kind: PropertyKind,
    name: str = "",
    aliases: tuple[str, ...] = (),
    trace_values: str = "",
) -> Any:
    """Declare a field as computed from the session's traces by the aggregate expression `sql`."""
    if (kind == PropertyKind.SET) != bool(trace_values):
        raise TypeError(f"“{label}”: a set, and nothing else, needs trace_values, the values of one trace.")
    field.declaration = {
        "sql": sql,
        "label": label,
        "help": help,
        "kind": kind,
        "name": name,
        "aliases": aliases,
        "trace_values": trace_values,
    }
    return field


@cache
def properties_of(model: type[models.Model]) -> dict[str, Property]:
    """Return the model's declared properties by their API names, in the order of declaration."""
    declared: dict[str, Property] = {}
    for field in model._meta.local_fields:
        if declaration := getattr(field, "declaration", None):
            name = declaration["name"] or field.name
            declared[name] = Property(**{**declaration, "name": name, "field": field.name})
    return declared


def lack_count_of(name: str) -> str | None:
    """Return the name of the number of calls that a sum of tokens or costs lacks; None for any other property."""
    return next((counted for ending, counted in LACK_COUNTS.items() if name.endswith(ending)), None)


def sets_of(model: type[models.Model]) -> list[Property]:
    """Return the declared properties that are sets."""
    return [declared for declared in properties_of(model).values() if declared.kind == PropertyKind.SET]
