"""What it costs to keep session numbers right, how that grows, and how soon they are seen.

    python -m benchmarks.recompute [--database-url postgresql://...] [--full] [--json FILE]

CPU is that of the worker's process and of its PostgreSQL backend. The data is made by benchmarks/sized.py."""

import random
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from benchmarks import machine, table
from benchmarks.load import post
from benchmarks.machine import backend_ms, median, percentile
from benchmarks.payloads import Traffic
from benchmarks.server import Confab, database_alone, running, set_up

SIZES, FULL_SIZES = (10_000, 30_000, 100_000), (10_000, 30_000, 100_000, 300_000, 1_000_000)
TOUCHED_SPANS = 1_000
TOUCHED_SESSIONS = 60  # what so many arriving spans touch when conversations run side by side
ROUNDS = 7
LONG_SESSION = 20_000  # traces
CPU_GOAL, LONG_GOAL, SEEN_GOAL = 40, 1.0, 1.0
SPANS_PER_SECOND, SPANS_PER_REQUEST, SECONDS = 500, 50, 20
LOOK_SECONDS = 0.02


class Cost(NamedTuple):
    """Medians of several rounds, in milliseconds."""

    wall: float
    worker: float
    postgres: float

    @property
    def cpu(self) -> float:
        return self.worker + self.postgres


def main() -> None:
    options = _options()
    print(machine.description())
    print(machine.load_note())
    with database_alone(options.database_url) as url:
        set_up(DATABASE_URL=url)
        result = growth(FULL_SIZES if options.full else SIZES) | long_session()
        from django.db import connection

        connection.close()
    with running(options.database_url) as confab:
        result |= visibility(confab)
    table.write(options.json, result)


