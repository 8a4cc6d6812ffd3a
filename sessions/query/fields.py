"""The fields of the query language.

Sessions have their declared properties, under all of their names. The fields of `trace(...)` and `span(...)` are listed
here."""

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
    """One field of a query. `column` is in the table of its scope; a duration can be the time between two columns."""

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
    _of(Trace, "id", "trace_id", PropertyKind.ID, "The id of the trace.", "trace"),
    _of(Trace, "name", "name", PropertyKind.TEXT, "The name that the SDK gave to the trace."),
    _of(Trace, "session", "session_id", PropertyKind.ID, "The session that the trace belongs to, if any."),
    _of(Trace, "user", "user_id", PropertyKind.ID, "The user whom the trace is about."),
    _of(Trace, "env", "environment", PropertyKind.ID, "The environment in which the trace ran.", "environment"),
    _of(Trace, "release", "release", PropertyKind.ID, "The release of your application."),
    _of(Trace, "version", "version", PropertyKind.ID, "The version that the SDK reported."),
    _of(Trace, "tag", "tags", PropertyKind.SET, "The tags of the trace.", "tags"),
    _of(Trace, "tool", "tool_names", PropertyKind.SET, "The tools that were called.", "tools"),
    _of(Trace, "model", "usage_by_model", PropertyKind.USAGE, "The models that answered.", "models"),
    _of(Trace, "started", "started_at", PropertyKind.TIME, "When the trace started."),
    _of(
        Trace,
        "duration",
        "ended_at",
        PropertyKind.DURATION,
        "Time from start to end.",
        starts="started_at",
    ),
    _of(Trace, "errors", "error_count", PropertyKind.NUMBER, "Number of failed spans.", "error"),
    _of(Trace, "spans", "span_count", PropertyKind.NUMBER, "Number of spans."),
    _of(Trace, "tokens", "total_tokens", PropertyKind.NUMBER, "Input and output tokens together."),
    _of(Trace, "cost", "total_cost", PropertyKind.MONEY, "Cost in USD of all model calls."),
    _of(Trace, "input", "input_preview", PropertyKind.TEXT, "The beginning of the input."),
    _of(Trace, "output", "output_preview", PropertyKind.TEXT, "The beginning of the output."),
)
QUERY_SPAN_FIELDS = (
    _of(Span, "id", "span_id", PropertyKind.ID, "The id of the span.", "span"),
    _of(Span, "name", "name", PropertyKind.TEXT, "The name of the span."),
    _of(Span, "kind", "kind", PropertyKind.ID, "What the span did: generation, tool, retriever, agent, ..."),
    _of(Span, "level", "level", PropertyKind.ID, "The result: default, warning, error or debug."),
    _of(Span, "status", "status_message", PropertyKind.TEXT, "The message of a failed span."),
    _of(Span, "model", "model", PropertyKind.ID, "The model that answered."),
    _of(Span, "provider", "provider", PropertyKind.ID, "The provider of the model."),
    _of(Span, "started", "started_at", PropertyKind.TIME, "When the span started."),
    _of(Span, "duration", "ended_at", PropertyKind.DURATION, "Time from start to end.", starts="started_at"),
    _of(Span, "first_token", "completion_started_at", PropertyKind.DURATION, "Time from the start to the first token.",
        "ttft", starts="started_at"),
    _of(Span, "input_tokens", "input_tokens", PropertyKind.NUMBER, "Tokens that the model read."),
    _of(Span, "output_tokens", "output_tokens", PropertyKind.NUMBER, "Tokens that the model wrote."),
    _of(Span, "tokens", "total_tokens", PropertyKind.NUMBER, "Input and output tokens together."),
    _of(Span, "cost", "total_cost", PropertyKind.MONEY, "Cost in USD of the call."),
)  # fmt: skip


def session_fields() -> tuple[Field, ...]:
    return tuple(
        Field(p.name, p.field, p.kind, p.label, p.help, Session, p.aliases) for p in properties_of(Session).values()
    )


# Names that are no column. sessions/query/words.py has the words of `has`, `is` and `status`,
# sessions/query/people.py labels and assignees, and sessions/query/special.py the rest.
SPECIAL = {
    "has": "What must exist, such as has:error, has:tag or has:metadata.plan.",
    "is": "The state of a session, such as is:bookmarked.",
    "label": "The labels that people set. Tags are those of the traces.",
    "status": "What people set the session to: status:open or status:resolved.",
    "assignee": "The member who takes care of the session: assignee:me, assignee:ana@example.com.",
    "score": "The mean or a category of a score: score.helpfulness >= 4, score.outcome:solved.",
    "metadata": "A value in the metadata of a trace: metadata.plan = pro.",
}
SPECIALS = {
    "session": ("has", "is", "label", "status", "assignee", "score", "metadata"),
    "trace": ("has", "metadata"),
    "span": ("has",),
}
KEYED_SPECIALS = ("score", "metadata")  # which are asked for by a key: score.NAME


@cache
def fields_of(scope: str) -> dict[str, Field]:
    """Return every field of `session`, `trace` or `span` by each of its names."""
    fields = {"trace": QUERY_TRACE_FIELDS, "span": QUERY_SPAN_FIELDS}[scope] if scope != "session" else session_fields()
    by_name = {alias: field for field in fields for alias in field.aliases}
    return by_name | {field.name: field for field in fields}


def nearest(name: str, scope: str) -> str:
    """Return the name that was probably meant, or ""."""
    known = [*fields_of(scope), *SPECIALS[scope]]
    return next(iter(difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.6)), "")
