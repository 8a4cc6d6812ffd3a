"""What ingestion costs in a project that grows, and what a span takes on disk.

    python -m benchmarks.growth [--database-url postgresql://...] [--sizes 100000 1000000 5000000] [--json FILE]

The first size is ingested through the real `manage.py up` and indexed for searching: bytes on disk are those of all
tables and indexes then. What lies between the sizes is copied, with its texts (benchmarks/sized.py). Grows to 5 million
spans, which take many gigabytes."""

import math
import statistics
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

from benchmarks import machine, table
from benchmarks.ingest import SPANS, Round, through
from benchmarks.machine import median
from benchmarks.payloads import Traffic
from benchmarks.server import Confab, running

SIZES = (100_000, 1_000_000, 5_000_000)
REQUESTS, CONNECTIONS, ROUNDS = 32, 4, 3
BATCH = 100_000  # spans that are copied at a time
GROWTH_GOAL, BYTES_GOAL = 1.2, 4_000
SIZE_SQL = """
SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""


def main() -> None:
    options = _options()
    print(machine.description())
    print(machine.load_note())
    traffic = Traffic(seed=5, now=time.time_ns())
    with running(options.database_url) as confab:
        first, *others = options.sizes
        bytes_each = ingested(confab, traffic, first)
        curve = {first: rounds_at(confab, traffic)}
        confab.join()
        for size in others:
            copied(confab, size - confab.ask("SELECT count(*) FROM span"))
            curve[size] = rounds_at(confab, traffic)
    table.write(options.json, show(curve, bytes_each))


def ingested(confab: Confab, traffic: Traffic, size: int) -> float:
    """Send so many spans. Return the bytes on disk of each."""
    before = confab.ask(SIZE_SQL)
    through(confab, traffic.requests(math.ceil(size / SPANS), SPANS), CONNECTIONS)
    confab.ask("SELECT gin_clean_pending_list('trace_text_tokens'::regclass)")
    return (confab.ask(SIZE_SQL) - before) / confab.ask("SELECT count(*) FROM span")


def rounds_at(confab: Confab, traffic: Traffic) -> list[Round]:
    return [through(confab, traffic.requests(REQUESTS, SPANS), CONNECTIONS) for _ in range(ROUNDS)]


def copied(confab: Confab, spans: int) -> None:
    """Add so many spans to the project, with their texts."""
    from benchmarks import sized

    traces = list(sized.traces_of(f"to-{spans}", spans // sized.SPANS_PER_TRACE))
    for start in range(0, len(traces), BATCH // sized.SPANS_PER_TRACE):
        sized.fill(confab.project_id, traces[start : start + BATCH // sized.SPANS_PER_TRACE], with_texts=True)
        print(f"{confab.ask('SELECT count(*) FROM span'):,} spans", end="\r", flush=True)


def show(curve: dict[int, list[Round]], bytes_each: float) -> dict[str, float]:
    """Show the curve and its fit, and return both with the bytes."""
    cpu = {size: median([ours.cpu for ours in rounds]) for size, rounds in curve.items()}
    index = {size: median([ours.index_cpu / ours.spans * 1000 for ours in rounds]) for size, rounds in curve.items()}
    first, *_, last = cpu
    slope, base = statistics.linear_regression([math.log10(size) for size in cpu], list(cpu.values()))
    growth = cpu[last] / cpu[first]
    table.show(
        f"{REQUESTS} requests of {SPANS} spans a round on {CONNECTIONS} connections, medians of {ROUNDS} rounds",
        ("spans stored", "CPU s per 1,000 spans", "PostgreSQL's share", "spans/s", "search index CPU s per 1,000"),
        [
            (
                f"{size:,}",
                f"{cpu[size]:.3f}",
                f"{median([ours.postgres_cpu / ours.spans * 1000 for ours in rounds]):.3f}",
                f"{median([ours.pace for ours in rounds]):,.0f}",
                f"{index[size]:.3f}",
            )
            for size, rounds in curve.items()
        ],
    )
    table.show(
        "Growth and size",
        ("figure", "value", "goal"),
        [
            ("CPU, last to first", f"{growth:.2f}", table.verdict(growth, GROWTH_GOAL, at_most=True)),
            ("CPU per 1,000 spans, fitted", f"{base:.3f} + {slope:.4f} x log10(spans)", ""),
            (
                "bytes on disk of a span, everything",
                f"{bytes_each:,.0f}",
                table.verdict(bytes_each, BYTES_GOAL, at_most=True),
            ),
        ],
    )
    return {"growth": growth, "slope": slope, "base": base, "bytes_per_span": bytes_each} | {
        f"cpu_at_{size}": value for size, value in cpu.items()
    }


def _options() -> Namespace:
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--database-url", help="a PostgreSQL on this machine; a database is made there and dropped")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="spans stored, ascending")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
