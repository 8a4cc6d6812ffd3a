"""A cluster of Citus beside one PostgreSQL: what taking spans costs, the list, recomputing, and a node that is lost.

    python -m benchmarks.cluster --cluster-url postgresql://... --database-url postgresql://...
        [--stop COMMAND --start COMMAND --lost host:port] [--spare host:port] [--seconds 15] [--json FILE]

All servers are on this machine, and the user may make databases. --stop and --start are commands that kill and start
the server --lost; --spare is a server that is added to the cluster, and a project is moved to it. Meanwhile, projects
send traces, and afterwards each acknowledged one is looked for. benchmarks/simulate_scale.py goes on with the file."""

import json
import shlex
import subprocess
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import machine, table
from benchmarks.cluster_servers import Server, make_database, on_cluster, servers_of
from benchmarks.cluster_writers import writing
from benchmarks.load import send
from benchmarks.machine import median, percentile
from benchmarks.payloads import Traffic
from benchmarks.server import ROOT, Confab, clean_environment, running, started_on
from benchmarks.tenants import Tenant, set_up

SPANS, CONNECTIONS, TENANTS = 256, 4, 8
RATES = (200, 400, 0)  # spans per second; 0 is as fast as it goes
MOST_SPANS_PER_SECOND = 1500  # of which the last has so many for each second
LOOKS = 60
RECOMPUTE = """
import json, random, time
from benchmarks.recompute import TOUCHED_SESSIONS, dirty_sessions
from sessions.models import Session
ids = list(Session.objects.filter(project_id=%d).values_list("session_id", flat=True)[:TOUCHED_SESSIONS])
taken = []
for _ in range(8):
    run = dirty_sessions(%d, ids)
    started = time.perf_counter()
    run()
    taken.append((time.perf_counter() - started) * 1000 / len(ids))
print(json.dumps(taken[1:]))
"""
LOST = """
SELECT count(*) FROM unnest(%s::text[]) AS told(id) WHERE id NOT IN (SELECT trace_id FROM trace WHERE project_id = %s)
"""
WRONG = """
SELECT count(*) FROM session s WHERE project_id = %s AND trace_count <> (
    SELECT count(*) FROM trace t WHERE t.project_id = %s AND t.session_id = s.session_id)
"""


def main() -> None:
    options = _options()
    print(machine.description())
    print(machine.load_note())
    result: dict[str, Any] = {"seconds": options.seconds, "cores": machine.cores()}
    with running(options.database_url, CONFAB_REQUESTS_PER_SECOND="0") as confab:
        tenants = set_up(confab, TENANTS).tenants
        result["plain"] = side(confab, servers_of(confab.database_url), tenants, options.seconds)
    with on_cluster(options.cluster_url) as (data, url):
        environment = {"DATABASE_URL": url, "CONFAB_REQUESTS_PER_SECOND": "0"}
        with started_on(data, **environment) as confab:
            tenants = set_up(confab, TENANTS).tenants
            result["cluster"] = side(confab, servers_of(url), tenants, options.seconds)
            show(result)
            if options.stop:
                result["lost"] = lost(confab, tenants, options)
            if options.spare:
                result["moved"] = moved(confab, tenants, options.spare)
    table.write(options.json, result)


def side(confab: Confab, servers: Sequence[Server], tenants: Sequence[Tenant], seconds: int) -> dict[str, Any]:
    """Take spans at several rates, then look at the list and recompute."""
    traffic = Traffic(seed=1, now=time.time_ns())
    points = [point(confab, servers, tenants, traffic, rate, seconds) for rate in (RATES[0], *RATES)][1:]
    looks = [look(tenants[0]) for _ in range(LOOKS)]
    script = RECOMPUTE % (tenants[0].project_id, tenants[0].project_id)
    recomputed = json.loads(manage(confab, "shell", "-v", "0", "-c", script).splitlines()[-1])
    return {
        "points": points,
        "list_p50_ms": percentile(looks, 0.5),
        "list_p95_ms": percentile(looks, 0.95),
        "session_ms": median(recomputed),
    }


