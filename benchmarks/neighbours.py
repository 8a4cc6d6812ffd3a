"""What one tenant's flood costs its neighbour: how soon a new session is seen, how long a page and /healthz take.

    python -m benchmarks.neighbours [--database-url postgresql://...] [--short] [--json FILE]

Each flood begins when the one before is worked off; the neighbour sends a session of one span every 0.7 s."""

import secrets
import threading
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

from benchmarks import machine, table
from benchmarks.machine import percentile
from benchmarks.server import Confab, running
from benchmarks.tenants import PATIENCE_SECONDS, Tenant, set_up, span

TENANTS = 4  # that flood, beside the neighbour
CONNECTIONS = 4
SPANS_PER_REQUEST = 500
PROBE_SECONDS, LOOK_SECONDS = 0.7, 0.1
SEEN_GOAL, TAKEN_GOAL, HEALTH_GOAL = 3.0, 2.0, 1.0


@dataclass
class Seen:
    """Seconds that the neighbour waited."""

    taken: list[float] = field(default_factory=list)  # from sending a span to its acknowledgement
    visible: list[float] = field(default_factory=list)  # from there until its session is in the API
    page: list[float] = field(default_factory=list)
    health: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        return {
            f"{name}_{label}_s": percentile(values, share)
            for name, values in vars(self).items()
            for label, share in (("p50", 0.5), ("p95", 0.95))
        }


def main() -> None:
    options = _options()
    print(machine.description())
    print(machine.load_note())
    with running(options.database_url, CONFAB_REQUESTS_PER_SECOND="0") as confab:
        result = measured(confab, share=0.2 if options.short else 1.0)
    show(result)
    table.write(options.json, result)


def measured(confab: Confab, *, share: float) -> dict[str, dict[str, float]]:
    """Return the neighbour's figures while nothing happens and during each flood, at a `share` of its full size."""
    tenants, neighbour, cookie = set_up(confab, TENANTS)
    warm_up(neighbour, cookie)
    floods: dict[str, Callable[[], None]] = {
        "idle": lambda: time.sleep(8),
        "20,000 sessions of one span": lambda: sessions(tenants[0], int(20_000 * share)),
        "small requests by one key": lambda: small_requests(tenants[1], 15 * max(share, 0.4)),
        "erasures of 12,000 traces by 4 tenants": lambda: erasures(tenants, int(12_000 * share)),
    }
    fill(tenants, int(12_000 * share))
    result = {}
    for name, flood in floods.items():
        confab.wait_for("session", "trace")
        with watched(neighbour, cookie) as seen:
            began = time.perf_counter()
            flood()
            seconds = time.perf_counter() - began
        result[name] = seen.figures() | {"flood_s": seconds}
    return result


def warm_up(neighbour: Tenant, cookie: str) -> None:
    """Send the first requests, which cost a new process seconds."""
    for _ in range(10):
        one_session(neighbour, Seen())
        one_page(neighbour, cookie, Seen())


@contextmanager
def watched(neighbour: Tenant, cookie: str) -> Iterator[Seen]:
    """Let the neighbour send, read and ask during the block, and then until all it sent is seen."""
    seen, stop = Seen(), threading.Event()
    with ThreadPoolExecutor(64) as pool:
        waiting = []

        def probe() -> None:
            while not stop.wait(PROBE_SECONDS):
                waiting.append(pool.submit(one_session, neighbour, seen))
                waiting.append(pool.submit(one_page, neighbour, cookie, seen))

        thread = threading.Thread(target=probe)
        thread.start()
        try:
            yield seen
        finally:
            stop.set()
            thread.join()
            for future in waiting:
                future.result()


def one_session(neighbour: Tenant, seen: Seen) -> None:
    session_id, began = f"new-{secrets.token_hex(6)}", time.perf_counter()
    neighbour.deliver([span(session_id, "neighbour")])
    taken = time.perf_counter()
    while neighbour.ask("GET", f"/api/v1/sessions/{session_id}")[0] != 200:
        assert time.perf_counter() - taken < PATIENCE_SECONDS, "the neighbour's session is not seen"
        time.sleep(LOOK_SECONDS)
    seen.taken.append(taken - began)
    seen.visible.append(time.perf_counter() - taken)


