"""What a request asks for beyond its path. A parameter that cannot be followed is a 400 that names it."""

from collections.abc import Collection
from typing import Any, NamedTuple

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from projects.values import whole_number
from tracing.lists.keyset import BadCursor, Order

TOO_WIDE = "This took too long to find. Narrow the time, for example with range=7d, or ask for fewer things at once."

CURSOR_ENDING = "cursor"
FIELDS_PARAMETER = "fields"  # the parameter that chooses the fields of rows


class PageParameters(NamedTuple):
    """Which part of a long list to answer."""

    limit: int
    cursor: str


def part_of(request: Request, name: str, order: Order, *, limit: int, highest: int) -> PageParameters:
    """Return what `?<name>_limit=` and `?<name>_cursor=` ask for.

    They are the only parameters of the request. Raise ValidationError for anything else."""
    limit_name, cursor_name = f"{name}_limit", f"{name}_cursor"
    given = request.query_params
    errors = {other: ["There is no such parameter."] for other in given if other not in (limit_name, cursor_name)}
    asked, cursor = whole_number(given.get(limit_name, str(limit)), 1, highest), given.get(cursor_name, "")
    if asked is None:
        errors[limit_name] = [f"The limit is a whole number from 1 to {highest}."]
    try:
        if cursor:
            order.position(cursor)
    except BadCursor as error:
        errors[cursor_name] = [str(error)]
    if errors or asked is None:
        raise ValidationError(errors)
    return PageParameters(asked, cursor)


def refuse_others(request: Request, known: Collection[str]) -> None:
    """Raise ValidationError for each parameter that is none of these."""
    if unknown := [name for name in request.query_params if name not in known]:
        raise ValidationError({name: ["There is no such parameter."] for name in unknown})


def refuse_empty(request: Request) -> None:
    """Raise ValidationError for parameters without a value: who has none to give must not get everything.

    An empty cursor is the beginning of a list."""
    given = request.query_params.lists()
    if empty := [name for name, values in given if "" in values and not name.endswith(CURSOR_ENDING)]:
        raise ValidationError({name: ["Give a value, or leave the parameter out."] for name in empty})


def chosen_fields(request: Request, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows with the fields that `?fields=id,name` names, all of them without it.

    Raise ValidationError for a field that they do not have."""
    names = [name for name in request.query_params.get(FIELDS_PARAMETER, "").split(",") if name]
    if not names:
        return rows
    if rows and (unknown := [name for name in names if name not in rows[0]]):
        raise ValidationError({FIELDS_PARAMETER: [f"There is no field “{unknown[0][:40]}”. Use {', '.join(rows[0])}."]})
    return [{name: row[name] for name in names} for row in rows]