def point(
    confab: Confab, servers: Sequence[Server], tenants: Sequence[Tenant], traffic: Traffic, rate: int, seconds: int
) -> dict[str, Any]:
    """Return what a span costs at a rate until its session is recomputed and found: CPU, log and disk."""
    requests = traffic.requests((rate or MOST_SPANS_PER_SECOND) * seconds // SPANS, SPANS)
    spans = len(requests) * SPANS
    before, programs, started = [server.read() for server in servers], confab.cpu()[1], time.perf_counter()
    sent = send(confab, requests, CONNECTIONS, [tenant.key for tenant in tenants], pace=rate / SPANS)
    confab.wait_for("session", "trace", "text")
    wall = time.perf_counter() - started
    used = [server.read() - read for server, read in zip(servers, before, strict=True)]
    return {
        "asked": rate,
        "taken": spans / sent.wall,
        "until_done": spans / wall,
        "p95_ms": percentile(sent.latencies, 0.95) * 1000,
        "refusals": sent.refusals,
        "request_bytes": sum(len(request.body) for request in requests) / spans,
        "programs_cpu_ms": (confab.cpu()[1] - programs) * 1000 / spans,
        "coordinator_cpu_ms": used[0].cpu * 1000 / spans,
        "nodes_cpu_ms": sum(one.cpu for one in used[1:]) * 1000 / spans,
        "log_bytes": sum(one.log for one in used) / spans,
        "disk_bytes": sum(one.disk for one in used) / spans,
    }


def look(tenant: Tenant) -> float:
    started = time.perf_counter()
    status, _ = tenant.ask("GET", "/api/v1/sessions?limit=50")
    assert status == 200, status
    return (time.perf_counter() - started) * 1000


def lost(confab: Confab, tenants: Sequence[Tenant], options: Namespace) -> dict[str, Any]:
    """Kill a node while traces arrive, and look afterwards for each that was acknowledged."""
    theirs = {number for number, node in places(confab).items() if node == options.lost}
    with writing(tenants) as writers:
        writers.let("before", options.seconds)
        subprocess.run(shlex.split(options.stop), check=True)
        writers.let("away", options.seconds)
        subprocess.run(shlex.split(options.start), check=True)
        writers.let("back", options.seconds)
    confab.wait_for("session", "trace")
    rows = [
        (phase, whose, *writers.figures(phase, ids))
        for phase in ("before", "away", "back")
        for whose, ids in (("its projects", theirs), ("others", {t.project_id for t in tenants} - theirs))
    ]
    table.show("A node is killed", ("", "", "200", "503", "other", "longest, ms"), rows)
    return {"answers": rows, **check(confab, writers.taken)}


def moved(confab: Confab, tenants: Sequence[Tenant], spare: str) -> dict[str, Any]:
    """Add a node while traces arrive, and move a project to it."""
    host, _, port = spare.partition(":")
    seconds = {}
    with writing(tenants) as writers:
        writers.let("before", 3)
        make_database(confab.database_url, host, int(port))
        started = time.perf_counter()
        with psycopg.connect(confab.database_url, autocommit=True) as database:
            database.execute("SELECT citus_add_node(%s, %s)", (host, int(port)))
        seconds["adding"] = time.perf_counter() - started
        for action in (["isolate", str(tenants[0].project_id)], ["move", str(tenants[0].project_id), spare]):
            writers.begin(action[0])
            started = time.perf_counter()
            mode = "online" if action[0] == "move" else "blocking"
            manage(confab, "tenants", *action, "--mode", mode)
            seconds[action[0]] = time.perf_counter() - started
        writers.let("after", 3)
    confab.wait_for("session", "trace")
    whose = (("it", {tenants[0].project_id}), ("others", {tenant.project_id for tenant in tenants[1:]}))
    rows = [
        (phase, name, *writers.figures(phase, ids)) for phase in ("before", "isolate", "move") for name, ids in whose
    ]
    table.show("A project moves to a new node", ("", "", "200", "503", "other", "longest, ms"), rows)
    print(", ".join(f"{name}: {taken:.1f} s" for name, taken in seconds.items()), flush=True)
    return {"answers": rows, "seconds": seconds, **check(confab, writers.taken)}


def check(confab: Confab, taken: dict[int, list[str]]) -> dict[str, int]:
    """Return how many acknowledged traces are missing, and how many sessions are wrong."""
    with psycopg.connect(confab.database_url, autocommit=True) as database:
        missing = [database.execute(LOST, (ids, project)).fetchone() for project, ids in taken.items()]
        wrong = [database.execute(WRONG, (project, project)).fetchone() for project in taken]
    result = {
        "acknowledged": sum(map(len, taken.values())),
        "missing": sum(row[0] for row in missing if row),
        "wrong_sessions": sum(row[0] for row in wrong if row),
    }
    print(result, flush=True)
    return result


def places(confab: Confab) -> dict[int, str]:
    """Return the node of each project."""
    rows = (line.split() for line in manage(confab, "tenants", "list").splitlines())
    return {int(row[0]): row[1] for row in rows}


def manage(confab: Confab, *command: str) -> str:
    environment = clean_environment() | {"CONFAB_DATA": str(confab.data), "DATABASE_URL": confab.database_url}
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


def show(result: dict[str, Any]) -> None:
    names = list(result["plain"]["points"][0])
    rows = [
        (name, *(f"{one[name]:,.2f}" for which in ("plain", "cluster") for one in result[which]["points"]))
        for name in names
    ]
    rates = [str(rate or "most") for rate in RATES]
    table.show("For each span", ("", *(f"one, {r}" for r in rates), *(f"cluster, {r}" for r in rates)), rows)
    for which in ("plain", "cluster"):
        one = result[which]
        print(
            f"{which}: list p50 {one['list_p50_ms']:.0f} ms, p95 {one['list_p95_ms']:.0f} ms;"
            f" a session recomputed in {one['session_ms']:.1f} ms"
        )


def _options() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--cluster-url", required=True)
    parser.add_argument("--database-url")
    for name in ("--stop", "--start", "--lost", "--spare"):
        parser.add_argument(name)
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
