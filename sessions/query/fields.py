"""What a query can speak of: every declared property under its names, and the columns of traces and spans that
`trace(...)` and `span(...)` know. A new property is here by its declaration alone."""

import difflib
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db.models import Field as Column
from django.db.models import Model

from sessions.models import Session
from sessions.models.properties import PropertyKind, properties_of
from sessions.query.grammar import Operator
from tracing.models import Span, Trace

COMPARING_OPERATORS = tuple(Operator)
FOUND = (Operator.HAS, Operator.IS, Operator.IS_NOT)
OPERATORS_BY_KIND = {
    PropertyKind.TIME: COMPARING_OPERATORS,
    PropertyKind.DURATION: COMPARING_OPERATORS,
    PropertyKind.NUMBER: COMPARING_OPERATORS,
    PropertyKind.MONEY: COMPARING_OPERATORS,
}


@dataclass(frozen=True)
class Field:
    """One name of a query. `column` is that of the scope's table; a duration of two columns is their difference."""

    name: str
    column: str
    kind: PropertyKind
    label: str
    help: str
    model: type[Model]
    aliases: tuple[str, ...] = ()
    starts: str = ""  # the column that a duration begins with, where it is not stored

    @property
    def operators(self) -> tuple[Operator, ...]:
        return OPERATORS_BY_KIND.get(self.kind, FOUND)

    @property
    def written(self) -> str:
        """The name to suggest: the one that is easy to type."""
        return self.aliases[0] if self.aliases else self.name

    @property
    def db_field(self) -> "Column[Any, Any]":
        found: Column[Any, Any] = self.model._meta.get_field(self.column)  # type: ignore[assignment]
        return found


def _of(
    model: type[Model], name: str, column: str, kind: PropertyKind, help: str, *aliases: str, starts: str = ""
) -> Field:
    return Field(name, column, kind, name.replace("_", " ").capitalize(), help, model, aliases, starts)


QUERY_TRACE_FIELDS = (
    _of(Trace, "id", "trace_id", PropertyKind.ID, "The trace's id.", "trace"),
    _of(Trace, "name", "name", PropertyKind.TEXT, "The name that the SDK gave it."),
    _of(Trace, "user", "user_id", PropertyKind.ID, "Who was talking."),
    _of(Trace, "env", "environment", PropertyKind.ID, "Where it ran.", "environment"),
    _of(Trace, "release", "release", PropertyKind.ID, "The release of your application."),
    _of(Trace, "version", "version", PropertyKind.ID, "The version that the SDK stated."),
    _of(Trace, "tag", "tags", PropertyKind.SET, "Its tags.", "tags"),
    _of(Trace, "tool", "tool_names", PropertyKind.SET, "The tools it called.", "tools"),
    _of(Trace, "model", "usage_by_model", PropertyKind.USAGE, "The models that answered.", "models"),
    _of(Trace, "started", "started_at", PropertyKind.TIME, "When it began."),
    _of(Trace, "duration", "ended_at", PropertyKind.DURATION, "From its start to its end.", starts="started_at"),
    _of(Trace, "errors", "error_count", PropertyKind.NUMBER, "Failed steps.", "error"),
    _of(Trace, "spans", "span_count", PropertyKind.NUMBER, "Its steps."),
    _of(Trace, "tokens", "total_tokens", PropertyKind.NUMBER, "Input and output tokens together."),
    _of(Trace, "cost", "total_cost", PropertyKind.MONEY, "USD of its model calls."),
    _of(Trace, "input", "input_preview", PropertyKind.TEXT, "The beginning of what was asked."),
    _of(Trace, "output", "output_preview", PropertyKind.TEXT, "The beginning of what was answered."),
)
QUERY_SPAN_FIELDS = (
    _of(Span, "id", "span_id", PropertyKind.ID, "The span's id.", "span"),
    _of(Span, "name", "name", PropertyKind.TEXT, "Its name."),
    _of(Span, "kind", "kind", PropertyKind.ID, "What it did: generation, tool, retriever, agent, ..."),
    _of(Span, "level", "level", PropertyKind.ID, "How it went: default, warning, error, debug."),
    _of(Span, "status", "status_message", PropertyKind.TEXT, "What it said when it failed."),
    _of(Span, "model", "model", PropertyKind.ID, "The model that answered."),
    _of(Span, "provider", "provider", PropertyKind.ID, "Who runs the model."),
    _of(Span, "started", "started_at", PropertyKind.TIME, "When it began."),
    _of(Span, "duration", "ended_at", PropertyKind.DURATION, "From its start to its end.", starts="started_at"),
    _of(Span, "first_token", "completion_started_at", PropertyKind.DURATION, "From its start to its first token.",
        "ttft", starts="started_at"),
    _of(Span, "input_tokens", "input_tokens", PropertyKind.NUMBER, "Tokens that it read."),
    _of(Span, "output_tokens", "output_tokens", PropertyKind.NUMBER, "Tokens that it wrote."),
    _of(Span, "tokens", "total_tokens", PropertyKind.NUMBER, "Both together."),
    _of(Span, "cost", "total_cost", PropertyKind.MONEY, "USD of the call."),
)  # fmt: skip


def session_fields() -> tuple[Field, ...]:
    return tuple(
        Field(p.name, p.field, p.kind, p.label, p.help, Session, p.aliases) for p in properties_of(Session).values()
    )


# Names that are no column: what they mean stands in sessions/query/special.py.
SPECIAL = {
    "has": "What must be there: has:error, has:score, has:note, has:tag, has:metadata.plan, ...",
    "is": "How a session is: is:bookmarked, is:active, is:idle.",
    "score": "A score's mean or category: score.helpfulness >= 4, score.outcome:solved.",
    "metadata": "What a trace of the session says: metadata.plan = pro.",
}
SPECIALS = {"session": ("has", "is", "score", "metadata"), "trace": ("has", "metadata"), "span": ("has",)}


@cache
def fields_of(scope: str) -> dict[str, Field]:
    """Every field of `session`, `trace` or `span` by each of its names."""
    fields = {"trace": QUERY_TRACE_FIELDS, "span": QUERY_SPAN_FIELDS}[scope] if scope != "session" else session_fields()
    by_name = {alias: field for field in fields for alias in field.aliases}
    return by_name | {field.name: field for field in fields}


def nearest(name: str, scope: str) -> str:
    """The name that was probably meant, or nothing."""
    known = [*fields_of(scope), *SPECIALS[scope]]
    return next(iter(difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.6)), "")
