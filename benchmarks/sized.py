"""Projects of any size, made out of one turn that really was ingested: its rows are copied under new ids."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.db import connection
from psycopg import Connection

from tracing.ingest.pipeline import ingest
from tracing.records import Claims, Kind, Level, Origin, SpanRecord
from tracing.token_usage import Usage

TRACE_ID, SESSION_ID = "the-turns-trace-id", "the-turns-session-id"
SPANS_PER_TRACE = 6
TRACES_PER_SESSION = 10
PAUSE = timedelta(seconds=30)
TABLES, TEXTS = ("trace", "span"), "span_io"


def fill(project_id: int, traces: Iterable[tuple[str, str]], *, with_texts: bool = False) -> None:
    """Add a turn with its spans for each trace id and session id. No sum reads their texts."""
    tables = (*TABLES, TEXTS) if with_texts else TABLES
    now = datetime.now(UTC).replace(microsecond=0)
    started = now - timedelta(days=1)
    ingest(project_id, list(_turn(started)))
    database = _raw_connection()
    with database.transaction():
        rows = {table: _rows(database, table, project_id) for table in tables}
        for table in (*TABLES, TEXTS):
            database.execute(f"DELETE FROM {table} WHERE project_id = %s AND trace_id = %s", [project_id, TRACE_ID])
        database.execute("DELETE FROM dirty_mark WHERE project_id = %s AND key = %s", [project_id, SESSION_ID])
    wanted = list(traces)
    times = [str(moment).encode() for moment in (started, started + timedelta(seconds=6))]
    for table in tables:
        with database.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
            for number, (trace_id, session_id) in enumerate(wanted):
                text = rows[table].replace(TRACE_ID.encode(), trace_id.encode())
                text = text.replace(SESSION_ID.encode(), session_id.encode())
                if table == "trace":
                    text = _moved(text, times, number % TRACES_PER_SESSION * PAUSE, started)
                copy.write(text)
    database.execute("ANALYZE trace, span, span_io")


def traces_of(prefix: str, count: int) -> Iterator[tuple[str, str]]:
    """Ids of `count` traces in sessions of equal length, scattered over the key space as random ids are."""
    for number in range(count):
        scattered = number * 0x9E3779B97F4A7C15 % 2**64
        yield f"{scattered:016x}-{prefix}", f"{prefix}-{number // TRACES_PER_SESSION}"


def _turn(started: datetime) -> Iterator[SpanRecord]:
    claims = Claims(
        session_id=SESSION_ID,
        session_origin=Origin.APPLICATION,
        user_id="user-17",
        tags=["prod", "web", "eu"],
        metadata={"tenant": "t7", "release": "1.9"},
        environment="production",
    )
    ended = started + timedelta(seconds=SPANS_PER_TRACE)
    said = {"level": Level.DEFAULT, "input": "How may I return this? " * 20, "output": "Like this. " * 40}
    yield SpanRecord(
        TRACE_ID, "root", name="turn", kind=Kind.CHAIN, started_at=started, ended_at=ended, claims=claims, **said
    )
    for number in range(1, SPANS_PER_TRACE):
        at = started + timedelta(seconds=number - 1)
        is_call = number % 2 == 1
        yield SpanRecord(
            TRACE_ID,
            f"step-{number}",
            "root",
            name="ChatOpenAI" if is_call else "search_orders",
            kind=Kind.GENERATION if is_call else Kind.TOOL,
            started_at=at,
            ended_at=at + timedelta(seconds=1),
            model=("gpt-4o", "gpt-4o-mini")[number % 2] if is_call else None,
            usage=Usage(400 + number, 100) if is_call else None,
            total_cost=Decimal("0.00123") if is_call else None,
            claims=Claims(session_id=SESSION_ID, session_origin=Origin.APPLICATION),
            **said,
        )


def _raw_connection() -> "Connection[tuple[object, ...]]":
    connection.ensure_connection()
    assert connection.connection is not None
    return connection.connection


def _rows(database: "Connection[tuple[object, ...]]", table: str, project_id: int) -> bytes:
    """In COPY's text format."""
    source = f"COPY (SELECT * FROM {table} WHERE project_id = {project_id} AND trace_id = '{TRACE_ID}') TO STDOUT"
    with database.cursor() as cursor, cursor.copy(source) as copy:
        return b"".join(bytes(block) for block in copy)


def _moved(row: bytes, times: list[bytes], by: timedelta, started: datetime) -> bytes:
    """Return the trace some time later. COPY writes times as `2026-11-01 12:00:00+00`."""
    for time in times:
        spelled = time.replace(b"+00:00", b"+00")
        moment = datetime.fromisoformat(time.decode()) + by
        row = row.replace(spelled, str(moment).replace("+00:00", "+00").encode())
    return row
