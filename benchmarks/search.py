"""What full-text search costs to write and how fast it answers, beside a substring scan of the same texts.

    python -m benchmarks.search [--database-url postgresql://...] [--traces 167000] [--json FILE]

A session has 6 traces, a trace stands for 6 spans, so the default is a project of a million spans. Texts are generated:
half English, the rest accented Latin, Chinese or Japanese, and Thai. Measured are the statements and the snippets of a
page; drawing it is the list's."""

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import machine, table
from benchmarks.machine import backend_ms, median, percentile
from benchmarks.recompute import new_project
from benchmarks.search_rows import execute, fill, value_of
from benchmarks.server import database_alone, set_up
from benchmarks.words import Texts

SPANS_PER_TRACE = 6
WRITTEN = 1_000  # traces whose writing is measured, through ingestion and worker
ROUNDS = 20
GOAL = 100  # ms


def main() -> None:
    options = _options()
    print(machine.description())
    print(machine.load_note())
    with database_alone(options.database_url) as url:
        set_up(DATABASE_URL=url)
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        texts = Texts(seed=1)
        fill(project_id := new_project("Searched"), options.traces, texts)
        result = {"write": writing(project_id, texts), "read": reading(project_id)}
        connection.close()
    table.write(options.json, result)


def writing(project_id: int, texts: Texts) -> dict[str, float]:
    """Measure what indexing adds for arriving traces: CPU of the worker and its backend, and the log that it writes."""
    from django.db import connection

    from sessions.search.index import INDEX_BATCH_TRACES, index, rows_of
    from tracing.ingest.pipeline import ingest
    from tracing.records import Claims, SpanRecord

    now = datetime.now(UTC)
    ids = [f"written-{number:06}" for number in range(WRITTEN)]
    for trace_id in ids:
        question, answer = texts.turn()
        claims = Claims(session_id=f"written-{trace_id[:-1]}")
        ingest(project_id, [SpanRecord(trace_id, "a", input=question, output=answer, claims=claims, started_at=now)])
    execute("CHECKPOINT")
    rows_of(project_id, ids[:10])
    backend = connection.connection.info.backend_pid
    log, worker, postgres = _log(), time.process_time(), backend_ms(backend)
    for first in range(0, WRITTEN, INDEX_BATCH_TRACES):
        index(project_id, ids[first : first + INDEX_BATCH_TRACES])
    execute("SELECT gin_clean_pending_list('trace_text_tokens')")
    spans = WRITTEN * SPANS_PER_TRACE / 1000
    cost = {
        "worker_cpu_ms": (time.process_time() - worker) * 1000 / spans,
        "postgres_cpu_ms": (backend_ms(backend) - postgres) / spans,
        "log_kb": (_log() - log) / spans / 1000,
    }
    table.show(
        f"Indexing, per 1,000 spans ({1000 // SPANS_PER_TRACE} traces)",
        ("worker CPU ms", "PostgreSQL CPU ms", "write-ahead log kB"),
        [[f"{value:,.0f}" for value in cost.values()]],
    )
    return cost


ASKED = {
    "rare word": "zanzibar",
    "word in 4 %": "refund",
    "word in 30 %": "please",
    "word in 30 %, not another": "please -escalated",
    "two words": "please refund",
    "phrase in 2 %": '"late delivery"',
    "phrase in 30 %": '"please check"',
    "phrase of such words, nowhere": '"check please"',
    "prefix": "escal*",
    "two Chinese characters": "配送",
    "Thai word": "ล่าช้า",
    "words, phrase, not": 'refund "late delivery" -pedido',
    "word, not a word in 30 %": "refund -please",
    "word, not a phrase in 30 %": 'refund -"please check"',
}


def reading(project_id: int) -> dict[str, Any]:
    from projects.models import Project
    from sessions.models import Session, TraceText

    project = Project.objects.get(pk=project_id)

    def scan() -> int:
        said = TraceText.objects.for_project(project_id).filter(folded__contains="zanzibar")
        sessions = Session.objects.for_project(project_id).filter(session_id__in=said.values("session_id"))
        return len(sessions.order_by("-updated_at")[:50])

    rows, found = [], {}
    for name, query in ASKED.items():
        newest, ranked = (timed(partial(page, project, query, sort)) for sort in ("-updated_at", "relevance"))
        counted = timed(partial(count, project, query), rounds=ROUNDS // 2)
        found[name] = {"newest": newest, "ranked": ranked, "counted": counted}
        cells = [f"{value:.1f}" for value in (*newest, *ranked, *counted[1:])]
        verdict = table.verdict(max(newest[1], ranked[1]), GOAL, at_most=True)
        rows.append((name, count(project, query), *cells, verdict))
    slow = timed(scan, rounds=3)
    rows.append(("substring scan, rare word", f"{scan():,}", *(f"{value:.0f}" for value in slow), *[""] * 6))
    columns = ("p50", "p95", "CPU", "by relevance: p50", "p95", "CPU", "their strip: p95", "CPU", "goal p95")
    table.show("A page of 50 sessions with their snippets, newest first, ms", ("asked", "sessions", *columns), rows)
    return found | {"scan": slow}


def page(project: Any, query: str, sort: str) -> None:
    """Load what the list shows: the rows, and where the words are."""
    from sessions.listing.excerpts import found_in

    listing = listed(project, query, sort)
    found_in(listing, listing.rows)


def count(project: Any, query: str) -> str:
    """Return what the list requests later: the number of sessions, and their sums."""
    from sessions.listing.summary import strip
    from tracing.lists.bounded import TooLong

    try:
        return str(strip(listed(project, query, "-updated_at")).count)
    except TooLong:
        return "unknown"


def listed(project: Any, query: str, sort: str) -> Any:
    from django.http import QueryDict
    from django.utils.http import urlencode

    from sessions.listing.listing import Listing

    listing = Listing(project, QueryDict(urlencode({"q": query, "sort": sort})))
    assert not listing.errors
    return listing


def timed(work: Callable[[], Any], rounds: int = ROUNDS) -> tuple[float, float, float]:
    """Return median and 95th percentile in ms, and the CPU time of this process and its backend.

    A busy machine does not change the CPU time. Two rounds of warming up come first."""
    from django.db import connection

    backend = connection.connection.info.backend_pid
    taken = []
    for number in range(rounds + 2):
        if number == 2:
            cpu = backend_ms(backend) + time.process_time() * 1000
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    cpu = (backend_ms(backend) + time.process_time() * 1000 - cpu) / rounds
    return median(taken[2:]), percentile(taken[2:], 0.95), cpu


def _log() -> int:
    return value_of("SELECT pg_current_wal_insert_lsn() - '0/0'")


def _options() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--database-url", help="an existing server; without it, an embedded one")
    parser.add_argument("--traces", type=int, default=167_000)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
