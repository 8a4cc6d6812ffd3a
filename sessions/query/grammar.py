"""What a query consists of, once it was read. Every part knows its place, so that an error can point at it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, TypeAlias


class TextRange(NamedTuple):
    """Characters of the text, counted from 0; the end is not part of it."""

    start: int
    end: int


class QueryError(ValueError):
    """The query cannot be followed. `hint` says the way out, `place` what it is about."""

    def __init__(self, message: str, place: TextRange, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.position = place.start
        self.length = max(1, place.end - place.start)
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} (at character {self.position + 1}){' ' + self.hint if self.hint else ''}"


class Operator(StrEnum):
    HAS = ":"
    IS = "="
    IS_NOT = "!="
    ABOVE = ">"
    AT_LEAST = ">="
    BELOW = "<"
    AT_MOST = "<="


class SetChoice(StrEnum):
    """Which of several values a set must hold."""

    ANY = "any"
    ALL = "all"
    ONLY = "only"


@dataclass(frozen=True)
class Word:
    """Full-text search: a word, a "phrase", or the beginning of words*."""

    text: str
    is_phrase: bool = False
    is_prefix: bool = False
    place: TextRange = field(default=TextRange(0, 0), compare=False)


@dataclass(frozen=True)
class FieldComparison:
    """`name[.key]operator value[,value]`, or `name:choice(value,value)`."""

    name: str
    operator: Operator
    values: tuple[str, ...]
    key: str = ""
    choice: SetChoice = SetChoice.ANY
    place: TextRange = field(default=TextRange(0, 0), compare=False)
    value_place: TextRange = field(default=TextRange(0, 0), compare=False)

    @property
    def value(self) -> str:
        return self.values[0]


@dataclass(frozen=True)
class Nested:
    """`trace(...)` or `span(...)`: one of them meets all that stands inside."""

    scope: str
    inside: "Node"
    place: TextRange = field(default=TextRange(0, 0), compare=False)


@dataclass(frozen=True)
class Not:
    inside: "Node"


@dataclass(frozen=True)
class All:
    """Side by side: every part must hold."""

    parts: tuple["Node", ...]


@dataclass(frozen=True)
class Either:
    """With OR between them: one part is enough."""

    parts: tuple["Node", ...]


Node: TypeAlias = Word | FieldComparison | Nested | Not | All | Either
