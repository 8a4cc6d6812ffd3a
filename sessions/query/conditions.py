"""A comparison with one field as a condition of the ORM: what each kind of value makes of an operator."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from decimal import Decimal
from functools import reduce
from operator import and_, or_
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import DecimalField, F, IntegerField, Q

from projects.values import whole_number
from sessions.models.properties import PropertyKind
from sessions.query import values
from sessions.query.fields import Field
from sessions.query.grammar import FieldComparison, Operator, QueryError, SetChoice
from sessions.query.values import NoValue
from tracing.limits.ids import in_one_form
from tracing.records import Kind, Level

LOOKUP_BY_OPERATOR = {Operator.ABOVE: "gt", Operator.AT_LEAST: "gte", Operator.BELOW: "lt", Operator.AT_MOST: "lte"}
EQUALS = (Operator.HAS, Operator.IS, Operator.IS_NOT)
ENUMS_BY_FIELD: dict[str, type[Kind] | type[Level]] = {"kind": Kind, "level": Level}
COLUMNS_IN_ONE_FORM = frozenset({"session_id", "user_id", "user_ids"})
MULTIVALUED_KINDS = {PropertyKind.SET, PropertyKind.USAGE, PropertyKind.SCORES}


def condition_of(field: Field, asked: FieldComparison) -> Q:
    """Return the condition of a comparison with a field. Raise QueryError."""
    if asked.operator not in field.operators:
        offered = " ".join(field.operators)
        raise QueryError(f"“{asked.name}” knows no “{asked.operator}”.", asked.place, f"It knows {offered}")
    if asked.choice != SetChoice.ANY and field.kind not in MULTIVALUED_KINDS:
        raise QueryError(
            f"“{asked.name}” has one value, so {asked.choice}( ) cannot be asked of it.",
            asked.value_place,
            f"Write {field.written}:{asked.value}",
        )
    if len(asked.values) > 1 and asked.operator not in EQUALS:
        raise QueryError(f"“{asked.operator}” takes one value.", asked.value_place, "Compare with one of them.")
    try:
        found = _made(field, asked)
    except NoValue as error:
        raise QueryError(
            f"“{', '.join(asked.values)}” is not {error}.", asked.value_place, f"“{asked.name}” needs one."
        ) from None
    return ~found if asked.operator == Operator.IS_NOT else found


def _made(field: Field, asked: FieldComparison) -> Q:
    if field.column in ENUMS_BY_FIELD:
        return any_of(Q(**{field.column: _choice(ENUMS_BY_FIELD[field.column], value)}) for value in asked.values)
    if field.kind in MULTIVALUED_KINDS:
        return _several(field, asked)
    make = MAKERS[field.kind]
    return any_of(make(field, asked, value) for value in asked.values)


def sessions_in(rows: Any) -> Q:
    """Return the condition that a session is one of those that `rows` belong to."""
    return Q(session_id__in=rows.values("session_id"))


def any_of(parts: Iterable[Q]) -> Q:
    return reduce(or_, parts)


def all_of(parts: Iterable[Q]) -> Q:
    return reduce(and_, parts)


def _as_stored(field: Field, value: str) -> str:
    """Return an id in the one form in which ids of sessions and users are stored, and other values as they are."""
    return in_one_form(value) if field.column in COLUMNS_IN_ONE_FORM else value


def _text(field: Field, asked: FieldComparison, value: str) -> Q:
    is_part = asked.operator == Operator.HAS and field.kind == PropertyKind.TEXT
    return Q(**{f"{field.column}__{'icontains' if is_part else 'exact'}": _as_stored(field, value)})


def _amount(field: Field, asked: FieldComparison, value: str) -> Q:
    read = _milliseconds if field.kind == PropertyKind.DURATION else None
    low, high = (_bounds(value) if asked.operator in EQUALS else None) or (None, None)
    if low is None and high is None:
        return Q(**{f"{field.column}__{LOOKUP_BY_OPERATOR.get(asked.operator, 'exact')}": _exact(field, value, read)})
    parts = [Q(**{f"{field.column}__gte": _exact(field, low, read)})] if low else []
    parts += [Q(**{f"{field.column}__lte": _exact(field, high, read)})] if high else []
    return all_of(parts)


def _bounds(value: str) -> tuple[str, str] | None:
    """Split `0.1..0.5`, `0.1..` or `..0.5` into its ends."""
    low, dots, high = value.partition("..")
    return (low, high) if dots and (low or high) else None


def _milliseconds(text: str) -> int:
    """Parse a duration. A number without a unit has the unit of the column."""
    number = whole_number(text, highest=10**15)
    return values.milliseconds(text) if number is None else number


def _exact(field: Field, text: str, read: Callable[[str], int] | None) -> Any:
    value = Decimal(read(text)) if read else values.number(text)
    column = field.db_field
    if isinstance(column, DecimalField):
        value = value.quantize(Decimal(1).scaleb(-column.decimal_places))
    elif isinstance(column, IntegerField) and value != int(value):
        raise NoValue("a whole number")
    exact: Decimal | int = int(value) if isinstance(column, IntegerField) else value
    try:
        column.run_validators(exact)
    except ValidationError:
        raise NoValue("a number that the column can hold") from None
    return exact


def _length(field: Field, asked: FieldComparison, value: str) -> Q:
    """Return the condition of a comparison with the time between two columns."""
    low, high = (_bounds(value) if asked.operator in EQUALS else None) or (None, None)
    if low is None and high is None:
        return Q(
            **{
                f"{field.column}__{LOOKUP_BY_OPERATOR.get(asked.operator, 'exact')}": _since(
                    field, values.length(value)
                )
            }
        )
    parts = [Q(**{f"{field.column}__gte": _since(field, values.length(low))})] if low else []
    parts += [Q(**{f"{field.column}__lte": _since(field, values.length(high))})] if high else []
    return all_of(parts)


def _since(field: Field, length: timedelta) -> Any:
    return F(field.starts) + length


def _duration(field: Field, asked: FieldComparison, value: str) -> Q:
    return (_length if field.starts else _amount)(field, asked, value)


def _time(field: Field, asked: FieldComparison, value: str) -> Q:
    """Return the condition of a comparison with a time. A day means the whole of it."""
    low, high = (_bounds(value) if asked.operator in EQUALS else None) or (None, None)
    if low is not None and high is not None:
        parts = [Q(**{f"{field.column}__gte": values.moment(low).start})] if low else []
        return all_of(parts + ([_until(field, high)] if high else []))
    found = values.moment(value)
    match asked.operator:
        case Operator.ABOVE if found.start == found.end:
            return Q(**{f"{field.column}__gt": found.end})
        case Operator.ABOVE:
            return Q(**{f"{field.column}__gte": found.end})
        case Operator.AT_LEAST:
            return Q(**{f"{field.column}__gte": found.start})
        case Operator.BELOW:
            return Q(**{f"{field.column}__lt": found.start})
        case Operator.AT_MOST:
            return _until(field, value)
    return Q(**{f"{field.column}__gte": found.start}) & _until(field, value)


def _until(field: Field, text: str) -> Q:
    found = values.moment(text)
    return Q(**{f"{field.column}__{'lte' if found.start == found.end else 'lt'}": found.end})


def _several(field: Field, asked: FieldComparison) -> Q:
    wanted = [_as_stored(field, value) for value in asked.values]
    if field.kind == PropertyKind.SET:
        column = field.column
        match asked.choice:
            case SetChoice.ALL:
                return Q(**{f"{column}__contains": wanted})
            case SetChoice.ONLY:
                return Q(**{f"{column}__contained_by": wanted}) & ~Q(**{column: []})
        return Q(**{f"{column}__overlap": wanted})
    if asked.choice == SetChoice.ONLY:
        raise QueryError(f"“{asked.name}” cannot be asked for only( ).", asked.value_place, "Use any( ) or all( ).")
    return Q(**{f"{field.column}__{'has_keys' if asked.choice == SetChoice.ALL else 'has_any_keys'}": wanted})


def _choice(choices: type[Kind] | type[Level], value: str) -> int:
    try:
        return choices[value.upper()].value
    except KeyError:
        raise NoValue("one of " + ", ".join(choice.name.lower() for choice in choices)) from None


def refused(asked: FieldComparison, known: Iterable[str], what: str, value: str) -> QueryError:
    """Return the error for a value that is not among the known ones."""
    return QueryError(f"There is no {what} “{value}”.", asked.value_place, f"Known are {', '.join(known)}.")


MAKERS: dict[PropertyKind, Callable[[Field, FieldComparison, str], Q]] = {
    PropertyKind.ID: _text,
    PropertyKind.TEXT: _text,
    PropertyKind.NUMBER: _amount,
    PropertyKind.MONEY: _amount,
    PropertyKind.DURATION: _duration,
    PropertyKind.TIME: _time,
}
