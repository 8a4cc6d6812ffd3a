"""Durable ingest through the real `manage.py up`, next to the ceiling of this machine in the same run.

    python -m benchmarks.ingest [--database-url postgresql://...] [--rounds 5] [--profile] [--json FILE]

Requests are answered after the commit, with their traces summed up and their sessions marked. CPU is that of everything
that `up` started and of PostgreSQL, the recomputation of the sessions included; the load generator is not counted. The
search index is written some seconds later: each round waits for it, and its CPU stands beside."""

import cProfile
import pstats
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks import machine, table
from benchmarks.ceiling import Ceiling, Pace
from benchmarks.load import Sent, send
from benchmarks.machine import median, percentile
from benchmarks.payloads import Request, Traffic
from benchmarks.server import Confab, running

SPANS = 512  # of an exporter's batch
CEILING_SHARE, CPU_GOAL, P95_GOAL = 0.45, 0.30, 500
KEYS = 100


class Round(NamedTuple):
    """One list of requests through `up`."""

    sent: Sent
    spans: int
    postgres_cpu: float
    server_cpu: float
    index_cpu: float  # of both, later: for searching

    @property
    def pace(self) -> float:
        return self.spans / self.sent.wall

    @property
    def cpu(self) -> float:
        """Seconds per 1,000 spans."""
        return (self.postgres_cpu + self.server_cpu) / self.spans * 1000


def main() -> None:
    options = _options()
    print(machine.description())
    print(machine.load_note())
    traffic = Traffic(seed=1, now=time.time_ns())
    with running(options.database_url) as confab:
        if options.profile:
            profile(confab, traffic)
            return
        ceiling = Ceiling(confab.database_url)
        postgres = ceiling.connection.info.server_version // 10_000
        where = f"PostgreSQL {postgres} {'with' if ceiling.has_lz4 else 'without'} lz4"
        rounds, ceilings = interleaved(confab, ceiling, traffic, options)
        ceiling.close()
        result = large(rounds, ceilings, options, where)
        if options.small:
            result |= small(confab, traffic, options.small)
    table.write(options.json, result)


def interleaved(
    confab: Confab, ceiling: Ceiling, traffic: Traffic, options: Namespace
) -> tuple[list[Round], list[Pace]]:
    """Both sides take the same requests, one after the other; what each does first warms it up and is not counted."""
    rounds, ceilings = [], []
    for number in range(options.rounds + 1):
        requests = traffic.requests(options.requests if number else 8, SPANS)
        ceilings.append(ceiling.run(requests))
        rounds.append(through(confab, requests, options.connections))
    return rounds[1:], ceilings[1:]


def through(confab: Confab, requests: Sequence[Request], connections: int, keys: Sequence[str] | None = None) -> Round:
    """Send `requests`, count their rows, and wait until their sessions are right and their words are indexed."""
    before, (postgres, server) = confab.ask("SELECT count(*) FROM span"), confab.cpu()
    sent = send(confab, requests, connections, keys) if keys else send(confab, requests, connections)
    confab.wait_for("session", "trace")
    postgres_after, server_after = confab.cpu()
    confab.wait_for("text")
    indexed = sum(confab.cpu()) - postgres_after - server_after
    spans = sum(request.spans for request in requests)
    stored = confab.ask("SELECT count(*) FROM span") - before
    if stored != spans:
        raise SystemExit(f"{spans:,} spans were acknowledged, {stored:,} are stored")
    return Round(sent, spans, postgres_after - postgres, server_after - server, indexed)


def large(rounds: list[Round], ceilings: list[Pace], options: Namespace, where: str) -> dict[str, float]:
    """Show each round beside its ceiling, and return the medians."""
    rows = [row_of(number, *both) for number, both in enumerate(zip(rounds, ceilings, strict=True), 1)]
    latencies = [latency for ours in rounds for latency in ours.sent.latencies]
    share = median([o.pace / c.spans_per_second for o, c in zip(rounds, ceilings, strict=True)])
    result = {
        "spans_per_second": median([ours.pace for ours in rounds]),
        "ceiling_spans_per_second": median([ceiling.spans_per_second for ceiling in ceilings]),
        "share_of_ceiling": share,
        "cpu_seconds_per_1000_spans": median([ours.cpu for ours in rounds]),
        "index_cpu_seconds_per_1000_spans": median([ours.index_cpu / ours.spans * 1000 for ours in rounds]),
        "p50_ms": percentile(latencies, 0.5) * 1000,
        "p95_ms": percentile(latencies, 0.95) * 1000,
    }
    table.show(
        f"Ingest: {options.requests} requests of {SPANS} spans a round on {options.connections} connections, {where}",
        ("round", "ceiling spans/s", "spans/s", "of ceiling", "p50 ms", "p95 ms", "server CPU s/1k",
         "PostgreSQL CPU s/1k", "CPU s/1k", "ceiling CPU s/1k", "search index CPU s/1k", "asked to retry"),
        rows,
    )  # fmt: skip
    table.show(
        "Medians over the rounds, percentiles over all requests",
        ("figure", "value", "goal"),
        [
            ("spans/s", f"{result['spans_per_second']:,.0f}", ""),
            ("share of the ceiling", f"{share:.0%}", table.verdict(share, CEILING_SHARE, at_most=False)),
            ("CPU s per 1,000 spans", f"{result['cpu_seconds_per_1000_spans']:.3f}",
             table.verdict(result["cpu_seconds_per_1000_spans"], CPU_GOAL, at_most=True)),
            ("request p50, ms", f"{result['p50_ms']:.0f}", ""),
            ("request p95, ms", f"{result['p95_ms']:.0f}", table.verdict(result["p95_ms"], P95_GOAL, at_most=True)),
        ],
    )  # fmt: skip
    return result


