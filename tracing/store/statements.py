"""The statements of tracing/store/writing.py: set-based, pinned to a project, with columns from the declarations.

Arrays travel in PostgreSQL's binary format (`%(name)b`): as text they cost four times the CPU. Rows are looked up one
by one by their primary key (LATERAL, ON CONFLICT). The planner cannot replace that by reading the whole project, as it
would without statistics, which a partition lacks when its month begins."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import psycopg
from django.db import connection
from django.db.models import Model

from projects import sqlguard
from tracing.models import Score, Span, SpanIO, Trace
from tracing.store.rows import SPAN_ROW_COLUMNS

# What roll_up and the previews decide about a trace, in the order in which the store writes it.
SUMMED = (
    "session_id", "user_id", "name", "environment", "release", "version", "public", "tags", "metadata", "claims",
    "started_at", "ended_at", "root_span_id", "input_span_id", "output_span_id", "input_preview", "output_preview",
    "span_count", "call_count", "error_count", "unmeasured_count", "unpriced_count", "input_tokens",
    "output_tokens", "total_tokens", "input_cost", "output_cost", "total_cost", "usage_by_model", "tool_names",
    "latencies", "left_out", "turn_count", "exchanges", "run_reports", "has_open_run",
    "content_hash", "rollup_due",
)  # fmt: skip
SCORED = (
    "id", "trace_id", "span_id", "session_id", "name", "data_type", "value", "string_value", "comment", "metadata",
    "environment", "config_id", "queue_id", "source", "author_id", "scored_at",
    "updated_at",
)  # fmt: skip
# These arrive as JSON text, since unnest would flatten an array of arrays.
ARRAYS = {"tags", "tool_names"}
DEFAULT_LITERALS = {"JSONField": "'{}'::jsonb", "ArrayField": "'{}'", "BooleanField": "false"}


@dataclass(frozen=True, kw_only=True)
class Statement:
    """SQL whose column lists come from a model.

    `{columns}` have their `{values}` from `{arrays}`, and their `{updates}`. `{defaulted}` are the columns with a
    default of Django's, and `{defaults}` these defaults."""

    template: str
    model: type[Model] | None = None
    columns: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()  # those of them that identify a row, and are never updated
    written: tuple[str, ...] = ()  # columns that the template writes itself, so they need no default

    @cached_property
    def sql(self) -> str:
        """Return the complete text, checked to pin project_id."""
        text = self.template if self.model is None else self.template.format(**self._lists(self.model))
        sqlguard.check_if_guarded(text)
        return text

    def run(self, **params: Any) -> list[tuple[Any, ...]]:
        """Execute the statement on Django's connection with server-side parameters, and return its rows."""
        connection.ensure_connection()
        assert connection.connection is not None
        with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
            cursor.execute(self.sql.encode(), params)
            return cursor.fetchall() if cursor.description else []

    def _lists(self, model: type[Model]) -> dict[str, str]:
        has_default = [field for field in model._meta.local_concrete_fields if field.has_default()]
        defaulted = [field for field in has_default if field.attname not in self.columns + self.written]
        return {
            "columns": ", ".join(self.columns),
            "values": ", ".join(_from_array(model, column) for column in self.columns),
            "arrays": ", ".join(f"%({column})b::{_array_type(model, column)}[]" for column in self.columns),
            "updates": ", ".join(f"{column} = EXCLUDED.{column}" for column in self.columns if column not in self.keys),
            "defaulted": ", ".join(field.attname for field in defaulted),
            "defaults": ", ".join(
                DEFAULT_LITERALS.get(field.get_internal_type(), repr(field.get_default())) for field in defaulted
            ),
        }


def _array_type(model: type[Model], column: str) -> str:
    declared = model._meta.get_field(column).db_type(connection) or ""
    return "text" if declared.startswith(("varchar", "jsonb")) or column in ARRAYS else declared.partition("(")[0]


def _from_array(model: type[Model], column: str) -> str:
    if column in ARRAYS:
        return f"ARRAY(SELECT jsonb_array_elements_text(u.{column}::jsonb))"
    return f"u.{column}::jsonb" if model._meta.get_field(column).get_internal_type() == "JSONField" else f"u.{column}"


# How long to wait for a row that somebody else has locked. Beyond that, the client is asked to try again.
WAIT_BRIEFLY = Statement(template="SET LOCAL lock_timeout = '800ms'")

NEW_TRACES = Statement(
    template="""
INSERT INTO trace (project_id, trace_id, bucket, received_at, updated_at, started_at, ended_at, {defaulted})
SELECT %(project_id)s, trace_id, %(bucket)s, %(now)s, %(now)s, %(now)s, %(now)s, {defaults}
FROM unnest(%(trace_ids)b::text[]) AS trace_id
ON CONFLICT (project_id, trace_id) DO NOTHING
""",
    model=Trace,
)