def growth(sizes: Sequence[int]) -> dict[str, Any]:
    """Measure the same work in a project that grows: it must cost the same."""
    from django.core.management import call_command

    from benchmarks import sized

    call_command("migrate", verbosity=0)
    project_id, rows, curve, held = new_project("Growing"), [], {}, 0
    for size in sizes:
        grown = list(sized.traces_of(f"s{size}", (size - held) // sized.SPANS_PER_TRACE))
        sized.fill(project_id, grown)
        held = size
        from_traces, from_spans = touched(project_id, grown)
        curve[size] = {"sessions_cpu_ms": from_traces.cpu, "traces_cpu_ms": from_spans.cpu}
        rows.append((f"{size:,}", *_cells(from_traces), *_cells(from_spans)))
    table.show(
        f"Per {TOUCHED_SPANS:,} spans, {TOUCHED_SESSIONS} sessions, in a project that grows: ms, medians of {ROUNDS}",
        ("spans in the project", "sessions: wall", "worker CPU", "PostgreSQL CPU", "CPU",
         "traces again from all spans: wall", "worker CPU", "PostgreSQL CPU", "CPU"),
        rows,
    )  # fmt: skip
    worst = max(point["sessions_cpu_ms"] for point in curve.values())
    print(f"\nCPU ms per 1,000 spans, at worst: {worst:.1f} ({table.verdict(worst, CPU_GOAL, at_most=True)})")
    return {"growth": curve}


def touched(project_id: int, traces: list[tuple[str, str]]) -> tuple[Cost, Cost]:
    """Sessions from their traces, as after every request; traces from their spans, as `manage.py recompute` does."""
    from benchmarks import sized

    sessions = sorted({session_id for _, session_id in traces})
    trace_ids = [trace_id for trace_id, _ in traces]
    wanted = TOUCHED_SPANS // sized.SPANS_PER_TRACE
    return (
        measured(lambda: dirty_sessions(project_id, random.sample(sessions, TOUCHED_SESSIONS))),
        measured(lambda: whole_traces(project_id, random.sample(trace_ids, wanted))),
    )


def long_session() -> dict[str, Any]:
    from benchmarks import sized

    project_id = new_project("Long")
    sized.fill(project_id, ((trace_id, "long") for trace_id, _ in sized.traces_of("long", LONG_SESSION)))
    cost = measured(lambda: dirty_sessions(project_id, ["long"]))
    seconds = cost.wall / 1000
    print(
        f"\nOne session of {LONG_SESSION:,} traces: {seconds:.2f} s ({cost.worker:.0f} ms worker CPU,"
        f" {cost.postgres:.0f} ms PostgreSQL CPU; {table.verdict(seconds, LONG_GOAL, at_most=True)})"
    )
    return {"long_session_seconds": seconds}


def measured(work: Callable[[], Callable[[], None]]) -> Cost:
    """`work` prepares a round and returns what is measured. The first round warms up."""
    from django.db import connection

    connection.ensure_connection()
    backend = connection.connection.info.backend_pid
    costs = []
    for _ in range(ROUNDS + 1):
        run = work()
        wall, worker, postgres = time.perf_counter(), time.process_time(), backend_ms(backend)
        run()
        costs.append(
            ((time.perf_counter() - wall) * 1000, (time.process_time() - worker) * 1000, backend_ms(backend) - postgres)
        )
    return Cost(*(median(column) for column in zip(*costs[1:], strict=True)))


def dirty_sessions(project_id: int, sessions: list[str]) -> Callable[[], None]:
    """As the ingest transaction leaves them; measured is the worker's task."""
    from django.db import transaction
    from django.utils import timezone

    from sessions.rollup.recomputing import drain
    from tracing.models import DirtyMark
    from tracing.store import dirty

    dirty.marked.receivers.clear()  # there is no broker, and nobody to wake
    with transaction.atomic():
        dirty.mark(project_id, {DirtyMark.Target.SESSION: set(sessions)}, timezone.now())
    return lambda: drain(project_id)


def whole_traces(project_id: int, traces: list[str]) -> Callable[[], None]:
    """As `manage.py recompute` does, and the worker for outsized traces."""
    from django.utils import timezone

    from tracing.store.writing import recompute_traces

    return lambda: recompute_traces(project_id, traces, timezone.now())


def new_project(name: str) -> int:
    from projects.models import Organization, Project

    organization, _ = Organization.objects.get_or_create(name="Benchmarks")
    return int(Project.objects.create(organization=organization, name=name).pk)


def visibility(confab: Confab) -> dict[str, Any]:
    """From a request's answer until each session that it touched shows all of its spans."""
    traffic = Traffic(seed=2, now=time.time_ns())
    rate = SPANS_PER_SECOND / SPANS_PER_REQUEST
    requests = traffic.requests(int(rate * SECONDS) + 10, SPANS_PER_REQUEST)
    connection, told = confab.connection(), {}
    waiting: list[tuple[str, int, float]] = []  # session, spans it must show, when they were acknowledged
    seen: list[float] = []
    with psycopg.connect(confab.database_url, autocommit=True) as database:
        for number, request in enumerate(requests):
            due = time.perf_counter() + 1 / rate
            post(connection, request.body)
            acknowledged = time.perf_counter()
            for session_id, spans in request.span_counts.items():
                told[session_id] = told.get(session_id, 0) + spans
                if number >= 10:  # the first second warms up
                    waiting.append((session_id, told[session_id], acknowledged))
            while (left := due - time.perf_counter()) > 0:
                waiting = look(database, waiting, seen)
                time.sleep(min(LOOK_SECONDS, max(0, left)))
        deadline = time.perf_counter() + 30
        while waiting and time.perf_counter() < deadline:
            waiting = look(database, waiting, seen)
            time.sleep(LOOK_SECONDS)
    connection.close()
    p50, p95 = percentile(seen, 0.5), percentile(seen, 0.95)
    table.show(
        f"Seen after the answer, at {SPANS_PER_SECOND} spans/s for {SECONDS} s in requests of {SPANS_PER_REQUEST}",
        ("sessions updated", "p50 s", "p95 s", "worst s", "never seen", "goal p95"),
        [(f"{len(seen):,}", f"{p50:.2f}", f"{p95:.2f}", f"{max(seen):.2f}", f"{len(waiting)}",
          table.verdict(p95, SEEN_GOAL, at_most=True))],
    )  # fmt: skip
    return {"seen_p50_s": p50, "seen_p95_s": p95, "never_seen": len(waiting)}


def look(
    database: "psycopg.Connection[Any]", waiting: list[tuple[str, int, float]], seen: list[float]
) -> list[tuple[str, int, float]]:
    """Return what is still waiting, and note how long the others took."""
    rows = database.execute(
        "SELECT session_id, span_count FROM session WHERE session_id = ANY(%s)", [[item[0] for item in waiting]]
    ).fetchall()
    shown, now = dict(rows), time.perf_counter()
    still = []
    for session_id, spans, acknowledged in waiting:
        if shown.get(session_id, 0) >= spans:
            seen.append(now - acknowledged)
        else:
            still.append((session_id, spans, acknowledged))
    return still


def _cells(cost: Cost) -> list[str]:
    return [f"{value:.1f}" for value in (cost.wall, cost.worker, cost.postgres, cost.cpu)]


def _options() -> Namespace:
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--database-url", help="a PostgreSQL on this machine; databases are made there and dropped")
    parser.add_argument("--full", action="store_true", help="grow to 1,000,000 spans")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