def one_page(neighbour: Tenant, cookie: str, seen: Seen) -> None:
    for path, times in ((f"/project/{neighbour.project_id}/sessions", seen.page), ("/healthz", seen.health)):
        connection = HTTPConnection("127.0.0.1", neighbour.confab.port, timeout=PATIENCE_SECONDS)
        began = time.perf_counter()
        connection.request("GET", path, headers={"Cookie": f"confab={cookie}"})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        assert answer.status == 200, (path, answer.status)
        times.append(time.perf_counter() - began)


def sessions(tenant: Tenant, count: int) -> None:
    """Sessions of one span each, as fast as they are taken, until the worker has recomputed all of them."""
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for _ in range(count // SPANS_PER_REQUEST):
            pool.submit(tenant.deliver, [span(secrets.token_hex(8), "flood") for _ in range(SPANS_PER_REQUEST)])
    deadline = time.perf_counter() + PATIENCE_SECONDS
    while waits(tenant, "dirty_mark", "target = 'session'"):
        assert time.perf_counter() < deadline, "the flood does not drain"
        time.sleep(0.2)


def small_requests(tenant: Tenant, seconds: float) -> None:
    """Send requests of one span, on as many connections as a web server has threads, whatever is answered."""
    end = time.perf_counter() + seconds

    def send() -> None:
        while time.perf_counter() < end:
            tenant.send([span("one", "flood")])

    with ThreadPoolExecutor(40) as pool:
        for _ in range(40):
            pool.submit(send)


def fill(tenants: Sequence[Tenant], count: int) -> None:
    """Traces of one user, in sessions of 50."""
    for tenant in tenants:
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            for number in range(count // SPANS_PER_REQUEST):
                spans = [span(f"full-{number}-{n % 10}", "leaving") for n in range(SPANS_PER_REQUEST)]
                pool.submit(tenant.deliver, spans)


def erasures(tenants: Sequence[Tenant], count: int) -> None:
    """Every tenant erases the user whose traces these are."""
    for tenant in tenants:
        status, _ = tenant.ask("POST", "/api/v1/erasures", {"user_id": "leaving"})
        assert status in {200, 202}, status
    deadline = time.perf_counter() + 2 * PATIENCE_SECONDS
    while any(waits(tenant, "erasure", "finished_at IS NULL") for tenant in tenants):
        assert time.perf_counter() < deadline, "the erasures do not end"
        time.sleep(0.5)


def waits(tenant: Tenant, name: str, condition: str) -> int:
    where = f"project_id = %s AND {condition}"
    return tenant.confab.ask(f"SELECT count(*) FROM {name} WHERE {where}", tenant.project_id)


def show(result: dict[str, dict[str, float]]) -> None:
    names = ("visible", "taken", "page", "health")
    rows = [
        (flood, *(f"{f[f'{name}_p50_s']:.2f} / {f[f'{name}_p95_s']:.2f}" for name in names), f"{f['flood_s']:.1f}")
        for flood, f in result.items()
    ]
    heads = ("flood", "session seen", "span taken", "page", "/healthz", "flood over after")
    table.show("A neighbour's seconds, p50 / p95", heads, rows)
    worst = {name: max(figures[f"{name}_p95_s"] for figures in result.values()) for name in names}
    for name, goal in (("visible", SEEN_GOAL), ("taken", TAKEN_GOAL), ("health", HEALTH_GOAL)):
        print(f"{name}: p95 at worst {worst[name]:.2f} s ({table.verdict(worst[name], goal, at_most=True)})")


def _options() -> Namespace:
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--database-url", help="a PostgreSQL on this machine; databases are made there and dropped")
    parser.add_argument("--short", action="store_true", help="a fifth of each flood")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
