"""Pages by position instead of number. Every page, however deep, reads one index range and repeats no row.

A cursor contains the order, the direction, and the value and key of the last row, with exact types."""

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

import orjson
from django.core.exceptions import ValidationError
from django.db.models import F, Field, Model, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.utils.timezone import is_aware

from projects.values import in_calendar

Row = TypeVar("Row", bound=Model)


class BadCursor(ValueError):
    """The text is not a cursor of this list in this order. The message says what to do."""


class Position(NamedTuple):
    """The edge of a page: the value and key of the last row, and whether the page is after or before it."""

    is_forward: bool
    value: Any
    key: str


@dataclass(frozen=True)
class KeysetPage(Generic[Row]):
    """Rows, and the cursors of the next and the previous page, or None if there is no such page."""

    rows: list[Row]
    next: str | None
    previous: str | None


@dataclass(frozen=True)
class Order:
    """Order by one column that is never null, with ties by the key in the same direction: one index serves both."""

    name: str  # a cursor is valid only in the order with this name
    column: str
    key: str
    field: "Field[Any, Any]"  # converts the value in a cursor
    is_descending: bool = False

    def page(self, rows: QuerySet[Row], *, cursor: str = "", limit: int) -> KeysetPage[Row]:
        """Return the `limit` rows after the cursor, or the first ones. Raises BadCursor."""
        position = self.position(cursor) if cursor else None
        is_forward = position is None or position.is_forward
        is_falling = self.is_descending == is_forward
        if position is not None:
            rows = rows.filter(self._beyond(position, is_falling=is_falling))
        ordered = rows.order_by(*[F(name).desc() if is_falling else F(name).asc() for name in self.columns])
        found = list(ordered[: limit + 1])
        has_more, found = len(found) > limit, found[:limit]
        if not is_forward:
            found.reverse()
        has_next, has_previous = (has_more, position is not None) if is_forward else (True, has_more)
        return KeysetPage(
            found,
            next=self.cursor(found[-1], is_forward=True) if found and has_next else None,
            previous=self.cursor(found[0], is_forward=False) if found and has_previous else None,
        )

    def position(self, cursor: str) -> Position:
        """Return the position in a cursor. Raises BadCursor if the cursor does not belong to this order."""
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            name, is_forward, value, key = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
            if not isinstance(is_forward, bool) or not isinstance(key, str) or "\x00" in key:
                raise BadCursor
            position = Position(is_forward, self._parsed(value), key)
        except (ValueError, TypeError, ValidationError):
            raise BadCursor("This is not a cursor of this list. Send one from a response unchanged, or none.") from None
        if name != self.name:
            raise BadCursor(f"This cursor belongs to the order '{name}'. Start again without a cursor.")
        return position

    def count_beyond(self, rows: QuerySet[Row], row: Model, *, is_forward: bool, most: int) -> int:
        """Count the rows after a row, or before it, as far as `most`."""
        position = Position(is_forward, getattr(row, self.column), getattr(row, self.key))
        beyond = rows.filter(self._beyond(position, is_falling=self.is_descending == is_forward))
        return beyond.order_by()[:most].count()

    @property
    def columns(self) -> list[str]:
        """Return the columns that a page is ordered by."""
        return list(dict.fromkeys([self.column, self.key]))

    def _beyond(self, position: Position, *, is_falling: bool) -> TupleLessThan | TupleGreaterThan:
        edge = (position.value, position.key) if self.column != self.key else (position.key,)
        return (TupleLessThan if is_falling else TupleGreaterThan)(Tuple(*self.columns), edge)

    def cursor(self, row: Model, *, is_forward: bool) -> str:
        """Return the cursor of the page after `row`, or before it."""
        value = getattr(row, self.column)
        text = value.isoformat() if isinstance(value, datetime) else str(value)
        fields = orjson.dumps([self.name, is_forward, text, getattr(row, self.key)])
        return base64.urlsafe_b64encode(fields).decode().rstrip("=")

    def _parsed(self, text: Any) -> Any:
        if not isinstance(text, str) or "\x00" in text:
            raise BadCursor
        value = self.field.to_python(text)
        self.field.run_validators(value)
        if isinstance(value, datetime) and not (is_aware(value) and in_calendar(value)):
            raise BadCursor
        return value
