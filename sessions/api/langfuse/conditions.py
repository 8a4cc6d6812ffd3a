"""The `filter` parameter of lists: conditions as JSON, all of which a row must meet.

Each is `{"type", "column", "operator", "value"}`, and `"key"` for metadata. A list names its columns; what it does not
name, or cannot compare so, is refused with what there is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
from django.db.models import Q
from rest_framework.exceptions import ValidationError

from projects.values import holds_nul, in_calendar
from tracing.wire.fields import moment, number

MAX_CONDITIONS = 50
TEXT_LOOKUPS = {"=": "exact", "contains": "contains", "starts with": "startswith", "ends with": "endswith"}
NUMBER_LOOKUPS = {"=": "exact", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
NULL_OPERATORS = {"is null": True, "is not null": False}
OPERATORS = {
    "datetime": ("<", "<=", ">", ">="),
    "string": (*TEXT_LOOKUPS, "does not contain"),
    "number": tuple(NUMBER_LOOKUPS),
    "boolean": ("=", "<>"),
    "stringOptions": ("any of", "none of"),
    "arrayOptions": ("any of", "none of", "all of"),
    "stringObject": (*TEXT_LOOKUPS, "does not contain", "is set", "is not set"),
    "numberObject": tuple(NUMBER_LOOKUPS),
    "null": tuple(NULL_OPERATORS),
}
TYPES_BY_KIND = {
    "text": ("string", "stringOptions", "null"),
    "word": ("string", "stringOptions"),
    "time": ("datetime", "null"),
    "number": ("number", "null"),
    "truth": ("boolean",),
    "texts": ("arrayOptions",),
    "object": ("stringObject", "numberObject"),
}


class Column(NamedTuple):
    """A column of a list: the field of the model, and which conditions suit it."""

    field: str
    kind: str
    factor: float = 1  # from the unit of the clients to that of the field
    words: Mapping[str, Any] = {}  # of a `word`: what the clients say, and what the field has


@dataclass(frozen=True)
class Condition:
    """One condition that was checked."""

    name: str  # of the column
    column: Column
    type: str
    operator: str
    value: Any
    key: str = ""

    def q(self) -> Q:
        """Return the condition for a queryset."""
        field = self.column.field
        match self.type:
            case "null":
                return Q(**{f"{field}__isnull": NULL_OPERATORS[self.operator]})
            case "boolean":
                return Q(**{field: self.value == (self.operator == "=")})
            case "stringObject" | "numberObject":
                return self._of_key(f"{field}__{self.key}")
            case "arrayOptions":
                contained = Q(**{f"{field}__{'contains' if self.operator == 'all of' else 'overlap'}": self.value})
                return ~contained if self.operator == "none of" else contained
            case "stringOptions":
                chosen = Q(**{f"{field}__in": self.value})
                return ~chosen | Q(**{f"{field}__isnull": True}) if self.operator == "none of" else chosen
            case "string":
                return self._of_text(field)
        return Q(**{f"{field}__{NUMBER_LOOKUPS[self.operator]}": self.value})

    def _of_text(self, field: str) -> Q:
        if self.operator == "does not contain":
            return ~Q(**{f"{field}__contains": self.value}) | Q(**{f"{field}__isnull": True})
        return Q(**{f"{field}__{TEXT_LOOKUPS[self.operator]}": self.value})

    def _of_key(self, field: str) -> Q:
        holder, is_set = self.column.field, Q(**{f"{self.column.field}__has_key": self.key})
        if self.operator in ("is set", "is not set"):
            return is_set if self.operator == "is set" else ~is_set
        if self.type == "numberObject":
            return Q(**{f"{field}__{NUMBER_LOOKUPS[self.operator]}": self.value})
        if self.operator == "=":
            return Q(**{f"{holder}__contains": {self.key: self.value}})
        if self.operator == "does not contain":
            return ~Q(**{f"{field}__icontains": self.value}) | ~is_set
        return Q(**{f"{field}__i{TEXT_LOOKUPS[self.operator]}": self.value})


def conditions_in(text: str, columns: Mapping[str, Column], name: str = "filter") -> list[Condition]:
    """Return the conditions of a parameter. Raise ValidationError for one that cannot be followed."""
    try:
        told = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise refusal(name, "a JSON list of conditions") from None
    return read_conditions(told, columns, name)


def read_conditions(told: Any, columns: Mapping[str, Column], name: str) -> list[Condition]:
    """Return the conditions of a list of objects. Raise ValidationError for one that cannot be followed."""
    if not isinstance(told, list) or len(told) > MAX_CONDITIONS or not all(isinstance(one, dict) for one in told):
        raise refusal(name, f"a JSON list of at most {MAX_CONDITIONS} conditions, each an object")
    if holds_nul(told):
        raise refusal(name, "no text contains a null character")
    return [_condition(one, columns, name) for one in told]


def refusal(name: str, reason: str) -> ValidationError:
    """Return what a parameter that cannot be followed raises."""
    return ValidationError({name: [reason]})


def _condition(told: Mapping[str, Any], columns: Mapping[str, Column], name: str) -> Condition:
    column = columns.get(str(told.get("column")))
    if column is None:
        raise refusal(name, f"column {str(told.get('column'))[:100]!r} is none of {', '.join(columns)}")
    types = TYPES_BY_KIND[column.kind]
    kind = told.get("type")
    if kind not in types:
        raise refusal(name, f"the type of a condition on {told['column']} is one of {', '.join(types)}")
    operator = told.get("operator")
    if operator not in OPERATORS[kind]:
        raise refusal(name, f"the operator of type {kind} is one of {', '.join(OPERATORS[kind])}")
    key = told.get("key", "") if column.kind == "object" else ""
    if column.kind == "object" and (not isinstance(key, str) or not 1 <= len(key) <= 200 or "__" in key):
        raise refusal(name, f"a condition on {told['column']} needs a key without two underscores together")
    if operator in ("is set", "is not set") or kind == "null":
        return Condition(told["column"], column, kind, operator, None, key)
    value = _value(kind, told.get("value"))
    if value is None:
        raise refusal(name, f"the value of a condition on {told['column']} does not suit the type {kind}")
    return Condition(told["column"], column, kind, operator, _stored(column, value, name), key)


def _value(kind: str, told: Any) -> Any:
    """Return the value of a condition, or None when it is not one of this kind."""
    match kind:
        case "datetime":
            at = moment(told)
            return at if at is not None and in_calendar(at) else None
        case "number" | "numberObject":
            return number(told)
        case "boolean":
            return told if isinstance(told, bool) else None
        case "stringOptions" | "arrayOptions":
            is_list = isinstance(told, list) and all(isinstance(one, str) for one in told)
            return told if is_list else None
    return told if isinstance(told, str) else None


def _stored(column: Column, value: Any, name: str) -> Any:
    """Return a value as the field has it. Raise ValidationError for a word that it does not have."""
    if column.kind == "number":
        return value * column.factor
    if column.kind != "word":
        return value
    said = value if isinstance(value, list) else [value]
    if unknown := [word for word in said if word not in column.words]:
        raise refusal(name, f"{unknown[0][:100]!r} is none of {', '.join(column.words)}")
    found = [column.words[word] for word in said]
    return found if isinstance(value, list) else found[0]
