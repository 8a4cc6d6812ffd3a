"""Conditions with a key: `score.NAME` and `metadata.KEY`."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import Func, JSONField, Q, TextField, Value
from django.db.models.fields.json import KeyTransform
from django.db.models.lookups import Exact, GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual

from sessions.models import SessionScore
from sessions.query import values
from sessions.query.conditions import LOOKUP_BY_OPERATOR, all_of, any_of, sessions_in
from sessions.query.grammar import FieldComparison, Node, Operator, QueryError
from sessions.query.values import NoValue
from tracing.limits.table import NESTING
from tracing.models import Trace

COMPARISON_BY_OPERATOR: dict[Operator, Any] = {
    Operator.ABOVE: GreaterThan,
    Operator.AT_LEAST: GreaterThanOrEqual,
    Operator.BELOW: LessThan,
    Operator.AT_MOST: LessThanOrEqual,
}


def score(project_id: int, asked: FieldComparison) -> Q:
    """`score.helpfulness >= 4` of the mean, `score.outcome:solved` of a category."""
    if not asked.key:
        raise QueryError("A score needs its name.", asked.place, "Write score.helpfulness >= 4, or has:score.")
    rows = SessionScore.objects.for_project(project_id).filter(name=asked.key)
    found = sessions_in(rows.filter(any_of(_score(asked, value) for value in asked.values)))
    return ~found if asked.operator == Operator.IS_NOT else found


def mean_bounds(parts: Iterable[Node], name: str) -> Q:
    """Return the bounds that the parts of a query set for the mean of a score."""
    asked = (part for part in parts if isinstance(part, FieldComparison) and (part.name, part.key) == ("score", name))
    return all_of(
        [Q(), *(_score(one, one.value) for one in asked if one.operator in LOOKUP_BY_OPERATOR and len(one.values) == 1)]
    )


def _score(asked: FieldComparison, value: str) -> Q:
    truth = values.TRUTHS.get(value.lower())
    try:
        mean = Decimal(truth) if truth is not None else round(values.number(value), 12)
    except NoValue as error:
        if asked.operator in LOOKUP_BY_OPERATOR:
            raise QueryError(f"“{value}” is not {error}.", asked.value_place, "A mean is compared with one.") from None
        return Q(shares__has_key=value)
    equal = Q(mean=mean) | Q(shares__has_key=value) if asked.operator not in LOOKUP_BY_OPERATOR else Q()
    return equal or Q(**{f"mean__{LOOKUP_BY_OPERATOR[asked.operator]}": mean})


class JSONType(Func):
    function = "jsonb_typeof"
    output_field = TextField()


def metadata(project_id: int, scope: str, asked: FieldComparison) -> Q:
    """`metadata.plan = pro` of a trace; `metadata.user.plan` is looked for as one key and as a path."""
    if not asked.key:
        raise QueryError("Metadata needs a key.", asked.place, "Write metadata.plan = pro, or has:metadata.plan.")
    _check_depth(asked, asked.key)
    inside = any_of(_metadata(asked, value) for value in asked.values)
    found = inside if scope == "trace" else sessions_in(Trace.objects.for_project(project_id).filter(inside))
    return ~found if asked.operator == Operator.IS_NOT else found


def _check_depth(asked: FieldComparison, key: str) -> None:
    """Raise QueryError for a path that no stored metadata has."""
    if key.count(".") >= NESTING.value:
        reason = f"Metadata nests at most {NESTING.value} levels deep."
        raise QueryError(reason, asked.place, "Write a key with fewer dots.")


def _metadata(asked: FieldComparison, value: str) -> Q:
    if asked.operator in LOOKUP_BY_OPERATOR:
        try:
            amount = values.number(value)
        except NoValue as error:
            raise QueryError(f"“{value}” is not {error}.", asked.value_place, "Only numbers have an order.") from None
        found, order = KeyTransform(asked.key, "metadata"), COMPARISON_BY_OPERATOR[asked.operator]
        wanted = Value(float(amount), output_field=JSONField())
        return Q(Exact(JSONType(found), Value("number"))) & Q(order(found, wanted))
    return any_of(
        Q(metadata__contains=_nested(path, found))
        for path in dict.fromkeys([(asked.key,), tuple(asked.key.split("."))])
        for found in _spellings(value)
    )


def _nested(path: tuple[str, ...], value: Any) -> Any:
    for key in reversed(path):
        value = {key: value}
    return value


def _spellings(value: str) -> list[Any]:
    """As text, and as the number or truth that SDKs may have sent instead."""
    found: list[Any] = [value]
    if value in ("true", "false"):
        found.append(value == "true")
    try:
        amount = values.number(value)
        found.append(int(amount) if amount == int(amount) else float(amount))
    except NoValue:
        pass
    return found
