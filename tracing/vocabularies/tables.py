"""A vocabulary is a literal table from record fields to attribute keys.

All tables become one look-up (vocabulary_reader.py). If several keys have a value for one field, the
first one wins, in the order of VOCABULARIES and of the rows in a table. A few fields collect the values of all keys."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Self

from tracing.records import Claims, SpanRecord
from tracing.token_usage import Usage

Reader = Callable[[Any], Any]
Events = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, eq=False)
class Together:
    """A reader of several keys at once.

    It gets {name: value}. The name is the key or, for `prefix.*`, the rest of the key."""

    read: Callable[[dict[str, Any]], Any]


AttributeTable = Mapping[str, Mapping[str, Reader | Together]]
TEXTS = frozenset({"input", "output", "claims.input", "claims.output"})
USAGE_FIELD_BY_TARGET = {f"usage.{f.name}": f.name for f in fields(Usage)}
GATHERED = frozenset(
    {"claims.session_id", "claims.user_id", "claims.tags", "claims.metadata", "metadata", "model_parameters"}
)
NUMBER_TARGETS = frozenset(
    {"usage", *USAGE_FIELD_BY_TARGET, "input_cost", "output_cost", "total_cost", "completion_started_at"}
)
COLLECTED = TEXTS | GATHERED | {"usage", *USAGE_FIELD_BY_TARGET}
# Targets of a table beside the fields of a record: `metadata` is kept raw, `failure` is the message of a
# failed span that has no other, `likely_session_id` and `likely_user_id` are the last resort, `likely_model` applies
# only to model calls, and `withhold` asks not to store something.
FIELDS = frozenset(
    {f.name for f in fields(SpanRecord)}
    | {f"claims.{f.name}" for f in fields(Claims)}
    | {*USAGE_FIELD_BY_TARGET, "metadata", "failure", "likely_session_id", "likely_user_id", "likely_model"}
    | {"withhold"}
)


@dataclass(frozen=True)
class Vocabulary:
    """One dialect.

    `endings` is a table for keys that no other table knows, by how they end, as `plain_name` of identity.py writes it.
    `resource` is a table of the resource's attributes. `events` are read for fields that no attribute has. With
    `scopes`, only spans of these instrumentations use the dialect."""

    title: str
    table: AttributeTable
    endings: AttributeTable = field(default_factory=dict)
    resource: AttributeTable = field(default_factory=dict)
    events: Mapping[str, Callable[[Events], Any]] = field(default_factory=dict)
    scopes: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if unknown := {*self.table, *self.endings, *self.resource, *self.events} - FIELDS:
            raise ValueError(f"{self.title}: no such field: {', '.join(sorted(unknown))}")


class Excerpt(str):
    """A text that is only a part of its attributes. They are kept as well, except for those under `held`."""

    held: str | None = None

    @classmethod
    def of(cls, text: str, held: str) -> Self:
        excerpt = cls(text)
        excerpt.held = held
        return excerpt


@dataclass(slots=True)
class AttributeReadings:
    """Values that were read from a span's attributes."""

    said: dict[str, Any] = field(default_factory=dict)
    gathered: dict[str, list[Any]] = field(default_factory=dict)
    usage: dict[str, int] = field(default_factory=dict)
    texts: set[str] = field(default_factory=set)  # keys that may hold a text
    taken: set[str] = field(default_factory=set)  # those whose whole text is in the record
    silent: dict[str, str] = field(default_factory=dict)  # placeholders, for texts that nothing else has
    unread: list[str] = field(default_factory=list)  # values that should be numbers, each with its key
    ending: Sequence[tuple[str, str]] = ()  # keys that end like that of a text, each with its side
