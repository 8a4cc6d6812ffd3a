"""Confab beside Phoenix and MLflow: the same traces, the same reads, on the same machine, in one run.

    python -m benchmarks.compare_peers [--environments DIR] [--requests 32] [--spans 64] [--rounds 3] [--json FILE]

Each product runs as its documentation starts it, on an empty directory, and they take turns: one round each. CPU is
that of everything a product has started, until it rests after its round; Confab's search index is written by then. The
list is that of the newest 50 sessions (MLflow has none: traces), and the one is the first of it. Installs 1.1 GB in DIR
the first time."""

import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import machine, table
from benchmarks.api import over_http
from benchmarks.load import Sent, send
from benchmarks.machine import children_of, cpu_seconds, median, percentile, pss_mb
from benchmarks.payloads import Request, Traffic
from benchmarks.peers import MLFLOW, NEWEST, PHOENIX, Peer, installed, started
from benchmarks.server import running

CONNECTIONS, READS = 4, 20
REST_SECONDS = 20  # before memory at rest is taken
QUIET_SECONDS, QUIET_CPU = 3.0, 0.15  # a product rests when it took no more CPU in that time
MOST_SECONDS = 900  # to get there


@dataclass
class Side:
    """One product, and what was measured of it."""

    name: str
    pids: Callable[[], set[int]]
    take: Callable[[Sequence[Request]], Sent]
    stored: Callable[[], int]
    newest: Callable[[], str]  # reads the list, and returns the id of its first item
    one: Callable[[str], object]
    settle: Callable[[], object] = lambda: None  # waits for what comes after storing
    rest_mb: float = 0
    cpu: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    paces: list[float] = field(default_factory=list)

    def round(self, requests: Sequence[Request]) -> None:
        """Send the requests, and wait until they are stored and the product rests."""
        before, cpu, started_at = self.stored(), cpu_seconds(self.pids()), time.perf_counter()
        spans = sum(request.spans for request in requests)
        sent = self.take(requests)
        while self.stored() - before < spans:
            if time.perf_counter() - started_at > MOST_SECONDS:
                raise SystemExit(f"{self.name} has stored {self.stored() - before:,} of {spans:,} spans")
            time.sleep(0.1)
        self.paces.append(spans / (time.perf_counter() - started_at))
        self.settle()
        self._rest()
        self.cpu.append((cpu_seconds(self.pids()) - cpu) / spans * 1000)
        self.latencies += sent.latencies

    def _rest(self) -> None:
        while True:
            before = cpu_seconds(self.pids())
            time.sleep(QUIET_SECONDS)
            if cpu_seconds(self.pids()) - before < QUIET_CPU:
                return

    def memory(self) -> float:
        return sum(map(pss_mb, self.pids()))

    def row(self) -> dict[str, float]:
        first = self.newest()
        newest, one = _timed(self.newest), _timed(lambda: self.one(first))
        return {
            "memory at rest, MB": self.rest_mb,
            "CPU s per 1,000 spans": median(self.cpu),
            "spans/s until stored": median(self.paces),
            "request p50, ms": percentile(self.latencies, 0.5) * 1000,
            "request p95, ms": percentile(self.latencies, 0.95) * 1000,
            f"list of {NEWEST}, p50, ms": median(newest),
            "one of it, p50, ms": median(one),
            "memory afterwards, MB": self.memory(),
        }


def main() -> None:
    options = _options()
    print(machine.description(), machine.load_note(), sep="\n")
    traffic = Traffic(seed=6, now=time.time_ns())
    with ExitStack() as stack:
        sides = [confab_side(stack), *(peer_side(stack, peer, options.environments) for peer in (PHOENIX, MLFLOW))]
        for side in sides:
            side.round(traffic.requests(2, options.spans))  # fills caches
            side.cpu, side.latencies, side.paces = [], [], []
        for _ in range(options.rounds):
            requests = traffic.requests(options.requests, options.spans)
            for side in sides:
                side.round(requests)
                print(f"{side.name}: {side.cpu[-1]:.2f} CPU s per 1,000 spans", flush=True)
        results = {side.name: side.row() for side in sides}
    table.show(
        f"{options.requests} requests of {options.spans} spans a round on {CONNECTIONS} connections,"
        f" medians of {options.rounds} rounds",
        ("figure", *results),
        [(name, *(f"{row[name]:,.3g}" for row in results.values())) for name in next(iter(results.values()))],
    )
    table.write(options.json, results)


def confab_side(stack: ExitStack) -> Side:
    """Start Confab."""
    confab = stack.enter_context(running(None))
    ask = over_http(confab)

    return _rested(
        Side(
            name="Confab",
            pids=lambda: children_of(confab.pid),
            take=lambda requests: send(confab, requests, CONNECTIONS),
            stored=lambda: confab.ask("SELECT count(*) FROM span"),
            newest=lambda: str(ask("sessions")["data"][0]["id"]),
            one=lambda session_id: ask(f"sessions/{session_id}"),
            settle=lambda: confab.wait_for("session", "trace", "text"),
        )
    )


def peer_side(stack: ExitStack, peer: Peer, place: Path) -> Side:
    """Install and start another product."""
    data = Path(tempfile.mkdtemp(prefix="peer-"))
    there = stack.enter_context(started(peer, installed(peer, place), data))
    connection = stack.enter_context(closing(there.connection()))

    items, key = peer.ids
    return _rested(
        Side(
            name=peer.package.replace("==", " "),
            pids=there.pids,
            take=lambda requests: send(there, requests, CONNECTIONS, take=there.take),
            stored=there.stored,
            newest=lambda: str(there.read(connection, *peer.newest)[items][0][key]),
            one=lambda found: there.read(connection, peer.one.format(id=found)),
        )
    )


def _rested(side: Side) -> Side:
    time.sleep(REST_SECONDS)
    side.rest_mb = side.memory()
    return side


def _timed(read: Callable[[], object]) -> list[float]:
    taken = []
    for _ in range(READS):
        began = time.perf_counter()
        read()
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def _options() -> Namespace:
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--environments", type=Path, default=Path(tempfile.gettempdir()) / "confab-peers")
    parser.add_argument("--requests", type=int, default=32, help="in a round (32)")
    parser.add_argument("--spans", type=int, default=64, help="of a request (64)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
