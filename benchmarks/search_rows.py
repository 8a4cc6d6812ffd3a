"""The rows that full-text search reads: a project of many traces with their texts, and statements beside."""

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.words import Texts

TRACES_PER_SESSION = 6
SECONDS_BETWEEN = 20  # traces of one project


def fill(project_id: int, count: int, texts: Texts) -> None:
    """As `manage.py reindex --rebuild` does: rows first, the index at the end."""
    from django.db import connection

    from sessions.management.commands.reindex import CREATE, DROP
    from sessions.models import Session
    from sessions.search.index import write

    now, started = datetime.now(UTC), time.perf_counter()
    execute(DROP)
    for first in range(0, count, 1000):
        numbers = range(first, min(first + 1000, count))
        _bare_traces(project_id, numbers, now)
        write(project_id, list(_rows(numbers, now, texts)))
    loaded = time.perf_counter()
    execute(CREATE)
    Session.objects.bulk_create(_sessions(project_id, count, now), batch_size=1000)
    connection.cursor().execute("VACUUM ANALYZE trace_text, session, trace")
    size = (
        value_of("SELECT pg_total_relation_size('trace_text')"),
        value_of("SELECT pg_relation_size('trace_text_tokens')"),
    )
    print(
        f"\n{count:,} traces in {loaded - started:.0f} s, the index in {time.perf_counter() - loaded:.0f} s;"
        f" per trace {size[0] / count:,.0f} bytes, {size[1] / count:,.0f} of them the GIN index"
    )


def _rows(numbers: Sequence[int], now: datetime, texts: Texts) -> Iterator[Any]:
    from sessions.search.index import row_of

    for number in numbers:
        row = row_of(_id(number), f"s-{number // TRACES_PER_SESSION:07}", _moment(number, now), *texts.turn())
        assert row is not None
        yield row


def _bare_traces(project_id: int, numbers: Sequence[int], now: datetime) -> None:
    from tracing.models import Trace

    rows = (
        Trace(project_id=project_id, trace_id=_id(number), session_id=f"s-{number // TRACES_PER_SESSION:07}",
              bucket=now.date(), received_at=now, updated_at=now, started_at=now, ended_at=now)
        for number in numbers
    )  # fmt: skip
    Trace.objects.bulk_create(rows)


def _sessions(project_id: int, count: int, now: datetime) -> Iterator[Any]:
    from sessions.models import Session

    for number in range(0, count, TRACES_PER_SESSION):
        moment = _moment(number, now)
        yield Session(
            project_id=project_id, session_id=f"s-{number // TRACES_PER_SESSION:07}", created_at=moment,
            updated_at=moment, duration_ms=1000, trace_count=TRACES_PER_SESSION, computed_at=now,
        )  # fmt: skip


def _id(number: int) -> str:
    return f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}"


def _moment(number: int, now: datetime) -> datetime:
    return now - timedelta(seconds=number * SECONDS_BETWEEN)


def execute(sql: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql)


def value_of(sql: str) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.fetchone()[0])
