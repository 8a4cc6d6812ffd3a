"""The most that one process and one PostgreSQL backend can do with the same requests: no HTTP, no key, no prices.

Unpack, parse, walk to rows, insert them with binary arrays and sum up their sessions in one statement, commit. The
texts lie in one lz4 column where this PostgreSQL has lz4, else they are compressed with zstd before they are sent."""

import time
import zlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson
import psycopg
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from benchmarks.machine import backend_ms
from benchmarks.payloads import Request
from tracing import zstd

TABLES = """
CREATE TABLE ceiling_span (
    trace_id text COLLATE "C", span_id text COLLATE "C", parent_id text, name text, kind text, session_id text,
    user_id text, model text, started_at bigint, ended_at bigint, input_tokens bigint, output_tokens bigint, status int,
    input {text}, output {text}, attributes {text},
    PRIMARY KEY (trace_id, span_id));
CREATE INDEX ON ceiling_span (session_id, started_at);
CREATE TABLE ceiling_session (
    session_id text COLLATE "C" PRIMARY KEY, spans bigint, input_tokens bigint, output_tokens bigint, started_at bigint,
    ended_at bigint);
"""
TAKE = """
WITH taken AS (
    INSERT INTO ceiling_span SELECT * FROM unnest(%b::text[], %b::text[], %b::text[], %b::text[], %b::text[],
        %b::text[], %b::text[], %b::text[], %b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[], %b::int[],
        %b::{text}[], %b::{text}[], %b::{text}[])
    ON CONFLICT DO NOTHING RETURNING session_id, input_tokens, output_tokens, started_at, ended_at)
INSERT INTO ceiling_session
SELECT session_id, count(*), coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0), min(started_at),
    max(ended_at)
FROM taken GROUP BY session_id ORDER BY session_id
ON CONFLICT (session_id) DO UPDATE SET spans = ceiling_session.spans + EXCLUDED.spans,
    input_tokens = ceiling_session.input_tokens + EXCLUDED.input_tokens,
    output_tokens = ceiling_session.output_tokens + EXCLUDED.output_tokens,
    started_at = least(ceiling_session.started_at, EXCLUDED.started_at),
    ended_at = greatest(ceiling_session.ended_at, EXCLUDED.ended_at)
"""
COLUMNS = ("session.id", "user.id", "llm.model_name", "llm.token_count.prompt", "llm.token_count.completion")


class Pace(NamedTuple):
    """How fast it went."""

    spans_per_second: float
    python_ms: float  # CPU per 1,000 spans
    postgres_ms: float


class Ceiling:
    """Its tables stand in the given database until `close`."""

    def __init__(self, database_url: str) -> None:
        self.connection = psycopg.connect(database_url)
        row = self.connection.execute(
            "SELECT 'lz4' = ANY(enumvals) FROM pg_settings WHERE name = 'default_toast_compression'"
        ).fetchone()
        self.has_lz4 = bool(row and row[0])
        kind = "text COMPRESSION lz4" if self.has_lz4 else "bytea"
        self.connection.execute(TABLES.format(text=kind))
        self.connection.commit()
        self.statement = TAKE.format(text="text" if self.has_lz4 else "bytea")
        self._zstd = zstd.ZstdCompressor(level=1)

    def run(self, requests: Sequence[Request]) -> Pace:
        backend = self.connection.info.backend_pid
        wall, python, postgres = time.perf_counter(), time.process_time(), backend_ms(backend)
        for request in requests:
            self.take(request.body)
        spans = sum(request.spans for request in requests)
        return Pace(
            spans / (time.perf_counter() - wall),
            (time.process_time() - python) * 1e6 / spans,
            (backend_ms(backend) - postgres) * 1e3 / spans,
        )

    def take(self, body: bytes) -> None:
        message = ExportTraceServiceRequest.FromString(zlib.decompress(body, 47))
        rows = [
            self._row(span)
            for resource_spans in message.resource_spans
            for scope_spans in resource_spans.scope_spans
            for span in scope_spans.spans
        ]
        rows.sort(key=lambda row: row[:2])
        self.connection.execute(self.statement, [list(column) for column in zip(*rows, strict=True)])
        self.connection.commit()

    def close(self) -> None:
        self.connection.execute("DROP TABLE ceiling_span, ceiling_session")
        self.connection.commit()
        self.connection.close()

    def _row(self, span: Any) -> tuple[Any, ...]:
        attributes = {pair.key: _plain(pair.value) for pair in span.attributes}
        session_id, user_id, model, read, wrote = (attributes.pop(column, None) for column in COLUMNS)
        texts = (
            attributes.pop("input.value", None),
            attributes.pop("output.value", None),
            orjson.dumps(attributes).decode(),
        )
        return (
            span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex(), span.name,
            attributes.get("openinference.span.kind"), session_id, user_id, model,
            span.start_time_unix_nano, span.end_time_unix_nano, read, wrote, span.status.code,
            *(texts if self.has_lz4 else map(self._packed, texts)),
        )  # fmt: skip

    def _packed(self, text: str | None) -> bytes | None:
        return None if text is None else self._zstd.compress(text.encode(), zstd.ZstdCompressor.FLUSH_FRAME)


def _plain(value: Any) -> Any:
    which = value.WhichOneof("value")
    if which == "array_value":
        return [_plain(item) for item in value.array_value.values]
    return getattr(value, which) if which else None
