"""Conditions that are no column: `has:`, `is:`, `score.NAME` and `metadata.KEY`."""

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Func, JSONField, Q, TextField, Value
from django.db.models.fields.json import KeyTransform
from django.db.models.lookups import Exact, GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual

from projects.models import Project
from sessions.models import Comment, ObjectType, SessionScore, SessionState
from sessions.models.properties import PropertyKind
from sessions.query import values
from sessions.query.conditions import LOOKUP_BY_OPERATOR, all_of, any_of, refused
from sessions.query.fields import fields_of
from sessions.query.grammar import FieldComparison, Node, Operator, QueryError
from sessions.query.values import NoValue
from tracing.limits.table import NESTING
from tracing.models import Trace
from tracing.records import Level

COMPARISON_BY_OPERATOR: dict[Operator, Any] = {
    Operator.ABOVE: GreaterThan,
    Operator.AT_LEAST: GreaterThanOrEqual,
    Operator.BELOW: LessThan,
    Operator.AT_MOST: LessThanOrEqual,
}
EMPTY_VALUE_BY_KIND: dict[PropertyKind, Any] = {PropertyKind.SET: [], PropertyKind.USAGE: {}, PropertyKind.SCORES: {}}


def ids_of(rows: Any) -> Q:
    """Sessions that `rows` name."""
    return Q(session_id__in=rows.values("session_id"))


def has(project_id: int, scope: str, asked: FieldComparison) -> Q:
    """`has:error`, `has:tag`, `has:note`, `has:metadata.plan`."""
    return any_of(_has(project_id, scope, asked, value) for value in asked.values)


def _has(project_id: int, scope: str, asked: FieldComparison, value: str) -> Q:
    if value in ("error", "errors"):
        return Q(level=Level.ERROR.value) if scope == "span" else Q(error_count__gt=0)
    if value.startswith("metadata.") and scope != "span":
        there = Q(metadata__has_key=value.removeprefix("metadata."))
        return there if scope == "trace" else ids_of(Trace.objects.for_project(project_id).filter(there))
    states = SessionState.objects.for_project(project_id)
    said: dict[str, Callable[[], Q]] = {
        "score": lambda: ids_of(SessionScore.objects.for_project(project_id).filter(count__gt=0)),  # can't tell is none
        "note": lambda: ids_of(states.exclude(note="")),
        "title": lambda: ids_of(states.exclude(title="")),
        "comment": lambda: Q(
            session_id__in=Comment.objects.for_project(project_id)
            .filter(object_type=ObjectType.SESSION)
            .values("object_id")
        ),
    }
    if scope == "session" and value in said:
        return said[value]()
    fields = fields_of(scope)
    if (field := fields.get(value)) and field.kind in EMPTY_VALUE_BY_KIND:
        return ~Q(**{field.column: EMPTY_VALUE_BY_KIND[field.kind]})
    if field and field.db_field.null:
        return Q(**{f"{field.column}__isnull": False})
    known = [
        *(said if scope == "session" else ()),
        *dict.fromkeys(f.written for f in fields.values() if f.kind in EMPTY_VALUE_BY_KIND),
    ]
    raise refused(asked, ["error", *known], "thing to have called")


def being(project_id: int, asked: FieldComparison) -> Q:
    """`is:bookmarked`, `is:active`, `is:idle`."""

    def quiet_since() -> datetime:
        return values.now() - Project.objects.get(pk=project_id).quiet_time

    known: dict[str, Callable[[], Q]] = {
        "bookmarked": lambda: ids_of(SessionState.objects.for_project(project_id).filter(is_bookmarked=True)),
        "active": lambda: Q(updated_at__gt=quiet_since()),
        "idle": lambda: Q(updated_at__lte=quiet_since()),
    }
    if asked.value not in known:
        raise refused(asked, known, "state called")
    return any_of(known[value]() for value in asked.values if value in known)


def score(project_id: int, asked: FieldComparison) -> Q:
    """`score.helpfulness >= 4` of the mean, `score.outcome:solved` of a category."""
    if not asked.key:
        raise QueryError("A score needs its name.", asked.place, "Write score.helpfulness >= 4, or has:score.")
    rows = SessionScore.objects.for_project(project_id).filter(name=asked.key)
    found = ids_of(rows.filter(any_of(_score(asked, value) for value in asked.values)))
    return ~found if asked.operator == Operator.IS_NOT else found


def mean_bounds(parts: Iterable[Node], name: str) -> Q:
    """What these parts, side by side, ask of the mean of the score of this name: above, below."""
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
    found = inside if scope == "trace" else ids_of(Trace.objects.for_project(project_id).filter(inside))
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