def row_of(number: int, ours: Round, ceiling: Pace) -> tuple[str, ...]:
    """Return the line of one round."""
    return (
        f"{number}", f"{ceiling.spans_per_second:,.0f}", f"{ours.pace:,.0f}",
        f"{ours.pace / ceiling.spans_per_second:.0%}", f"{percentile(ours.sent.latencies, 0.5) * 1000:.0f}",
        f"{percentile(ours.sent.latencies, 0.95) * 1000:.0f}", f"{ours.server_cpu / ours.spans * 1000:.3f}",
        f"{ours.postgres_cpu / ours.spans * 1000:.3f}", f"{ours.cpu:.3f}",
        f"{(ceiling.python_ms + ceiling.postgres_ms) / 1000:.3f}", f"{ours.index_cpu / ours.spans * 1000:.3f}",
        f"{ours.sent.refusals}",
    )  # fmt: skip


def small(confab: Confab, traffic: Traffic, count: int) -> dict[str, float]:
    """Measure requests of 1 to 5 spans from many keys, each of a project of its own, all at once."""
    keys = make_keys(confab, KEYS)
    rounds = [through(confab, traffic.small_requests(count), KEYS, keys) for _ in range(4)][1:]
    latencies = [latency for ours in rounds for latency in ours.sent.latencies]
    per_second = median([count / ours.sent.wall for ours in rounds])
    cpu_ms = median([(ours.postgres_cpu + ours.server_cpu) * 1000 / count for ours in rounds])
    result = {
        "small_requests_per_second": per_second,
        "small_cpu_ms_per_request": cpu_ms,
        "small_p50_ms": percentile(latencies, 0.5) * 1000,
        "small_p95_ms": percentile(latencies, 0.95) * 1000,
        "small_refusals": sum(ours.sent.refusals for ours in rounds),
    }
    table.show(
        f"Small requests: 1 to 5 spans, {KEYS} keys of {KEYS} projects at once, {count} requests a round, 3 rounds",
        ("requests/s", "CPU ms per request", "p50 ms", "p95 ms", "asked to retry"),
        [(f"{per_second:,.0f}", f"{cpu_ms:.1f}", f"{result['small_p50_ms']:.0f}", f"{result['small_p95_ms']:.0f}",
          f"{result['small_refusals']:.0f} of {3 * count}")],
    )  # fmt: skip
    return result


def make_keys(confab: Confab, count: int) -> list[str]:
    """Secret keys, each of a new project."""
    confab.join()
    from projects.auth import create_key
    from projects.models import Organization, Project

    organization = Organization.objects.get()
    projects = [Project.objects.create(organization=organization, name=f"Small {n}") for n in range(count)]
    return [create_key(project, name="benchmark")[1] for project in projects]


def profile(confab: Confab, traffic: Traffic) -> None:
    """Where the CPU of a request goes, in this process: everything but HTTP and the key."""
    confab.join()
    from projects.models import Project
    from tracing.ingest.intake import take_traces
    from tracing.wire.bodies import unpack

    project = Project.objects.get(pk=confab.project_id)
    profiler = cProfile.Profile()
    for number, request in enumerate(traffic.requests(16, SPANS)):
        if number == 4:  # what comes before fills caches
            profiler.enable()
        take_traces(project, unpack(request.body, "gzip"), "application/x-protobuf", {})
    profiler.disable()
    pstats.Stats(profiler).sort_stats("tottime").print_stats(40)


def _options() -> Namespace:
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--database-url", help="a PostgreSQL on this machine; a database is made there and dropped")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=32, help=f"of {SPANS} spans, in a round (32)")
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--small", type=int, default=1000, help="small requests in a round, 0 for none (1000)")
    parser.add_argument("--profile", action="store_true", help="print where the CPU goes instead")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
