"""A session property is declared once, on its model field; column, sort, filter, API field, docs row and the rollup SQL
all derive from that declaration."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from django.db import models


class PropertyKind(StrEnum):
    """How a value is filtered and shown."""

    ID = "id"
    TIME = "time"
    DURATION = "duration"  # whole milliseconds
    NUMBER = "number"
    MONEY = "money"  # USD, Decimal
    SET = "set"  # sorted distinct texts
    SCORES = "scores"  # {score name: {"count", "mean", "shares"}}
    USAGE = "usage"  # {model: {"call_count", "input_tokens", "output_tokens", "total_tokens", "input_cost", ...}}
    TEXT = "text"


@dataclass(frozen=True)
class Property:
    """One documented session property. `sql` aggregates rows of `trace t` that share project_id and session_id."""

    name: str  # the API's name; equal to the field's, except for "id"
    field: str
    sql: str
    label: str
    help: str
    kind: PropertyKind
    aliases: tuple[str, ...] = ()  # what people may call it in a query, the shortest first


def from_traces(
    field: Any,
    *,
    sql: str,
    label: str,
    help: str,
    kind: PropertyKind,
    name: str = "",
    aliases: tuple[str, ...] = (),
) -> Any:
    """Marks a Session field as computed from the session's traces by the aggregate expression `sql`."""
    field.declaration = {"sql": sql, "label": label, "help": help, "kind": kind, "name": name, "aliases": aliases}
    return field


@cache
def properties_of(model: type[models.Model]) -> dict[str, Property]:
    """The model's declared properties by API name, in the order of declaration."""
    declared: dict[str, Property] = {}
    for field in model._meta.get_fields():
        if declaration := getattr(field, "declaration", None):
            name = declaration["name"] or field.name
            declared[name] = Property(**{**declaration, "name": name, "field": field.name})
    return declared
