"""The statements of tracing/store/writing.py: set-based, pinned to a project, with columns from the declarations.

Arrays travel in PostgreSQL's binary format (`%(name)b`): as text they cost four times the CPU. Rows are looked up one
by one by their primary key (LATERAL, ON CONFLICT), which the planner cannot replace by reading the whole project: it
would, as long as it has no statistics, and a partition has none when its month begins."""

from functools import cache
from typing import Any

import psycopg
from django.db import connection
from django.db.models import Model

from projects import sqlguard
from tracing.models import Score, Span, Trace
from tracing.store.rows import SPAN_ROW_COLUMNS

# For a row that somebody else holds; statements may take longer. Beyond it the client is asked to come again.
WAIT_BRIEFLY = "SET LOCAL lock_timeout = '800ms'"

NEW_TRACES = """
INSERT INTO trace (project_id, trace_id, bucket, received_at, updated_at, started_at, ended_at, {defaulted})
SELECT %(project_id)s, trace_id, %(bucket)s, %(now)s, %(now)s, %(now)s, %(now)s, {defaults}
FROM unnest(%(trace_ids)b::text[]) AS trace_id
ON CONFLICT (project_id, trace_id) DO NOTHING
"""

LOCK_TRACES = """
SELECT t.* FROM unnest(%(trace_ids)b::text[]) AS wanted(trace_id) CROSS JOIN LATERAL (
    SELECT trace_id, bucket, session_id, claims, span_count, received_at, started_at, input_span_id, output_span_id,
        input_preview, output_preview, rollup_due
    FROM trace WHERE project_id = %(project_id)s AND trace_id = wanted.trace_id FOR UPDATE) AS t
"""

# The constant list of buckets is for the planner, so that it leaves out all other partitions.
LOAD_SPANS = """
SELECT s.* FROM unnest(%(buckets)b::date[], %(trace_ids)b::text[]) AS wanted(bucket, trace_id) CROSS JOIN LATERAL (
    SELECT {columns} FROM span
    WHERE project_id = %(project_id)s AND bucket = ANY(%(buckets)b::date[]) AND bucket = wanted.bucket
        AND trace_id = wanted.trace_id
        AND (%(span_ids)s::text[] IS NULL OR span_id = ANY(%(span_ids)s::text[])) OFFSET 0) AS s
"""

LOAD_TEXTS = """
SELECT t.* FROM unnest(%(buckets)b::date[], %(trace_ids)b::text[], %(span_ids)b::text[])
    AS wanted(bucket, trace_id, span_id) CROSS JOIN LATERAL (
    SELECT trace_id, span_id, {part} FROM span_io
    WHERE project_id = %(project_id)s AND bucket = ANY(%(buckets)b::date[]) AND bucket = wanted.bucket
        AND trace_id = wanted.trace_id AND span_id = wanted.span_id AND {part} IS NOT NULL OFFSET 0) AS t
"""

UPSERT_SPANS = """
INSERT INTO span (project_id, bucket, {columns})
SELECT %(project_id)s, bucket, {values} FROM unnest(%(buckets)b::date[], {arrays}) AS u(bucket, {columns})
ON CONFLICT (project_id, bucket, trace_id, span_id) DO UPDATE SET {updates}
"""

UPSERT_TEXTS = """
INSERT INTO span_io (project_id, bucket, trace_id, span_id, input, output, raw)
SELECT %(project_id)s, * FROM unnest(%(buckets)b::date[], %(trace_ids)b::text[], %(span_ids)b::text[],
    %(inputs)b::bytea[], %(outputs)b::bytea[], %(raws)b::bytea[])
ON CONFLICT (project_id, bucket, trace_id, span_id) DO UPDATE SET input = coalesce(EXCLUDED.input, span_io.input),
    output = coalesce(EXCLUDED.output, span_io.output), raw = coalesce(EXCLUDED.raw, span_io.raw)
"""

# Of locked rows, so that every one conflicts and none is inserted.
UPDATE_TRACES = """
INSERT INTO trace (project_id, trace_id, bucket, received_at, updated_at, {columns}, {defaulted})
SELECT %(project_id)s, trace_id, %(now)s, %(now)s, %(now)s, {values}, {defaults}
FROM unnest(%(trace_id)b::text[], {arrays}) AS u(trace_id, {columns})
ON CONFLICT (project_id, trace_id) DO UPDATE SET updated_at = EXCLUDED.updated_at, {updates}
"""

