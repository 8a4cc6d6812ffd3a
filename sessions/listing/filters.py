"""Filters for the declared properties. The kind of a property decides in which ways it can be filtered."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, NamedTuple
from uuid import UUID

from django import forms
from django.db import connection
from django.db.models import Exists, Field, IntegerField, OuterRef, QuerySet
from django.http import QueryDict
from django_filters import Filter

from projects.values import validate_calendar
from sessions.models import AlertFiringSession, CohortMember, Session
from sessions.models.properties import Property, PropertyKind, properties_of


class Way(NamedTuple):
    """One way to filter: `?<property><suffix>=...` applies `lookup`; `words` stand behind the property's label."""

    suffix: str
    lookup: str
    words: str


AMOUNT = (Way("", "exact", "exactly"), Way("__gte", "gte", "at least"), Way("__lte", "lte", "at most"))
TEXT_WAYS = (Way("", "exact", "is"), Way("__contains", "icontains", "contains"))

WAYS: dict[PropertyKind, tuple[Way, ...]] = {
    PropertyKind.ID: TEXT_WAYS,
    PropertyKind.TIME: (Way("__gte", "gte", "from"), Way("__lte", "lte", "until")),
    PropertyKind.DURATION: AMOUNT,
    PropertyKind.NUMBER: AMOUNT,
    PropertyKind.MONEY: AMOUNT,
    PropertyKind.SET: (Way("", "overlap", "any of"),),
    PropertyKind.USAGE: (Way("", "has_any_keys", "any of"),),
    PropertyKind.SCORES: (Way("", "has_any_keys", "any of"),),
    PropertyKind.TEXT: TEXT_WAYS,
}
REPEATABLE_KINDS = (PropertyKind.SET, PropertyKind.USAGE, PropertyKind.SCORES)


class TextsField(forms.Field):
    """Any number of texts, one for each repetition of the parameter. A comma is an ordinary character."""

    def to_python(self, value: Collection[str] | None) -> list[str]:
        return [text for text in value or () if text]

    def validate(self, value: list[str]) -> None:
        super().validate(value)
        if any("\x00" in text for text in value):
            raise forms.ValidationError("Null characters are not allowed.")


class StoredSetFilter(Filter):  # type: ignore[misc]
    """The sessions of a stored set, such as `?cohort=<id>`. Rows of `members` name the set in `column`."""

    field_class = forms.UUIDField

    def __init__(self, members: type[CohortMember | AlertFiringSession], column: str, **options: Any) -> None:
        super().__init__(**options)
        self._members, self._column = members, column

    def filter(self, qs: "QuerySet[Session]", value: UUID | None, *, project_id: int) -> "QuerySet[Session]":
        if value is None:
            return qs
        listed = self._members.objects.for_project(project_id).filter(session_id=OuterRef("session_id"))
        return qs.filter(Exists(listed.filter(**{self._column: value})))


@dataclass(frozen=True, kw_only=True)
class Input:
    """One field of the filter form, as it is before anything is given."""

    name: str
    label: str
    words: str  # the label without the property's, which stands above
    type: str
    mode: str
    is_repeated: bool


@cache
def filters() -> dict[str, Filter]:
    """Return every filter by the name of its parameter."""
    found = {name: one for declared in properties_of(Session).values() for name, one in filters_of(declared).items()}
    return {
        **found,
        "cohort": StoredSetFilter(CohortMember, "cohort_id", label="Cohort"),
        "firing": StoredSetFilter(AlertFiringSession, "firing_id", label="Firing"),  # what it is about
    }


@cache
def inputs_of(declared: Property) -> tuple[Input, ...]:
    """Return the inputs of a property. All are text inputs, so that browsers keep a wrong number for correction."""
    return tuple(_input(declared, name, found) for name, found in filters_of(declared).items())


def narrowed(rows: "QuerySet[Session]", name: str, value: Any, project_id: int) -> "QuerySet[Session]":
    """Return the sessions of a project that a filter leaves."""
    found = filters()[name]
    is_set = isinstance(found, StoredSetFilter)
    left: QuerySet[Session] = found.filter(rows, value, **({"project_id": project_id} if is_set else {}))
    return left


def may_repeat(name: str) -> bool:
    return isinstance(filters()[name].field, TextsField)


def value_of(name: str, params: QueryDict) -> Any:
    """Return the value of a filter in `params`, as its `filter` method takes it. Raise ValidationError."""
    return filters()[name].field.clean(params.getlist(name) if may_repeat(name) else params.get(name))


def filters_of(declared: Property) -> dict[str, Filter]:
    return {declared.name + way.suffix: _filter(declared, way) for way in WAYS[declared.kind]}


def _input(declared: Property, name: str, found: Filter) -> Input:
    field, label = found.field, str(found.label)
    return Input(
        name=name,
        label=label,
        words=label.removeprefix(declared.label).strip(),
        type="datetime-local" if isinstance(field, forms.DateTimeField) else "text",
        mode="decimal" if isinstance(field, forms.DecimalField | forms.IntegerField) else "text",
        is_repeated=isinstance(field, TextsField),
    )


class NumberOfColumn(forms.IntegerField):
    """A whole number, limited to the range of the column.

    The limited number compares with every stored one as the given number does. With a number outside of the range,
    Django would find nothing."""

    def __init__(self, least: int, most: int, **options: Any) -> None:
        super().__init__(**options)
        self._least, self._most = least, most

    def to_python(self, value: Any) -> int | None:
        number = super().to_python(value)
        return None if number is None else max(self._least, min(number, self._most))


def _filter(declared: Property, way: Way) -> Filter:
    """Return the filter for one way to filter by a property.

    It parses values with the form field of the model field, into the exact type of the column. A comparison of a
    numeric column with a float could not use the index."""
    found = Filter(field_name=declared.field, lookup_expr=way.lookup, label=f"{declared.label} {way.words}")
    field: Field[Any, Any] = Session._meta.get_field(declared.field)  # type: ignore[assignment]
    checks = [validate_calendar] if declared.kind == PropertyKind.TIME else []
    own = partial(field.formfield, initial=None, validators=checks)
    if isinstance(field, IntegerField):
        own = partial(
            own, form_class=partial(NumberOfColumn, *connection.ops.integer_field_range(field.get_internal_type()))
        )
    found.field_class = TextsField if declared.kind in REPEATABLE_KINDS else own
    return found