LOCK_TRACES = Statement(
    template="""
SELECT t.* FROM unnest(%(trace_ids)b::text[]) AS wanted(trace_id) CROSS JOIN LATERAL (
    SELECT trace_id, bucket, session_id, claims, span_count, received_at, started_at, input_span_id, output_span_id,
        input_preview, output_preview, rollup_due, earlier_use
    FROM trace WHERE project_id = %(project_id)s AND trace_id = wanted.trace_id FOR UPDATE) AS t
""",
)

# The constant list of buckets is for the planner, so that it leaves out all other partitions.
LOAD_SPANS = Statement(
    template="""
SELECT s.* FROM unnest(%(buckets)b::date[], %(trace_ids)b::text[]) AS wanted(bucket, trace_id) CROSS JOIN LATERAL (
    SELECT {columns} FROM span
    WHERE project_id = %(project_id)s AND bucket = ANY(%(buckets)b::date[]) AND bucket = wanted.bucket
        AND trace_id = wanted.trace_id
        AND (%(span_ids)s::text[] IS NULL OR span_id = ANY(%(span_ids)s::text[])) OFFSET 0) AS s
""",
    model=Span,
    columns=SPAN_ROW_COLUMNS,
)

LOAD_TEXTS_BY_COLUMN = {
    column: Statement(
        template="""
SELECT t.* FROM unnest(%(buckets)b::date[], %(trace_ids)b::text[], %(span_ids)b::text[])
    AS wanted(bucket, trace_id, span_id) CROSS JOIN LATERAL (
    SELECT trace_id, span_id, {columns} FROM span_io
    WHERE project_id = %(project_id)s AND bucket = ANY(%(buckets)b::date[]) AND bucket = wanted.bucket
        AND trace_id = wanted.trace_id AND span_id = wanted.span_id AND {columns} IS NOT NULL OFFSET 0) AS t
""",
        model=SpanIO,
        columns=(column,),
    )
    for column in ("input", "output", "raw")
}

UPSERT_SPANS = Statement(
    template="""
INSERT INTO span (project_id, bucket, {columns})
SELECT %(project_id)s, bucket, {values} FROM unnest(%(buckets)b::date[], {arrays}) AS u(bucket, {columns})
ON CONFLICT (project_id, bucket, trace_id, span_id) DO UPDATE SET {updates}
""",
    model=Span,
    columns=SPAN_ROW_COLUMNS,
    keys=("trace_id", "span_id"),
)

UPSERT_TEXTS = Statement(
    template="""
INSERT INTO span_io (project_id, bucket, trace_id, span_id, input, output, raw)
SELECT %(project_id)s, * FROM unnest(%(buckets)b::date[], %(trace_ids)b::text[], %(span_ids)b::text[],
    %(inputs)b::bytea[], %(outputs)b::bytea[], %(raws)b::bytea[])
ON CONFLICT (project_id, bucket, trace_id, span_id) DO UPDATE SET input = coalesce(EXCLUDED.input, span_io.input),
    output = coalesce(EXCLUDED.output, span_io.output), raw = coalesce(EXCLUDED.raw, span_io.raw)
""",
)

# Of locked rows, so that every one conflicts and none is inserted.
UPDATE_TRACES = Statement(
    template="""
INSERT INTO trace (project_id, trace_id, bucket, received_at, updated_at, {columns}, {defaulted})
SELECT %(project_id)s, trace_id, %(now)s, %(now)s, %(now)s, {values}, {defaults}
FROM unnest(%(trace_id)b::text[], {arrays}) AS u(trace_id, {columns})
ON CONFLICT (project_id, trace_id) DO UPDATE SET updated_at = EXCLUDED.updated_at, {updates}
""",
    model=Trace,
    columns=SUMMED,
)

COUNT_REPEATS = Statement(
    template="""
INSERT INTO trace (project_id, trace_id, bucket, received_at, updated_at, started_at, ended_at, repeat_count,
    rollup_due, {defaulted})
SELECT %(project_id)s, trace_id, %(now)s, %(now)s, %(now)s, %(now)s, %(now)s, repeats, due, {defaults}
FROM unnest(%(trace_ids)b::text[], %(repeats)b::int[], %(due)b::boolean[]) AS u(trace_id, repeats, due)
ON CONFLICT (project_id, trace_id) DO UPDATE SET repeat_count = trace.repeat_count + EXCLUDED.repeat_count,
    rollup_due = trace.rollup_due OR EXCLUDED.rollup_due
""",
    model=Trace,
    written=("repeat_count", "rollup_due"),
)

UPSERT_SCORES = Statement(
    template="""
INSERT INTO score (project_id, created_at, {columns})
SELECT %(project_id)s, %(now)s, {values} FROM unnest({arrays}) AS u({columns})
ON CONFLICT (project_id, id) DO UPDATE SET {updates}
""",
    model=Score,
    columns=SCORED,
    keys=("id",),
)