COUNT_REPEATS = """
INSERT INTO trace (project_id, trace_id, bucket, received_at, updated_at, started_at, ended_at, repeat_count,
    rollup_due, {defaulted})
SELECT %(project_id)s, trace_id, %(now)s, %(now)s, %(now)s, %(now)s, %(now)s, repeats, due, {defaults}
FROM unnest(%(trace_ids)b::text[], %(repeats)b::int[], %(due)b::boolean[]) AS u(trace_id, repeats, due)
ON CONFLICT (project_id, trace_id) DO UPDATE SET repeat_count = trace.repeat_count + EXCLUDED.repeat_count,
    rollup_due = trace.rollup_due OR EXCLUDED.rollup_due
"""

UPSERT_SCORES = """
INSERT INTO score (project_id, created_at, {columns})
SELECT %(project_id)s, %(now)s, {values} FROM unnest({arrays}) AS u({columns})
ON CONFLICT (project_id, id) DO UPDATE SET {updates}
"""

# What roll_up and the previews decide about a trace, in the order in which the store writes it.
SUMMED = (
    "session_id", "user_id", "name", "environment", "release", "version", "public", "tags", "metadata", "claims",
    "started_at", "ended_at", "root_span_id", "input_span_id", "output_span_id", "input_preview", "output_preview",
    "span_count", "call_count", "error_count", "unpriced_count", "input_tokens", "output_tokens", "total_tokens",
    "input_cost", "output_cost", "total_cost", "usage_by_model", "tool_names", "latencies", "left_out",
    "rollup_due",
)  # fmt: skip
SCORED = (
    "id", "trace_id", "span_id", "session_id", "name", "data_type", "value", "string_value", "comment", "metadata",
    "environment", "config_id", "queue_id", "source", "scored_at", "updated_at",
)  # fmt: skip
# These arrive as JSON text, since unnest would flatten an array of arrays.
ARRAYS = {"tags", "tool_names"}


def run(template: str, **params: Any) -> list[tuple[Any, ...]]:
    """Executes a statement of this module on Django's connection, with server-side parameters; returns its rows."""
    sql = composed(template, params.pop("part", ""))
    connection.ensure_connection()
    assert connection.connection is not None
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(sql.encode(), params)
        return cursor.fetchall() if cursor.description else []


@cache
def composed(template: str, part: str = "") -> str:
    """The statement with its column lists filled in, checked once to pin project_id."""
    if template is NEW_TRACES:
        sql = template.format(**_defaults(Trace))
    elif template is LOAD_SPANS:
        sql = template.format(columns=", ".join(SPAN_ROW_COLUMNS))
    elif template is UPSERT_SPANS:
        sql = template.format(**_lists(Span, SPAN_ROW_COLUMNS, keys=("trace_id", "span_id")))
    elif template is UPDATE_TRACES:
        sql = template.format(**_lists(Trace, SUMMED), **_defaults(Trace, given=SUMMED))
    elif template is COUNT_REPEATS:
        sql = template.format(**_defaults(Trace, given=("repeat_count", "rollup_due")))
    elif template is UPSERT_SCORES:
        sql = template.format(**_lists(Score, SCORED, keys=("id",)))
    else:
        sql = template.format(part=part) if part else template
    sqlguard.check(sql)
    return sql


def _lists(model: type[Model], columns: tuple[str, ...], *, keys: tuple[str, ...] = ()) -> dict[str, str]:
    return {
        "columns": ", ".join(columns),
        "values": ", ".join(_from_array(model, column) for column in columns),
        "arrays": ", ".join(f"%({column})b::{_array_type(model, column)}[]" for column in columns),
        "updates": ", ".join(f"{column} = EXCLUDED.{column}" for column in columns if column not in keys),
    }


def _array_type(model: type[Model], column: str) -> str:
    declared = model._meta.get_field(column).db_type(connection) or ""
    return "text" if declared.startswith(("varchar", "jsonb")) or column in ARRAYS else declared.partition("(")[0]


def _from_array(model: type[Model], column: str) -> str:
    if column in ARRAYS:
        return f"ARRAY(SELECT jsonb_array_elements_text(u.{column}::jsonb))"
    return f"u.{column}::jsonb" if model._meta.get_field(column).get_internal_type() == "JSONField" else f"u.{column}"


def _defaults(model: type[Model], *, given: tuple[str, ...] = ()) -> dict[str, str]:
    """Columns of a new row that Django, not the database, has defaults for, and that are not `given`."""
    literals = {"JSONField": "'{}'::jsonb", "ArrayField": "'{}'", "BooleanField": "false"}
    fields = [f for f in model._meta.local_concrete_fields if f.has_default() and f.attname not in given]
    return {
        "defaulted": ", ".join(f.attname for f in fields),
        "defaults": ", ".join(literals.get(f.get_internal_type(), repr(f.get_default())) for f in fields),
    }
