"""One filter set from the declared properties: what a property's kind is decides in which ways it can be filtered."""

from collections.abc import Collection
from functools import cache, partial
from typing import Any, NamedTuple
from uuid import UUID

from django import forms
from django.db.models import Exists, Field, OuterRef, QuerySet
from django_filters import Filter, FilterSet

from sessions.models import CohortMember, Session
from sessions.properties import Property, PropertyKind


class Way(NamedTuple):
    """One way to filter: `?<property><suffix>=...` applies `lookup`; `words` stand behind the property's label."""

    suffix: str
    lookup: str
    words: str


AMOUNT = (Way("", "exact", "exactly"), Way("__gte", "gte", "at least"), Way("__lte", "lte", "at most"))
TEXT = (Way("", "exact", "is"), Way("__contains", "icontains", "contains"))

WAYS: dict[PropertyKind, tuple[Way, ...]] = {
    PropertyKind.ID: TEXT,
    PropertyKind.TIME: (Way("__gte", "gte", "from"), Way("__lte", "lte", "until")),
    PropertyKind.DURATION: AMOUNT,
    PropertyKind.NUMBER: AMOUNT,
    PropertyKind.MONEY: AMOUNT,
    PropertyKind.SET: (Way("", "overlap", "any of"),),
    PropertyKind.USAGE: (Way("", "has_any_keys", "any of"),),
    PropertyKind.SCORES: (Way("", "has_any_keys", "any of"),),
    PropertyKind.TEXT: TEXT,
}
REPEATED = (PropertyKind.SET, PropertyKind.USAGE, PropertyKind.SCORES)
# Kinds whose values have an order that people ask for.
SORTABLE = {
    PropertyKind.ID,
    PropertyKind.TIME,
    PropertyKind.DURATION,
    PropertyKind.NUMBER,
    PropertyKind.MONEY,
}


class TextsField(forms.Field):
    """Any number of texts, each given by a repetition of the parameter, so that a comma is just a character."""

    widget = forms.MultipleHiddenInput  # for how it reads: pages draw inputs of their own

    def to_python(self, value: Collection[str] | None) -> list[str]:
        return [text for text in value or () if text]

    def validate(self, value: list[str]) -> None:
        super().validate(value)
        if any("\x00" in text for text in value):
            raise forms.ValidationError("Null characters are not allowed.")


class CohortFilter(Filter):  # type: ignore[misc]
    """`?cohort=<id>`: the sessions of a fixed list."""

    field_class = forms.UUIDField

    def filter(self, qs: "QuerySet[Session]", value: UUID | None) -> "QuerySet[Session]":
        if value is None:
            return qs
        listed = CohortMember.objects.filter(project_id=OuterRef("project_id"), session_id=OuterRef("session_id"))
        return qs.filter(Exists(listed.filter(cohort_id=value)))


def filters_of(declared: Property) -> dict[str, Filter]:
    """The property's filters by parameter name."""
    return {declared.name + way.suffix: _filter(declared, way) for way in WAYS[declared.kind]}


@cache
def filterset_of(properties: tuple[Property, ...]) -> type[FilterSet]:
    filters = {name: found for declared in properties for name, found in filters_of(declared).items()}
    return type("SessionFilterSet", (FilterSet,), {**filters, "cohort": CohortFilter(label="Cohort")})


def _filter(declared: Property, way: Way) -> Filter:
    """The form field is the model field's own, so that a value is parsed into the column's exact type: a float beside a
    numeric column would cost the index."""
    found = Filter(field_name=declared.field, lookup_expr=way.lookup, label=f"{declared.label} {way.words}")
    field: Field[Any, Any] = Session._meta.get_field(declared.field)  # type: ignore[assignment]
    found.field_class = TextsField if declared.kind in REPEATED else _form_field(field)
    return found


def _form_field(field: "Field[Any, Any]") -> Any:
    widget = forms.TextInput if field.get_internal_type() == "TextField" else None  # None: the field's own
    return partial(field.formfield, initial=None, widget=widget)
